"""One paper in a mail: its facts, title and abstract, with the words that keywords hit marked."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import NamedTuple
from unicodedata import bidirectional

from digest.ingest.papers.paper_links import safe_link
from digest.mail.mime.header_fields import header_text
from digest.matching.index import PaperIndex
from digest.matching.index import Span as Hit
from digest.matching.query import Keyword
from digest.matching.text.readable import readable
from digest.models import Paper
from digest.rendering.card_templates import CardDetails

TITLE_LIMIT = 400  # characters
BYLINE_LIMIT = 300
SHORT_LIMIT = 600  # a longer abstract is shown from the sentence that hit
WHOLE_LIMIT = 6_000
_MOST_KEYWORDS = 8
_SENTENCE_END = re.compile(r"[.!?]\s+")
# Letters written from right to left, and the marks that turn the direction of what follows.
_TURNING = {"R", "AL", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI"}


class Piece(NamedTuple):
    """A run of text, and whether a keyword hit it."""

    text: str
    hit: bool


Span = tuple[int, int]


@dataclass
class Card:
    """What a template needs to show one paper.

    keywords: those that hit it, as typed; none for a trending paper. find: returns where they hit.
    It is most of the work, and not called for a card that is in the cache.
    """

    paper: Paper
    keywords: tuple[str, ...]
    why: str
    find: Callable[[], Iterable[Hit]] = field(default=tuple, repr=False, compare=False)

    @cached_property
    def title(self) -> tuple[Piece, ...]:
        return tuple(_title_pieces(self.paper.title, self._places("title")))

    @cached_property
    def hits(self) -> tuple[Span, ...]:
        """The places of the hits in the readable abstract."""
        return tuple(_moved(self.paper.abstract, self._places("abstract")))

    @cached_property
    def _found(self) -> list[Hit]:
        return list(self.find())

    def _places(self, name: str) -> list[Span]:
        return [(hit.start, hit.end) for hit in self._found if hit.field == name]

    @property
    def because(self) -> str:
        """The keywords that hit, or why the paper is trending."""
        first = map(header_text, self.keywords[:_MOST_KEYWORDS])
        shown = ", ".join(map(isolated, first))
        more = len(self.keywords) - _MOST_KEYWORDS
        return (f"{shown} and {more} more" if more > 0 else shown) or self.trend

    @property
    def trend(self) -> str:
        """Like "trending · 87 upvotes"."""
        return f"trending · {self.paper.popularity}"

    @cached_property
    def details(self) -> CardDetails:
        """All that it says besides title and abstract."""
        paper = self.paper
        counts = paper.comment_count, paper.upvotes
        urls = paper.url, paper.code_url, paper.project_url
        return _details(paper.byline, paper.published_on, counts, self.changes, urls)

    @property
    def changes(self) -> str:
        """What has happened to the paper since it first appeared, in a sentence; "" if nothing."""
        if self.paper.withdrawn_at:
            return f"Withdrawn on {plain_date(self.paper.withdrawn_at)}."
        return (
            "Updated: its abstract came after its first listing." if self.paper.renumbered else ""
        )

    @property
    def facts(self) -> str:
        return self.details.facts

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        return self.details.links

    @property
    def url(self) -> str:
        return self.details.url

    @property
    def abstract(self) -> tuple[Piece, ...]:
        """The part of the abstract around the hit."""
        return _excerpt(self._whole_abstract, self.hits)

    @property
    def whole_abstract(self) -> tuple[Piece, ...]:
        text = self._whole_abstract
        end = _word_end(text, WHOLE_LIMIT)
        rest = (Piece(" …", False),) if end < len(text) else ()
        return (*_cut(text[:end], self.hits), *rest)

    @property
    def _whole_abstract(self) -> str:
        return readable(self.paper.abstract).text.strip()


@lru_cache(maxsize=4096)
def _details(
    byline: str,
    day: date | None,
    counts: tuple[int | None, int | None],
    changes: str,
    urls: tuple[str, str, str],
) -> CardDetails:
    names = isolated(clipped(readable(byline[: 2 * BYLINE_LIMIT]).text, BYLINE_LIMIT))
    others = [plain_date(day), *map(_counted, counts, ("comment", "upvote"))]
    url, code, project = map(safe_link, urls)
    return CardDetails(
        url=url,
        facts=_row(names, *others),
        unbroken_facts=_row(names, *(each.replace(" ", "\xa0") for each in others)),
        changes=changes,
        links=tuple(link for link in (("Code", code), ("Project page", project)) if link[1]),
    )


def _row(*facts: str) -> str:
    return " · ".join(filter(None, facts))


def plain_date(day: date | None) -> str:
    """Like "8 Nov 2026": no leading zero, whatever the platform's strftime does."""
    return f"{day.day} {day:%b %Y}" if day else ""


def clipped(text: str, limit: int) -> str:
    """The text, cut between words to at most `limit` characters with an ellipsis."""
    if len(text) <= limit:
        return text
    return f"{text[: _word_end(text, limit - 2)].rstrip()} …"


def isolated(text: str) -> str:
    """The text between directional isolates (UAX 9, 2.4) if it has right-to-left letters or marks,
    so that it does not reorder the line around it. Most mail programs drop `<bdi>`."""
    turning = not text.isascii() and not _TURNING.isdisjoint(map(bidirectional, text))
    return f"\u2068{text}\u2069" if turning else text


def title_of(paper: Paper, limit: int = TITLE_LIMIT) -> str:
    """A paper's title as one readable line."""
    return clipped(readable(paper.title).text.strip(), limit)


def _counted(number: int | None, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


def card(index: PaperIndex, paper: Paper, keywords: Sequence[Keyword], why: str) -> Card:
    """The card of a paper that these keywords hit."""
    return Card(
        paper=paper,
        keywords=tuple(keyword.text for keyword in keywords),
        why=why,
        find=lambda: (hit for keyword in keywords for hit in index.hit_spans(keyword, paper.pk)),
    )


def pieces(text: str, spans: Iterable[Span]) -> tuple[Piece, ...]:
    """The readable form of `text`, cut at the spans (start, end in characters of `text`), which
    may overlap."""
    return _cut(readable(text).text.strip(), _moved(text, spans))


def _moved(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Where the spans of the original are in its readable form without the blanks around it."""
    line = readable(text)
    lead = len(line.text) - len(line.text.lstrip())
    for span in spans:
        start, end = line.span(*span)
        yield max(start - lead, 0), max(end - lead, 0)


def _title_pieces(title: str, spans: Sequence[Span]) -> Iterator[Piece]:
    room = TITLE_LIMIT - 1
    for piece in pieces(title, spans):
        if len(piece.text) > room:
            yield Piece(clipped(piece.text, room) if room > 2 else "…", piece.hit)
            return
        room -= len(piece.text)
        yield piece


def _cut(text: str, spans: Iterable[Span]) -> tuple[Piece, ...]:
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


def _excerpt(text: str, spans: Sequence[Span]) -> tuple[Piece, ...]:
    """At most SHORT_LIMIT characters, beginning with the sentence of the first hit."""
    if len(text) <= SHORT_LIMIT:
        return _cut(text, spans)
    first = min((start for start, _ in spans), default=0)
    begin = _sentence_start(text, first)
    end = _word_end(text, begin + SHORT_LIMIT)
    inside = [(max(start - begin, 0), stop - begin) for start, stop in spans if stop > begin]
    shown = list(_cut(text[begin:end], inside))
    if begin:
        shown.insert(0, Piece("… ", False))
    if end < len(text):
        shown.append(Piece(" …", False))
    return tuple(shown)


def _sentence_start(text: str, place: int) -> int:
    if place < SHORT_LIMIT // 2:
        return 0
    starts = _sentence_starts(text)
    last = starts[bisect_right(starts, place) - 1]
    return last if place - last < SHORT_LIMIT // 2 else place


@lru_cache(maxsize=4096)
def _sentence_starts(text: str) -> tuple[int, ...]:
    return 0, *(found.end() for found in _SENTENCE_END.finditer(text))


def _word_end(text: str, place: int) -> int:
    if place >= len(text):
        return len(text)
    space = text.rfind(" ", 0, place)
    return space if space > 0 and place - space < 80 else max(place, 0)
