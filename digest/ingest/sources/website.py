"""A step of a source on the web: one address, or one address a day, oldest day first."""

import logging
import time
from datetime import UTC, date, datetime, timedelta
from email.utils import parseaddr
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings

from digest.ingest import failures
from digest.models import Dump, Source

from .errors import CannotFetch
from .fetch_schedule import wanted_days
from .http import HttpAnswer, RequestLimits, http_get
from .intake import StepResult, ingest_bytes, quarantine_message
from .keys import key_of
from .paging import FetchedPage, PageWalk, PartialPages, walk_of

log = logging.getLogger(__name__)

# Less time than this is not enough to begin another request.
ENOUGH_SECONDS = 12.0
_LONGEST_URL = 2000
# Number of refused tries after which a past day is given up.
MAX_REFUSALS = 5


class OutOfTime(Exception):
    """The step is over and the day is not: its pages are kept, and the next step goes on."""


class Unchanged(Exception):
    """The server says that nothing has changed since the last time."""


def fetch_website(source: Source, at: datetime, until: float) -> StepResult:
    """Fetch what is due until `until` (monotonic seconds). Raises CannotFetch."""
    if source.is_daily_page:
        return _fetch_days(source, at, until)
    try:
        return StepResult(_fetch(source, None, at, until))
    except Unchanged:
        return StepResult()
    except OutOfTime:
        return StepResult(more=True)


def _fetch_days(source: Source, at: datetime, until: float) -> StepResult:
    today = at.astimezone(UTC).date()
    days = wanted_days(source, today)
    dumps: list[Dump] = []
    for number, day in enumerate(days):
        if number and time.monotonic() > until - ENOUGH_SECONDS:
            return StepResult(tuple(dumps), more=True)
        try:
            dumps += _fetch_day(source, day, today, at, until)
        except OutOfTime:
            return StepResult(tuple(dumps), more=True)
        # Saved at once, so that after a crash the next step goes on from here. Today is not over.
        source.note(covered_through=min(day, today - timedelta(days=1)), refusals=0)
    return StepResult(tuple(dumps), more=days[-1] < today)


def _fetch_day(
    source: Source, day: date, today: date, at: datetime, until: float
) -> tuple[Dump, ...]:
    """Return the dumps of one day; a past day whose answers never hold papers is given up."""
    try:
        return _fetch(source, day, at, until)
    except Unchanged:
        return ()
    except CannotFetch as wrong:
        if wrong.missing and day == today:
            return ()  # its page is still to come
        if not wrong.refused or day == today:
            raise
        source.note(refusals=source.refusals + 1)
        if source.refusals < MAX_REFUSALS:
            raise
        sentence = f"{day} is skipped after {MAX_REFUSALS} tries: {wrong}"
        log.warning("%s: %s", source, sentence)
        source.note(last_error=sentence, last_error_at=at)
        return ()


def _fetch(source: Source, day: date | None, at: datetime, until: float) -> tuple[Dump, ...]:
    partial = PartialPages(source, day)
    try:
        walk = walk_of(source, day, contact_of(source))
        first = _complete(walk, source, partial, until)
        data = b"" if walk.is_empty() else walk.joined()
    except CannotFetch as wrong:
        if wrong.refused:
            partial.drop()
        raise
    except (Unchanged, OutOfTime):
        raise
    except Exception as wrong:
        if failures.is_transient(wrong):
            raise
        # Refused like any other unusable answer, so that later days are not held up.
        log.exception("The pages of %s could not be put together", source)
        partial.drop()
        raise CannotFetch(
            f"The program failed on its pages ({type(wrong).__name__}). Please report this.",
            refused=True,
        ) from wrong
    dumps = () if walk.is_empty() else (_taken(source, data, day, at, until),)
    if first is not None and len(walk.pages) == 1 and len(first.url) <= _LONGEST_URL:
        # Only after its bytes are kept. Validators of the first of several pages do not cover all.
        source.note(validated_url=first.url, etag=first.etag, last_modified=first.last_modified)
    partial.drop()
    return dumps


def _taken(source: Source, data: bytes, day: date | None, at: datetime, until: float) -> Dump:
    """Return the dump of these bytes. Raises CannotFetch if it was quarantined."""
    dump = ingest_bytes(source, data, f"{source.name} {day or at.date()}", at, until, day)
    if sentence := quarantine_message(dump):
        raise CannotFetch(sentence, refused=True)
    return dump


def _complete(
    walk: PageWalk, source: Source, partial: PartialPages, until: float
) -> HttpAnswer | None:
    """Add the pages kept on disk, and then the missing ones, to the walk; return the answer with
    the first page if it was requested now.

    Raises Unchanged if the server says so, OutOfTime with the pages so far kept, or CannotFetch.
    """
    for page in partial.pages():
        walk.add(page)
    first, asked = None, 0
    while (url := walk.next_address()) is not None:
        if asked:
            partial.add(len(walk.pages), walk.pages[-1])
            if time.monotonic() > until - ENOUGH_SECONDS:
                raise OutOfTime
        asked += 1
        answer = request(source, url, until, is_first=not walk.pages)
        first = first or answer
        walk.add(FetchedPage(answer.body, answer.headers.get(walk.header, "")))
        if walk.size > settings.MAX_DUMP_BYTES:
            raise CannotFetch("Its pages together have more than MAX_DUMP_BYTES.", refused=True)
    return first


def request(
    source: Source, url: str, until: float, *, is_first: bool, size: int | None = None
) -> HttpAnswer:
    """Return one answer of at most `size` bytes (the setting MAX_DUMP_BYTES).

    Raises Unchanged if it is the same as the last time, and CannotFetch.
    """
    contact = (source.contact or settings.CONTACT).encode("ascii", "replace").decode()
    headers = {
        "User-Agent": f"PaperDigest/1.0 (+{settings.SITE_URL}; mailto:{contact})",
        "Accept-Encoding": "gzip",
    }
    if is_first and url == source.validated_url:
        headers |= {"If-None-Match": source.etag} if source.etag else {}
        headers |= {"If-Modified-Since": source.last_modified} if source.last_modified else {}
    limits = RequestLimits(
        until,
        size or settings.MAX_DUMP_BYTES,
        allowed=_allowed(source),
        key=key_of(source),
    )
    answer = http_get(url, headers, limits)
    if answer.status == HTTPStatus.NOT_MODIFIED:
        raise Unchanged
    return answer


def contact_of(source: Source) -> str:
    """Return the plain address that a service may write to."""
    return parseaddr(source.contact or settings.CONTACT)[1]


def _allowed(source: Source) -> frozenset[str]:
    host = (urlsplit(source.url).hostname or "").lower()
    return frozenset({host}) if source.allow_private else frozenset()
