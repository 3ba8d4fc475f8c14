"""What every format makes of a dump's bytes: frozen values, and errors that are sentences."""

from dataclasses import dataclass
from datetime import date


class BadDump(ValueError):
    """The dump cannot be taken; the message says why and what to do about it."""


class NotThisFormat(BadDump):
    """The bytes are something else than the format expects."""


class ReaderFailed(BadDump):
    """A reader raised something else than BadDump; the cause is the exception it raised."""

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
    """One paper as one page lists it. What the page does not say is empty or None."""

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
    """An entry that was left out of a good page: how it begins, and why."""

    entry: str
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """A listing, read: its day (None: not known), its records in their order, what was left out,
    and sentences about what was not believed."""

    format: str
    listed_on: date | None
    records: tuple[Record, ...]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
