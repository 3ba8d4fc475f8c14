"""Excerpts of abstracts: the sentence that a keyword hit, and the one that says what the paper
does. Nothing is cut within a word."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from digest.matching.text.sentences import Sentence, claim_sentence, sentences

_GAP = " … "  # between sentences that are not neighbours
_MORE = " …"
_WORTHWHILE = 90  # characters: less than that of a sentence says too little
_LONGEST_WORD = 80  # a longer one, as in scripts without blanks, is cut
_BEFORE_HIT = 3  # a long sentence that hits late begins within a third of the room before the hit

Span = tuple[int, int]


class Piece(NamedTuple):
    """A run of text, and whether a keyword hit it."""

    text: str
    hit: bool


def excerpt(text: str, hits: Sequence[Span], limit: int) -> tuple[Piece, ...]:
    """At most `limit` characters of an abstract: all of it if it is short enough, else the sentence
    of the first hit and, if that is another, the one with a claim. Without a hit in it, the
    sentence with the claim, else the beginning."""
    if len(text) <= limit:
        return marked_pieces(text, hits)
    return _joined(text, list(_ranges(text, hits, limit)), hits)


def _ranges(text: str, hits: Sequence[Span], limit: int) -> Iterator[Span]:
    """The parts of the text to show, in order."""
    first = min((start for start, _ in hits), default=None)
    claim = claim_sentence(text)
    main = claim or sentences(text)[0]
    if first is not None:
        main = next((each for each in sentences(text) if first < each.end), main)
    room = limit - (main.end - main.start)
    if room < 0:
        yield _within(text, main, first, limit)
        return
    if claim is None or claim == main:
        yield main
        return
    fits = room - len(_GAP) >= claim.end - claim.start
    if fits or room - len(_GAP) - len(_MORE) >= _WORTHWHILE:
        end = claim.end if fits else word_end(text, claim.start + room - len(_GAP) - len(_MORE))
        yield from sorted([main, (claim.start, end)])
    else:
        yield main


def _within(text: str, sentence: Sentence, hit: int | None, limit: int) -> Span:
    """The part of a sentence longer than `limit` that shows the hit."""
    start, room = sentence.start, limit - len(_MORE)
    if hit is not None and hit - start > room // 2:
        room -= len(_GAP) - 1
        blank = text.find(" ", hit - room // _BEFORE_HIT, hit)
        start = blank + 1 if blank >= 0 else hit
        if sentence.end - start <= room + len(_MORE):
            return start, sentence.end
    return start, word_end(text, start + room)


def _joined(text: str, ranges: Sequence[Span], hits: Sequence[Span]) -> tuple[Piece, ...]:
    """The ranges with ellipses where something of a sentence, or between them, is left out."""
    known = {edge for each in sentences(text) for edge in each}
    shown: list[Piece] = []
    for number, (start, end) in enumerate(ranges):
        if number:
            between = text[ranges[number - 1][1] : start]
            shown.append(Piece(_GAP if between.strip() else " ", False))
        elif start not in known:
            shown.append(Piece("… ", False))
        inside = [(max(a - start, 0), b - start) for a, b in hits if b > start]
        shown += marked_pieces(text[start:end], inside)
        if end not in known and number == len(ranges) - 1:
            shown.append(Piece(_MORE, False))
    return tuple(shown)


def marked_pieces(text: str, spans: Iterable[Span]) -> tuple[Piece, ...]:
    """The text cut at the spans of hits, which may overlap or reach beyond its end."""
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


def word_end(text: str, place: int) -> int:
    """The end of the last whole word before this place, or the place itself in a very long one."""
    if place >= len(text):
        return len(text)
    space = text.rfind(" ", 0, place + 1)
    return space if space > 0 and place - space < _LONGEST_WORD else max(place, 0)
