"""How one paper stands in a mail: its facts, and the words that made it come, marked."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from digest.matching.index import PaperIndex
from digest.matching.keywords import Keyword
from digest.models import Paper

ABSTRACT_LIMIT = 900  # characters; a longer abstract is shown from the sentence that hit
_SENTENCE_END = re.compile(r"[.!?]\s+")


class Piece(NamedTuple):
    """A run of text, and whether a keyword hit it."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Card:
    """What a template needs to show one paper."""

    paper: Paper
    title: tuple[Piece, ...]
    abstract: tuple[Piece, ...]
    keywords: tuple[str, ...]
    why: str

    @property
    def because(self) -> str:
        return ", ".join(self.keywords) or "much discussed"

    @property
    def facts(self) -> str:
        """Who, when, and how much discussed, as far as it is known: "3 authors · 18 Nov 2026"."""
        paper, day = self.paper, self.paper.published_on
        known = [
            paper.byline,
            f"{day.day} {day:%b %Y}" if day else "",
            _counted(paper.comment_count, "comment"),
            _counted(paper.upvotes, "upvote"),
        ]
        return " · ".join(filter(None, known))

    @property
    def plain_abstract(self) -> str:
        return "".join(piece.text for piece in self.abstract)


def _counted(number: int | None, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


def card(index: PaperIndex, paper: Paper, keywords: Sequence[Keyword], why: str) -> Card:
    """The card of a paper that these keywords brought."""
    spans: dict[str, list[tuple[int, int]]] = {"title": [], "abstract": []}
    for keyword in keywords:
        for span in index.where(keyword, paper.pk):
            spans.setdefault(span.field, []).append((span.start, span.end))
    title = pieces(paper.title, spans["title"])
    abstract = _excerpt(paper.abstract, spans["abstract"])
    return Card(paper, title, abstract, tuple(keyword.text for keyword in keywords), why)


def pieces(text: str, spans: Iterable[tuple[int, int]]) -> tuple[Piece, ...]:
    """The text cut at the spans (start, end in characters), which may overlap."""
    found: list[Piece] = []
    done = 0
    for start, end in sorted(spans):
        start, end = max(start, done), min(end, len(text))
        if end <= start:
            continue
        found += [Piece(text[done:start], False), Piece(text[start:end], True)]
        done = end
    found.append(Piece(text[done:], False))
    return tuple(piece for piece in found if piece.text)


def _excerpt(text: str, spans: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    """At most ABSTRACT_LIMIT characters, beginning with the sentence of the first hit."""
    if len(text) <= ABSTRACT_LIMIT:
        return pieces(text, spans)
    first = min((start for start, _ in spans), default=0)
    begin = _sentence_start(text, first)
    end = _word_end(text, begin + ABSTRACT_LIMIT)
    inside = [(max(start - begin, 0), stop - begin) for start, stop in spans if stop > begin]
    shown = list(pieces(text[begin:end], inside))
    if begin:
        shown.insert(0, Piece("… ", False))
    if end < len(text):
        shown.append(Piece(" …", False))
    return tuple(shown)


def _sentence_start(text: str, place: int) -> int:
    if place < ABSTRACT_LIMIT // 2:
        return 0
    ends = [found.end() for found in _SENTENCE_END.finditer(text, 0, place)]
    return ends[-1] if ends and place - ends[-1] < ABSTRACT_LIMIT // 2 else place


def _word_end(text: str, place: int) -> int:
    if place >= len(text):
        return len(text)
    space = text.rfind(" ", 0, place)
    return space if place - space < 80 else place
