"""Ranking: which papers a list of keywords selects, and their order, by BM25F.

A word of a keyword counts half where another word of its stem stands: `robotic` for `robot`. So it
does in papers that another keyword of the list hits; it never selects a paper.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import Protocol

from .index import KeywordScore, PaperMetadata
from .index.index_cache import IndexCache, Match, Rated
from .index.indexed_words import AtomCounts
from .query import Keyword
from .sliced_index import AnyIndex
from .work_budget import UNLIMITED, WorkBudget

# BM25F (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009):
# each field's count is weighted and normalised by the mean length of that field, then their sum
# saturates. They recommend k1 from 1.2 to 2; counts weighted by field are large, hence 2.
_SATURATION = 2.0
_LENGTH_WEIGHT = 0.75
_TITLE_WEIGHT = 3.0
# Of a word of the same stem. From 0.25 to 0.75 the Cranfield collection differs by less than 1 %.
_STEM_WEIGHT = 0.5
_ATTENTION_WEIGHT = 0.1
_AGE_UNKNOWN = 365  # days, of a paper without a date
_PAPER = 60  # steps to score a paper, besides those to count the occurrences


class RankedPapers(Protocol):
    """What ranking asks of papers: an index of them, or those that a search found."""

    cache: IndexCache

    def __len__(self) -> int: ...

    def evaluate(self, keyword: Keyword, /) -> int: ...

    def metadata(self, paper_id: int, /) -> PaperMetadata: ...

    def lengths(self, paper_id: int, /) -> tuple[int, int]: ...

    def mean_lengths(self) -> tuple[float, float]: ...

    def typical_attention(self) -> float: ...

    def ids(self, bits: int, /) -> list[int]: ...

    def mask(self, ids: Iterable[int], /) -> int: ...

    def same_stem(self, keyword: Keyword, work: WorkBudget = ..., /) -> int: ...

    def frequencies(self, keyword: Keyword, work: WorkBudget = ..., /) -> tuple[int, ...]: ...

    def atom_counts(
        self, keyword: Keyword, paper_id: int, work: WorkBudget = ..., /
    ) -> tuple[AtomCounts, ...]: ...


def select(
    index: AnyIndex, keywords: Sequence[Keyword], within: int
) -> dict[int, tuple[Keyword, ...]]:
    """Paper id -> the keywords that hit it, in the order of the list.

    Covers the papers of the bits `within` that a keyword matches and no exclusion does.
    """
    for keyword in keywords:
        if keyword.excludes:
            within &= ~index.evaluate(keyword)
    found: dict[int, list[Keyword]] = {}
    for keyword in keywords:
        if not keyword.excludes:
            for paper_id in index.ids(index.evaluate(keyword) & within):
                found.setdefault(paper_id, []).append(keyword)
    return {paper_id: tuple(hits) for paper_id, hits in found.items()}


def rank(
    index: RankedPapers,
    hits: Mapping[int, Sequence[Keyword]],
    *,
    today: date,
    work: WorkBudget = UNLIMITED,
) -> list[Match]:
    """Matches of these papers, best first.

    The score says how strongly the keywords hit (rare over common, title over abstract, several
    over one, short texts over long), raised by up to about a half for papers that are much
    discussed; those of which no source counts votes or comments are taken to be discussed as much
    as is typical. Equal scores are ordered by date, newest first, then by id.
    Counts its steps in `work`; raises TooBroad beyond its limit.
    """
    near = _near_hits(index, hits, work)
    rated = [
        _rated(index, paper_id, hits[paper_id], near.get(paper_id, ()), work) for paper_id in hits
    ]

    def order(each: Rated) -> tuple[float, int, int]:
        match, paper = each
        return -match.score, _age(paper, today), match.paper_id

    return [match for match, _ in sorted(rated, key=order)]


def _near_hits(
    index: RankedPapers, hits: Mapping[int, Sequence[Keyword]], work: WorkBudget
) -> dict[int, list[Keyword]]:
    """Paper id -> the keywords that do not hit it, of whose stem it has another word."""
    found: dict[int, list[Keyword]] = {}
    keywords = dict.fromkeys(chain.from_iterable(hits.values()))
    if len(keywords) < 2:
        return found
    among = index.mask(hits)
    for keyword in keywords:
        if near := index.same_stem(keyword, work) & among:
            for paper_id in index.ids(near & ~index.evaluate(keyword)):
                found.setdefault(paper_id, []).append(keyword)
    return found


def _rated(
    index: RankedPapers,
    paper_id: int,
    keywords: Sequence[Keyword],
    near: Sequence[Keyword],
    work: WorkBudget,
) -> Rated:
    """The match of a paper; cached for a single keyword, which many subscribers share."""
    if near or len(keywords) > 1:
        return _match(index, paper_id, tuple(keywords), near, work)
    known = index.cache.matches
    (keyword,) = keywords
    key = keyword.text, keyword.canonical, paper_id
    return known.get(key) or known.keep(key, _match(index, paper_id, (keyword,), (), work))


def _match(
    index: RankedPapers,
    paper_id: int,
    keywords: tuple[Keyword, ...],
    near: Sequence[Keyword],
    work: WorkBudget,
) -> Rated:
    work.spend(_PAPER)
    paper = index.metadata(paper_id)
    found = [_keyword_score(index, keyword, paper_id, work) for keyword in keywords]
    boost = 1 + _ATTENTION_WEIGHT * (paper.attention or index.typical_attention())
    others = (_keyword_score(index, keyword, paper_id, work) for keyword in near)
    score = sum(each.score for each in chain(found, others)) * boost
    field = _main_field([name for each in found for name in each.fields])
    why = _why(field, len(keywords), paper.comment_count, paper.upvotes)
    return Match(paper_id, keywords, round(score, 6), why), paper


def _keyword_score(
    index: RankedPapers, keyword: Keyword, paper_id: int, work: WorkBudget
) -> KeywordScore:
    """The BM25F score of one keyword; cached, because many subscribers share a keyword."""
    known, key = index.cache.scores, (keyword.text, keyword.canonical, paper_id)
    return known.get(key) or known.keep(key, _bm25f(index, keyword, paper_id, work))


def _bm25f(index: RankedPapers, keyword: Keyword, paper_id: int, work: WorkBudget) -> KeywordScore:
    weights = _field_weights(index, paper_id)
    counts = index.atom_counts(keyword, paper_id, work)
    score = 0.0
    for fields, idf in zip(counts, _idfs(index, keyword, work), strict=True):
        times = 0.0
        for name, here, others in fields:
            times += (here + _STEM_WEIGHT * others) * weights.get(name, 1.0)
        score += idf * times * (_SATURATION + 1) / (times + _SATURATION)
    names = dict.fromkeys(each.field for fields in counts for each in fields if each.times)
    return KeywordScore(score, tuple(names))


def _field_weights(index: RankedPapers, paper_id: int) -> dict[str, float]:
    """Weight of one occurrence in title and abstract: higher in a text shorter than the mean."""
    known = index.cache.field_weights
    if (weights := known.get(paper_id)) is not None:
        return weights
    title, abstract = (
        1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * length / mean
        for length, mean in zip(index.lengths(paper_id), index.mean_lengths(), strict=True)
    )
    return known.keep(paper_id, {"title": _TITLE_WEIGHT / title, "abstract": 1 / abstract})


def _idfs(index: RankedPapers, keyword: Keyword, work: WorkBudget) -> tuple[float, ...]:
    """Inverse document frequency of each atom that a keyword asks for."""
    known, key = index.cache.idfs, keyword.canonical
    if (kept := known.get(key)) is not None:
        return kept
    counts, papers = index.frequencies(keyword, work), len(index)
    return known.keep(
        key, tuple([math.log(1 + (papers - count + 0.5) / (count + 0.5)) for count in counts])
    )


def _age(paper: PaperMetadata, today: date) -> int:
    """Days since the paper was listed."""
    day = paper.listed_on or paper.published_on
    return max((today - day).days, 0) if day else _AGE_UNKNOWN


def _main_field(fields: Sequence[str]) -> str:
    """The field to name as that of the hit."""
    for name in ("title", "abstract"):
        if name in fields:
            return name
    return fields[0] if fields else "abstract"


@lru_cache(1 << 12)
def _why(field: str, keywords: int, comments: int, votes: int) -> str:
    parts = [f"{'organisation' if field == 'org' else field} match", _count(keywords, "keyword")]
    if comments > 0:
        parts.append(_count(comments, "comment"))
    if votes > 0:
        parts.append(_count(votes, "upvote"))
    return " · ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def trending(index: AnyIndex, within: int) -> tuple[int, ...]:
    """The ids of the papers of the bits `within`, the most popular first, ties as listed.

    If some of them have counts, those without are left out.
    """
    known = index.cache.trending
    return known.get(within) or known.keep(within, _by_popularity(index, within))


def _by_popularity(index: AnyIndex, within: int) -> tuple[int, ...]:
    papers = [(paper.popularity, paper) for paper in map(index.metadata, index.ids(within))]
    some = [each for each in papers if each[0].is_counted] or papers
    # Counts are negated instead of reversing the order, so that ties stay in listing order.
    some.sort(key=lambda each: (*(-count for count in each[0]), each[1].seq or 0, each[1].id))
    return tuple(paper.id for _, paper in some)
