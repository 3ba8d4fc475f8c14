"""Ranking: which papers a list of keywords selects, and their order, by BM25F."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache

from .index import KeywordScore, PaperMetadata
from .index.index_cache import Match, Rated
from .query import Keyword
from .sliced_index import AnyIndex
from .work_budget import UNLIMITED, WorkBudget

# BM25F (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009):
# each field's count is weighted and normalised by the mean length of that field, then their sum
# saturates. They recommend k1 from 1.2 to 2; counts weighted by field are large, hence 2.
_SATURATION = 2.0
_LENGTH_WEIGHT = 0.75
_TITLE_WEIGHT = 3.0
_ATTENTION_WEIGHT = 0.1
_AGE_UNKNOWN = 365  # days, of a paper without a date
_PAPER = 60  # steps to score a paper, besides those to count the occurrences


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
    index: AnyIndex,
    hits: Mapping[int, Sequence[Keyword]],
    *,
    today: date,
    work: WorkBudget = UNLIMITED,
) -> list[Match]:
    """Matches of these papers, best first.

    The score says how strongly the keywords hit (rare over common, title over abstract, several
    over one, short texts over long), raised by up to about a half for papers that are much
    discussed; equal scores are ordered by date, newest first, then by id.
    Counts its steps in `work`; raises TooBroad beyond its limit.
    """
    rated = [_rated(index, paper_id, hits[paper_id], work) for paper_id in hits]

    def order(each: Rated) -> tuple[float, int, int]:
        match, paper = each
        return -match.score, _age(paper, today), match.paper_id

    return [match for match, _ in sorted(rated, key=order)]


def _rated(index: AnyIndex, paper_id: int, keywords: Sequence[Keyword], work: WorkBudget) -> Rated:
    """The match of a paper; cached for a single keyword, which many subscribers share."""
    if len(keywords) > 1:
        return _match(index, paper_id, tuple(keywords), work)
    known = index.cache.matches
    (keyword,) = keywords
    key = keyword.text, keyword.canonical, paper_id
    return known.get(key) or known.keep(key, _match(index, paper_id, (keyword,), work))


def _match(
    index: AnyIndex, paper_id: int, keywords: tuple[Keyword, ...], work: WorkBudget
) -> Rated:
    work.spend(_PAPER)
    paper = index.metadata(paper_id)
    found = [_keyword_score(index, keyword, paper_id, work) for keyword in keywords]
    attention = max(paper.upvotes, 0) + 2 * max(paper.comment_count, 0)
    boost = 1 + _ATTENTION_WEIGHT * math.log1p(attention)
    score = sum(each.score for each in found) * boost
    field = _main_field([name for each in found for name in each.fields])
    why = _why(field, len(keywords), paper.comment_count, paper.upvotes)
    return Match(paper_id, keywords, round(score, 6), why), paper


def _keyword_score(
    index: AnyIndex, keyword: Keyword, paper_id: int, work: WorkBudget
) -> KeywordScore:
    """The BM25F score of one keyword; cached, because many subscribers share a keyword."""
    known, key = index.cache.scores, (keyword.text, keyword.canonical, paper_id)
    return known.get(key) or known.keep(key, _bm25f(index, keyword, paper_id, work))


def _bm25f(index: AnyIndex, keyword: Keyword, paper_id: int, work: WorkBudget) -> KeywordScore:
    weights = _field_weights(index, paper_id)
    counts = index.counts(keyword, paper_id, work)
    found = {name: count for name, count in counts.items() if count}
    times = sum(count * weights.get(name, 1.0) for name, count in found.items())
    score = _idf(index, keyword) * times * (_SATURATION + 1) / (times + _SATURATION)
    return KeywordScore(score, tuple(found))


def _field_weights(index: AnyIndex, paper_id: int) -> dict[str, float]:
    """Weight of one occurrence in title and abstract: higher in a text shorter than the mean."""
    known = index.cache.field_weights
    if (weights := known.get(paper_id)) is not None:
        return weights
    title, abstract = (
        1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * length / mean
        for length, mean in zip(index.lengths(paper_id), index.mean_lengths(), strict=True)
    )
    return known.keep(paper_id, {"title": _TITLE_WEIGHT / title, "abstract": 1 / abstract})


def _idf(index: AnyIndex, keyword: Keyword) -> float:
    """Inverse document frequency of a keyword."""
    count = index.evaluate(keyword).bit_count()
    return math.log(1 + (len(index) - count + 0.5) / (count + 0.5))


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
    parts = [f"{'organisation' if field == 'org' else field} hit", _count(keywords, "keyword")]
    if comments > 0:
        parts.append(_count(comments, "comment"))
    if votes > 0:
        parts.append(_count(votes, "vote"))
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
