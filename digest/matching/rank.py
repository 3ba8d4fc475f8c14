"""The order of the papers within a digest, and the reason for it in one line."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from .index import PaperIndex, PaperText
from .keywords import Keyword


@dataclass(frozen=True)
class Match:
    """A paper, the keywords that hit it, and how well."""

    paper_id: int
    keywords: tuple[Keyword, ...]
    score: float
    why: str


def select(
    index: PaperIndex, keywords: Sequence[Keyword], within: int
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


def rank(index: PaperIndex, hits: Mapping[int, Sequence[Keyword]], *, today: date) -> list[Match]:
    """Best first: how strongly the keywords hit, then how much is said about the paper, then how
    new it is; equal papers by id."""
    rarity = {keyword: _rarity(index, keyword) for found in hits.values() for keyword in found}
    matches = []
    for paper_id, found in hits.items():
        paper = index.paper(paper_id)
        in_title = False
        strength = 0.0
        for keyword in found:
            fields = [span.field for span in index.where(keyword, paper_id)]
            in_title = in_title or "title" in fields
            strength += rarity[keyword] * (2.0 if "title" in fields else 1.0)
        matches.append(
            Match(paper_id, tuple(found), round(strength, 6), _why(paper, found, in_title))
        )
    return sorted(matches, key=lambda m: _place(m, index.paper(m.paper_id), today))


def _place(match: Match, paper: PaperText, today: date) -> tuple[float, float, int, int]:
    return (-match.score, -attention(paper), _age(paper, today), match.paper_id)


def _rarity(index: PaperIndex, keyword: Keyword) -> float:
    total = max(len(index), 1)
    count = index.evaluate(keyword).bit_count()
    return math.log(1 + (total - count + 0.5) / (count + 0.5))


def attention(paper: PaperText) -> float:
    """How much a paper is discussed: logarithm of votes and, counted double, comments."""
    return math.log1p(max(paper.upvotes, 0) + 2 * max(paper.comment_count, 0))


def _age(paper: PaperText, today: date) -> int:
    day = paper.listed_on or paper.published_on
    return max((today - day).days, 0) if day else 365


def _why(paper: PaperText, keywords: Sequence[Keyword], in_title: bool) -> str:
    parts = ["title hit" if in_title else "abstract hit"]
    parts.append(_count(len(keywords), "keyword"))
    if paper.comment_count:
        parts.append(_count(paper.comment_count, "comment"))
    if paper.upvotes:
        parts.append(_count(paper.upvotes, "vote"))
    return " · ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def trending(index: PaperIndex, within: int, top: int, *, today: date) -> list[int]:
    """The ids of the `top` most discussed papers of the bits `within`, most discussed first:
    votes and comments, halved with every few days of age."""
    papers = [index.paper(paper_id) for paper_id in index.ids(within)]
    best = sorted(papers, key=lambda paper: (-_heat(paper, today), paper.id))
    return [paper.id for paper in best[: max(top, 0)]]


def _heat(paper: PaperText, today: date) -> float:
    said = max(paper.upvotes, 0) + 2 * max(paper.comment_count, 0)
    return said / math.pow(_age(paper, today) + 2, 1.5)
