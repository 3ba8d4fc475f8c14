"""The order of the papers within a digest, and the reason for it in one line."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from .index import KeywordScore, PaperMetadata
from .index.index_cache import BoundedCache
from .query import Keyword
from .sliced_index import AnyIndex
from .work_budget import UNLIMITED, WorkBudget

# BM25F (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009):
# each field's count is weighed and measured against the usual length of that field, then all
# saturate together. They find 1.2 to 2 good; counts weighed by field are large, hence 2.
_SATURATION = 2.0
_LENGTH_WEIGHT = 0.75
_TITLE_WEIGHT = 3.0
_ATTENTION_WEIGHT = 0.1
_AGE_UNKNOWN = 365
_PAPER = 60  # steps to rate a paper, besides those to find what hits it


class Match(NamedTuple):
    """A paper, the keywords that hit it, and how well."""

    paper_id: int
    keywords: tuple[Keyword, ...]
    score: float
    why: str


Rated = tuple[Match, PaperMetadata]


def select(
    index: AnyIndex, keywords: Sequence[Keyword], within: int
) -> dict[int, tuple[Keyword, ...]]:
    """Paper id -> the keywords that hit, in the list's order, for the papers of the bits `within`
    that any keyword matches and no exclusion of the list does."""
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
    """Best first. Counts its steps in `work`; raises TooBroad beyond its limit.

    The score is how strongly the keywords hit (rare over common, title over abstract, several over
    one, short texts over long), raised by up to about a half for what is much discussed; equal
    scores go newest first, then by id.
    """
    rated = [_rated(index, paper_id, hits[paper_id], work) for paper_id in hits]

    def order(each: Rated) -> tuple[float, int, int]:
        match, paper = each
        return -match.score, _age(paper, today), match.paper_id

    return [match for match, _ in sorted(rated, key=order)]


def _rated(index: AnyIndex, paper_id: int, keywords: Sequence[Keyword], work: WorkBudget) -> Rated:
    """How well these keywords hit a paper; kept where it is one, for many people share it."""
    if len(keywords) > 1:
        return _match(index, index.metadata(paper_id), tuple(keywords), work)
    known: BoundedCache[tuple[str, str, int], Rated] = index.cache.matches
    (keyword,) = keywords
    key = keyword.text, keyword.canonical, paper_id
    return known.get(key) or known.keep(
        key, _match(index, index.metadata(paper_id), (keyword,), work)
    )


def _match(
    index: AnyIndex, paper: PaperMetadata, keywords: tuple[Keyword, ...], work: WorkBudget
) -> Rated:
    work.spend(_PAPER)
    found = [_strength(index, keyword, paper.id, work) for keyword in keywords]
    attention = 1 + _ATTENTION_WEIGHT * math.log1p(_said(paper))
    score = sum(strength.score for strength in found) * attention
    place = _place([name for strength in found for name in strength.fields])
    why = _why(place, len(keywords), paper.comment_count, paper.upvotes)
    return Match(paper.id, keywords, round(score, 6), why), paper


def _strength(index: AnyIndex, keyword: Keyword, paper_id: int, work: WorkBudget) -> KeywordScore:
    """What one keyword adds; kept, for many people share a keyword."""
    known, key = index.cache.scores, (keyword.text, keyword.canonical, paper_id)
    return known.get(key) or known.keep(key, _measured(index, keyword, paper_id, work))


def _measured(index: AnyIndex, keyword: Keyword, paper_id: int, work: WorkBudget) -> KeywordScore:
    weights = _weights(index, paper_id)
    counts = index.counts(keyword, paper_id, work)
    found = {name: count for name, count in counts.items() if count}
    times = sum(count * weights.get(name, 1.0) for name, count in found.items())
    score = _rarity(index, keyword) * times * (_SATURATION + 1) / (times + _SATURATION)
    return KeywordScore(score, tuple(found))


def _weights(index: AnyIndex, paper_id: int) -> dict[str, float]:
    """What one occurrence in a field is worth: the more, the shorter the field is for its kind."""
    known = index.cache.field_weights
    return known.get(paper_id) or known.keep(paper_id, _weighed(index, paper_id))


def _weighed(index: AnyIndex, paper_id: int) -> dict[str, float]:
    title, abstract = (
        1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * length / mean
        for length, mean in zip(index.lengths(paper_id), index.mean_lengths(), strict=True)
    )
    return {"title": _TITLE_WEIGHT / title, "abstract": 1 / abstract}


def _rarity(index: AnyIndex, keyword: Keyword) -> float:
    count = index.evaluate(keyword).bit_count()
    return math.log(1 + (len(index) - count + 0.5) / (count + 0.5))


def _said(paper: PaperMetadata) -> int:
    """Votes and, counted double, comments."""
    return max(paper.upvotes, 0) + 2 * max(paper.comment_count, 0)


def _age(paper: PaperMetadata, today: date) -> int:
    """Days since it was listed."""
    day = paper.listed_on or paper.published_on
    return max((today - day).days, 0) if day else _AGE_UNKNOWN


def _place(fields: Sequence[str]) -> str:
    """The field to name as that of the hit."""
    for name in ("title", "abstract"):
        if name in fields:
            return name
    return fields[0] if fields else "abstract"


@lru_cache(1 << 12)
def _why(place: str, keywords: int, comments: int, votes: int) -> str:
    parts = [f"{'organisation' if place == 'org' else place} hit", _count(keywords, "keyword")]
    if comments > 0:
        parts.append(_count(comments, "comment"))
    if votes > 0:
        parts.append(_count(votes, "vote"))
    return " · ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def trending(index: AnyIndex, within: int) -> tuple[int, ...]:
    """The ids of the papers of the bits `within`, the most popular first, of equals as listed.

    Where the sources tell anything of some of them, the others are left out.
    """
    known = index.cache.trending
    return known.get(within) or known.keep(within, _by_popularity(index, within))


def _by_popularity(index: AnyIndex, within: int) -> tuple[int, ...]:
    papers = [(paper.popularity, paper) for paper in map(index.metadata, index.ids(within))]
    some = [each for each in papers if each[0].is_counted] or papers
    # Negated one by one, so that equals stay in the order of their numbers.
    some.sort(key=lambda each: (*(-count for count in each[0]), each[1].seq or 0, each[1].id))
    return tuple(paper.id for _, paper in some)
