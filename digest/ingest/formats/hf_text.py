"""The daily-papers page as copied text: title, abstract and, on some pages, a block of meta lines.

    Feb 11                                        the page's day

    Title

    Abstract, in one paragraph or several

      • 7 authors                                 or an organisation: "nvidia NVIDIA"
    ·
    Jul 10, 2025 15                               day (its year if not the page's) and comments

Blocks are told apart by the meta lines and, where there are none, by their shape: a title is
short and ends in no full stop. Every step is linear in the size of the file.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice

from . import days
from .decoding import decode, is_damaged
from .hf_lines import Entry, read_entries, read_header, squeeze
from .page import BadDump, NotThisFormat, Page, Record, Skipped

NAME = "hf_text"
_LONGEST_TITLE = 500
_LONGEST_ABSTRACT = 20_000
_MOST_LINES = 3_000_000
_MOST_ENTRIES = 50_000
# Enough of the file to see a header and the first meta lines.
_GLANCE = 60_000


def looks_like(data: bytes) -> bool:
    """Whether the bytes begin like such a page; BadDump where they are no text at all."""
    lines = squeeze(decode(data).text[:_GLANCE])
    header, start = read_header(lines)
    if header.is_cards:
        return True
    entries = read_entries(lines[start:])
    return header.is_known or (
        header.day is not None and any(entry.meta is not None for entry in entries)
    )


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """The page in these bytes, as received on that day; `listed_on` overrides the day on it.

    Raises BadDump, with a sentence to act on, where there is no day or no usable paper.
    """
    decoded = decode(data)
    if decoded.text.count("\n") > _MOST_LINES:
        raise NotThisFormat(
            f"The file has more than {_MOST_LINES:,} lines: this is no listing of papers."
        )
    lines = squeeze(decoded.text)
    header, start = read_header(lines)
    if header.is_cards:
        raise BadDump(
            "This is a page of cards, which holds no abstracts: "
            "save the listing in the layout that shows them."
        )
    entries = list(islice(read_entries(lines[start:]), _MOST_ENTRIES + 1))
    if len(entries) > _MOST_ENTRIES:
        raise BadDump(f"The listing has more than {_MOST_ENTRIES:,} entries: split it.")
    written = [entry.meta.day for entry in entries if entry.meta and entry.meta.day]
    years = [day.year for day in written if day.year is not None]
    day = days.page_day(header.day, years, received_on, listed_on)
    results = list(_read(entries, day.year, decoded.damaged))
    records = tuple(result for result in results if isinstance(result, Record))
    skipped = tuple(result for result in results if isinstance(result, Skipped))
    _refuse_bad_page(records, skipped)
    return Page(NAME, day, records, skipped)


def _refuse_bad_page(records: Sequence[Record], skipped: Sequence[Skipped]) -> None:
    if not records and not skipped:
        raise BadDump("The listing holds no papers: save it again when the page has loaded.")
    if len(skipped) > len(records):
        first = skipped[0]
        raise BadDump(
            f"Most entries cannot be read ({len(skipped)} of {len(skipped) + len(records)}), the "
            f"first being “{first.entry}”: {first.reason}. Save the listing again as plain text."
        )


def _read(entries: Sequence[Entry], page_year: int, damaged: bool) -> Iterator[Record | Skipped]:
    cut = _is_cut(entries)
    for number, entry in enumerate(entries, 1):
        reason = _fault(entry, damaged)
        if not reason and cut and number == len(entries):
            reason = "the file ends in the middle of its abstract"
        yield Skipped(_shown(entry.title), reason) if reason else _record(entry, page_year)


def _fault(entry: Entry, damaged: bool) -> str:
    """Why this entry cannot be a paper; empty: it can."""
    if damaged and (is_damaged(entry.title) or is_damaged(entry.abstract)):
        return "it holds damaged characters"
    if not entry.title:
        return "it has no title"
    if len(entry.title) > _LONGEST_TITLE:
        return f"its title would have more than {_LONGEST_TITLE} characters"
    if len(entry.abstract) > _LONGEST_ABSTRACT:
        return f"its abstract would have more than {_LONGEST_ABSTRACT:,} characters"
    if not entry.abstract and entry.meta is None:
        return "it has no abstract"
    return ""


def _is_cut(entries: Sequence[Entry]) -> bool:
    """Whether the page stops inside the last abstract, where all others end as sentences do."""
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


def _shown(text: str) -> str:
    """The start of an entry, fit for a report."""
    text = "".join(character if character.isprintable() else "�" for character in text[:81])
    return text if len(text) <= 80 else f"{text[:80]}…"
