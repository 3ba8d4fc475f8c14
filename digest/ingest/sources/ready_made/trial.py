"""A trial of a source: its first page is fetched and read as it would be, and nothing is kept."""

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from digest.ingest import failures
from digest.ingest.archives import Member
from digest.ingest.dry_run import dry_run
from digest.ingest.dump_contents import open_contents
from digest.ingest.formats import AUTO, FORMATS, Record, detect
from digest.ingest.formats.fields.date_words import shown_period
from digest.ingest.sources.errors import CannotFetch
from digest.ingest.sources.paging import FetchedPage, PageWalk, walk_of
from digest.ingest.sources.website import Unchanged, contact_of, request
from digest.models import Dump, Source

TRIAL_SECONDS = 15.0
MOST_BYTES = 20_000_000
SHOWN = 10


@dataclass(frozen=True)
class TriedPaper:
    """One of the papers that would be taken."""

    title: str
    authors: str
    published: str  # as exactly as it is known
    abstract_length: int


@dataclass
class Trial:
    """What a source would bring, or in `error` why nothing.

    `address` is what was asked last, without the key. The counts are of its first page alone; with
    `has_more` there are others.
    """

    address: str = ""
    day: date | None = None
    format: str = ""
    papers: int = 0
    known: int = 0
    first: tuple[TriedPaper, ...] = ()
    skipped: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    has_more: bool = False
    error: str = ""


def try_source(source: Source, at: datetime, seconds: float = TRIAL_SECONDS) -> Trial:
    """Fetch one page of a source, which need not be saved, and say what would be taken.

    An address with a day is asked for yesterday, which is complete.
    """
    day = at.astimezone(UTC).date() - timedelta(days=1) if source.is_daily_page else None
    trial = Trial(day=day)
    try:
        data = _first_page(source, trial, time.monotonic() + seconds)
        if data is not None:
            _read(trial, source, data, at)
    except CannotFetch as wrong:
        trial.error = str(wrong)
    except Exception as wrong:
        if failures.is_transient(wrong):
            raise
        trial.error = failures.quarantine_reason(wrong)
    return trial


def _first_page(source: Source, trial: Trial, until: float) -> bytes | None:
    """Return the first page with papers; None if there are none. Raises CannotFetch."""
    walk = walk_of(source, trial.day, contact_of(source))
    for url in _addresses(walk):
        trial.address = url
        try:
            answer = request(source, url, until, is_first=False, size=MOST_BYTES)
        except Unchanged:  # nothing was asked for on condition
            return None
        walk.add(FetchedPage(answer.body, answer.headers.get(walk.header, "")))
    trial.has_more = walk.next_address() is not None
    return None if walk.is_empty() else walk.joined()


def _addresses(walk: PageWalk) -> Iterator[str]:
    """Yield the address of the first page with papers, behind that of a search before it."""
    for _ in range(1 + walk.steps_before_papers):
        if (url := walk.next_address()) is not None:
            yield url


def _read(trial: Trial, source: Source, data: bytes, at: datetime) -> None:
    dump = dry_run(
        data,
        source.name,
        format=source.format,
        listed_on=trial.day,
        intent=Dump.Intent.AUTO,
        at=at,
    )
    trial.error, trial.notes, trial.skipped = dump.error, list(dump.notes), list(dump.skipped)
    trial.papers, trial.known = dump.papers, dump.updated + dump.unchanged
    trial.format = dump.format
    if not dump.error:
        trial.first = tuple(_shown(each) for each in _records(source, data, trial, at))


def _records(source: Source, data: bytes, trial: Trial, at: datetime) -> list[Record]:
    content = next(_contents(data), b"")
    # That of the dump is “auto” for an archive.
    trial.format = detect(content) if source.format == AUTO else source.format
    page = FORMATS[trial.format](content, at.astimezone(UTC).date(), trial.day)
    return list(page.records[:SHOWN])


def _contents(data: bytes) -> Iterator[bytes]:
    """Yield the bytes of the dump, or of the files of an archive."""
    found = open_contents(io.BytesIO(data))
    if found.members is None:
        yield found.stream.read()
        return
    for member in found.members:
        if isinstance(member, Member):
            yield member.stream.read()


def _shown(record: Record) -> TriedPaper:
    count = record.author_count or len(record.authors)
    authors = ", ".join(record.authors[:3]) + (f" and {count - 3} more" if count > 3 else "")
    published = shown_period(record.published_on, record.published_precision, whole_words=True)
    return TriedPaper(record.title, authors, published, len(record.abstract))
