"""What every format returns, a Page of frozen Records, and the errors it raises."""

from dataclasses import dataclass
from datetime import date


class BadDump(ValueError):
    """The dump cannot be read; the message says why and what to do about it."""


class NotThisFormat(BadDump):
    """The bytes are not what the format expects."""


class ReaderFailed(BadDump):
    """A reader raised something other than BadDump, which is `__cause__`."""

    def __init__(self, wrong: Exception) -> None:
        super().__init__(_failure(wrong))
        self.__cause__ = wrong


def _failure(wrong: Exception) -> str:
    if isinstance(wrong, RecursionError):
        return "It is nested deeper than any listing is: hand in the listing itself, by itself."
    if isinstance(wrong, MemoryError):
        return "Reading it takes more memory than this machine has: split it."
    return f"The reader failed on this file ({type(wrong).__name__}): please report this."


@dataclass(frozen=True, slots=True)
class Record:
    """One paper as one page lists it. A field that the page does not give is empty or None.

    `abstract` has paragraphs separated by blank lines, the other texts are a single line.
    `arxiv_id` and `doi` are normalised (see ids). `author_count` may exceed the number of
    `authors`, which a page may shorten. Dates are days in UTC.
    """

    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    author_count: int | None = None
    organization: str = ""
    published_on: date | None = None
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
    withdrawn_on: date | None = None
    listed_on: date | None = None  # of its own, where the page has no day for all


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry left out of a page that was read: an excerpt of it, and the reason."""

    entry: str
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed dump: the format's name, the day of the listing, and its entries in their order.

    `listed_on` is None if the day is not known, or if the records have their own. `notes` are
    sentences about dates that were dropped as implausible.
    """

    format: str
    listed_on: date | None
    records: tuple[Record, ...]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
