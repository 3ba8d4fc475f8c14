"""What every format makes of a dump's bytes: frozen values, and errors that are sentences."""

from dataclasses import dataclass
from datetime import date


class BadDump(ValueError):
    """The dump cannot be taken; the message says why and what to do about it."""


class NotThisFormat(BadDump):
    """The bytes are something else than the format expects."""


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
    """A listing, read: its day (None: not known), its records in their order, what was left out."""

    format: str
    listed_on: date | None
    records: tuple[Record, ...]
    skipped: tuple[Skipped, ...] = ()
