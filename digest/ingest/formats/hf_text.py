"""The daily-papers page as copied text: title, abstract and, on some pages, a block of meta lines.

    Feb 11                                        the page's day

    Title

    Abstract, in one paragraph or several

      • 7 authors                                 or an organisation: "nvidia NVIDIA"
    ·
    Jul 10, 2025 15                               day (its year if not the page's) and comments

Blocks are told apart by the meta lines and, where there are none, by their shape: a title is
short and ends in no full stop. Every step is linear in the size of the file. The site's other
layout, cards (see hf_cards), gives papers without abstracts, which a later dump completes.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import TypeVar

from . import dates
from .decoding import decode
from .hf_cards import Card, read_cards
from .hf_lines import Entry, clean_lines, read_entries, read_header
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .validation import build_page, excerpt, rejection

NAME = "hf_text"
_MOST_LINES = 3_000_000
_MOST_ENTRIES = 50_000
# Enough of the file to see a header and the first meta lines.
_GLANCE = 60_000
AnEntry = TypeVar("AnEntry", Entry, Card)


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like such a page.

    Raises BadDump if they are no text at all.
    """
    beginning = data[:_GLANCE]
    lines = clean_lines(decode(beginning if beginning.strip() else data).text[:_GLANCE])
    header, start = read_header(lines)
    if header.is_cards:
        return True
    entries = read_entries(lines[start:])
    return header.is_known or (
        header.day is not None and any(entry.meta is not None for entry in entries)
    )


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the page in these bytes; `listed_on` overrides the day on it.

    Raises BadDump if there is no day or no usable paper, NotThisFormat if there are too many lines.
    """
    decoded = decode(data)
    if decoded.text.count("\n") > _MOST_LINES:
        raise NotThisFormat(
            f"The file has more than {_MOST_LINES:,} lines: this is no listing of papers."
        )
    lines = clean_lines(decoded.text)
    header, start = read_header(lines)
    if header.is_cards:
        day = dates.page_day(header.day, [], received_on, listed_on)
        results = _read_cards(_not_too_many(read_cards(lines[start:])), decoded.damaged)
    else:
        entries = _not_too_many(read_entries(lines[start:]))
        day = dates.page_day(header.day, _years(entries), received_on, listed_on)
        results = _read(entries, day.year, decoded.damaged)
    page = build_page(NAME, day, results, "Save the listing again as plain text.")
    if not page.records and not page.skipped:
        raise BadDump("The listing holds no papers: save it again when the page has loaded.")
    return page


def _not_too_many(entries: Iterator[AnEntry]) -> list[AnEntry]:
    kept = list(islice(entries, _MOST_ENTRIES + 1))
    if len(kept) > _MOST_ENTRIES:
        raise BadDump(f"The listing has more than {_MOST_ENTRIES:,} entries: split it.")
    return kept


def _years(entries: Iterable[Entry]) -> list[int]:
    written = [entry.meta.day for entry in entries if entry.meta and entry.meta.day]
    return [day.year for day in written if day.year is not None]


def _read(entries: Sequence[Entry], page_year: int, damaged: bool) -> Iterator[Record | Skipped]:
    cut = _is_cut(entries)
    for number, entry in enumerate(entries, 1):
        reason = rejection(entry.title, entry.abstract, damaged=damaged)
        if not reason and not entry.abstract and entry.meta is None:
            reason = "it has no abstract"
        if not reason and cut and number == len(entries):
            reason = "the file ends in the middle of its abstract"
        yield Skipped(excerpt(entry.title), reason) if reason else _record(entry, page_year)


def _read_cards(cards: Sequence[Card], damaged: bool) -> Iterator[Record | Skipped]:
    for number, card in enumerate(cards, 1):
        reason = rejection(card.title, "", damaged=damaged)
        if not reason and not card.is_whole and number == len(cards):
            reason = "the file ends in the middle of its card"
        name = excerpt(card.title) or f"card {number}"
        yield Skipped(name, reason) if reason else _record_of_card(card)


def _is_cut(entries: Sequence[Entry]) -> bool:
    """Return whether the page ends inside the last abstract while all others end like sentences."""
    if len(entries) < 4:
        return False
    *others, last = entries
    if last.meta is not None or not last.abstract:
        return False
    return not last.is_whole and all(entry.is_whole for entry in others)


def _record(entry: Entry, page_year: int) -> Record:
    if entry.meta is None:
        return Record(title=entry.title, abstract=entry.abstract)
    day = entry.meta.day
    return Record(
        title=entry.title,
        abstract=entry.abstract,
        author_count=entry.meta.author_count,
        organization=entry.meta.organization,
        published_on=day.within(page_year) if day else None,
        year_inferred=day is not None and day.year is None,
        # The page prints the number of comments only where there are any.
        comment_count=(day.count or 0) if day else None,
    )


def _record_of_card(card: Card) -> Record:
    return Record(
        title=card.title,
        author_count=card.author_count,
        organization=card.organization,
        upvotes=card.upvotes,
        comment_count=card.comment_count,
    )
