"""What every format returns, a Page of frozen Records, and the errors it raises."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

Precision = Literal["day", "month", "season", "year"]


class BadDump(ValueError):
    """The dump cannot be read; the message says why and what to do about it."""


class NotThisFormat(BadDump):
    """The bytes are not what the format expects."""


class NotStreamable(BadDump):
    """The dump cannot be read entry by entry; read whole, it may be mended, or refused better."""


class ReaderFailed(BadDump):
    """A reader raised something other than BadDump, which is `__cause__`."""

    def __init__(self, wrong: Exception) -> None:
        super().__init__(_failure(wrong))
        self.__cause__ = wrong


def _failure(wrong: Exception) -> str:
    if isinstance(wrong, RecursionError):
        return "It is nested deeper than any listing. Submit just the listing itself."
    if isinstance(wrong, MemoryError):
        return "Reading it needs more memory than this machine has. Split it."
    return f"Reading this file failed ({type(wrong).__name__}). Please report this."


@dataclass(frozen=True, slots=True)
class Record:
    """One paper as one page lists it. A field that the page does not give is empty or None.

    `abstract` has paragraphs separated by blank lines, the other texts are a single line.
    `arxiv_id` and `doi` are normalised (see ids). `author_count` may exceed the number of
    `authors`, which a page may shorten. Dates are days in UTC. `published_on` is the first day of
    the period that the page names, whose length is `published_precision`. `ai_summary` is a model's
    text about the paper: shown under that label, never matched or ranked. `note` is a sentence on
    what could not be read of the entry; build_page() moves it to the page's notes.
    """

    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    author_count: int | None = None
    organization: str = ""
    journal: str = ""
    published_on: date | None = None
    published_precision: Precision = "day"
    year_inferred: bool = False  # the page wrote day and month only
    url: str = ""
    arxiv_id: str = ""
    doi: str = ""
    upvotes: int | None = None
    comment_count: int | None = None
    keywords: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    code_url: str = ""
    project_url: str = ""
    ai_summary: str = ""
    withdrawn_on: date | None = None
    listed_on: date | None = None  # of its own, where the page has no day for all
    note: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was left out of a page that was read: an excerpt of the entry, and the reason.

    It is the entry, or only its abstract: then the entry's record stands before it.
    """

    entry: str
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed dump: the format's name, the day of the listing, and its entries in their order.

    `listed_on` is None if the day is not known, or if the records have their own. `notes` are
    sentences about dates that were dropped as implausible, about what stood around the listing, and
    those of the records. `is_backfill`: this kind of file (a library, the results of a search)
    lists what was published before, so its papers are backfill unless the operator or the source
    says that they are new.
    """

    format: str
    listed_on: date | None
    records: Sequence[Record]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    is_backfill: bool = False


@dataclass(frozen=True, slots=True)
class PageStream:
    """A dump that is read entry by entry: what build_page() needs for the page.

    Iterating over `results` raises BadDump if the bytes turn out to be broken.
    """

    format: str
    listed_on: date | None
    results: Iterator[Record | Skipped]
    cure: str
    is_backfill: bool = False
