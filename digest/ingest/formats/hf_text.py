"""The daily-papers page as copied text: title, abstract and, on some pages, a block of meta lines.

    Feb 11                                        the page's day

    Title

    Abstract, in one paragraph or several

      • 7 authors                                 or an organisation: "nvidia NVIDIA"
    ·
    Jul 10, 2025 15                               day (its year if not the page's) and comments

Blocks are told apart by the meta lines and, where there are none, by their shape: a title is
short and ends in no full stop. Every step is linear in the size of the file. The site's other
layout, cards (see hf_cards), gives papers without abstracts, which a later dump completes. Copies
with headings or addresses, as web clippers write them, are read by those (see hf_linked).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import TypeVar

from .daily_page.hf_cards import Card, read_cards
from .daily_page.hf_lines import Entry, clean_lines, holds_papers, read_entries, read_header
from .daily_page.hf_linked import LinkedEntry, linked_record, read_linked, title_places
from .daily_page.hf_preamble import Preamble, read_preamble
from .daily_page.hf_visible import visible_lines
from .fields import dates
from .fields.titles import refuse_wrong_titles
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .text.decoding import Text, decode
from .validation import build_page, excerpt, title_rejection

NAME = "hf_text"
_MOST_LINES = 3_000_000
_MOST_ENTRIES = 50_000
# Enough of the file to see a header and the first meta lines.
_GLANCE = 60_000
_MOST_GLANCED = 200
# What only copies with headings or addresses have.
_LINKED = re.compile(r"^#{2,6}[ \t]|(?:huggingface\.co|\]\()/papers/\d", re.MULTILINE)
# A link in the middle of an abstract is the abstract's own.
_MARKDOWN = re.compile(
    r"^[ \t]{0,8}(?:[-*+] )?(?:!?\[[^\n]*?\]\((?:https?:/)?/|#{1,6} |https?://\S+\s*$)",
    re.MULTILINE,
)
_CURE = "Save the listing again as plain text."
AnEntry = TypeVar("AnEntry", Entry, Card, LinkedEntry)


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like such a page.

    Its name alone is not enough: papers must follow. Raises BadDump if the bytes are no text at
    all.
    """
    beginning = data[:_GLANCE]
    text = decode(beginning if beginning.strip() else data).text[:_GLANCE]
    if _linked(text):
        return True
    lines = _plain_lines(text)
    header, start = read_header(lines)
    if header.is_cards:
        return True
    entries = list(islice(read_entries(lines[start:]), _MOST_GLANCED))
    if header.day is not None and any(entry.meta is not None for entry in entries):
        return True
    return header.is_known and holds_papers(entries)


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the page in these bytes; `listed_on` overrides the day on it.

    A page of what is trending, or of a week or month, has no day. Raises BadDump if any other has
    none or if there is no usable paper, NotThisFormat if there are too many lines.
    """
    decoded = decode(data)
    if decoded.text.count("\n") > _MOST_LINES:
        raise NotThisFormat(
            f"The file has more than {_MOST_LINES:,} lines, which is too long for a listing of "
            "papers."
        )
    if linked := _linked(decoded.text):
        day, results = _parse_linked(linked, received_on, listed_on, decoded.damaged)
    else:
        day, results = _parse_plain(decoded, received_on, listed_on)
    results = refuse_wrong_titles(results)
    page = build_page(NAME, day, results, _CURE, damaged=decoded.damaged)
    if not page.records and not page.skipped:
        raise BadDump("The listing contains no papers. Save it again after the page has loaded.")
    return page


def _linked(text: str) -> tuple[Preamble, list[LinkedEntry]] | None:
    """Return what a copy with headings or addresses says; None if this is none of the page."""
    if not _LINKED.search(text):
        return None
    lines = visible_lines(text)
    places = title_places(lines)
    if not places:
        return None
    preamble = read_preamble(lines[: places[0]])
    entries = _not_too_many(iter(read_linked(lines, places)))
    are_papers = any(entry.has_meta and entry.paper for entry in entries) or (
        preamble.is_known and any(entry.has_meta or entry.paper for entry in entries)
    )
    return (preamble, entries) if are_papers else None


def _parse_linked(
    linked: tuple[Preamble, list[LinkedEntry]],
    received_on: date,
    listed_on: date | None,
    damaged: bool,
) -> tuple[date | None, Iterable[Record | Skipped]]:
    preamble, entries = linked
    day = listed_on
    if not (day is None and preamble.is_undated):
        captured_on = preamble.captured_on or received_on
        years = [] if preamble.captured_on else list(_years_before(entries))
        day = dates.page_day(preamble.day, years, min(captured_on, received_on), listed_on)
    return day, (linked_record(entry, day, damaged) for entry in entries)


def _years_before(entries: Iterable[LinkedEntry]) -> Iterator[int]:
    """Yield years before that of the page: those that it writes, and those before its arXiv ids'.

    A new id begins with the year and month of the paper's submission.
    """
    for entry in entries:
        if entry.day and entry.day.year:
            yield entry.day.year
        if entry.arxiv_id[:4].isdecimal():
            yield 2000 + int(entry.arxiv_id[:2]) - 1


def _plain_lines(text: str) -> list[str]:
    """Return the lines without blanks at their ends; those of Markdown as they are shown."""
    if _MARKDOWN.search(text):
        text = "\n".join(line.text for line in visible_lines(text))
    return clean_lines(text)


def _parse_plain(
    decoded: Text, received_on: date, listed_on: date | None
) -> tuple[date, Iterable[Record | Skipped]]:
    lines = _plain_lines(decoded.text)
    header, start = read_header(lines)
    if header.is_cards:
        day = dates.page_day(header.day, [], received_on, listed_on)
        return day, _read_cards(_not_too_many(read_cards(lines[start:])), decoded.damaged)
    entries = _not_too_many(read_entries(lines[start:]))
    day = dates.page_day(header.day, _years(entries), received_on, listed_on)
    return day, _read(entries, day.year, decoded.damaged)


def _not_too_many(entries: Iterator[AnEntry]) -> list[AnEntry]:
    kept = list(islice(entries, _MOST_ENTRIES + 1))
    if len(kept) > _MOST_ENTRIES:
        raise BadDump(f"The listing has more than {_MOST_ENTRIES:,} entries. Split it.")
    return kept


def _years(entries: Iterable[Entry]) -> list[int]:
    written = [entry.meta.day for entry in entries if entry.meta and entry.meta.day]
    return [day.year for day in written if day.year is not None]


def _read(entries: Sequence[Entry], page_year: int, damaged: bool) -> Iterator[Record | Skipped]:
    cut = _is_cut(entries)
    for number, entry in enumerate(entries, 1):
        reason = title_rejection(entry.title, entry.abstract, damaged=damaged)
        if not reason and not entry.abstract and entry.meta is None:
            reason = "it has no abstract"
        if not reason and cut and number == len(entries):
            reason = "the file ends in the middle of its abstract"
        yield Skipped(excerpt(entry.title), reason) if reason else _record(entry, page_year)


def _read_cards(cards: Sequence[Card], damaged: bool) -> Iterator[Record | Skipped]:
    for number, card in enumerate(cards, 1):
        reason = title_rejection(card.title, "", damaged=damaged)
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
