"""What was fetched is ingested like any dump: kept, then read."""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime

from digest.ingest import failures
from digest.ingest.pipeline import CannotKeep, Unreadable, read, receive
from digest.models import Dump, Source

from .errors import CannotFetch
from .fetch_schedule import intent_of


@dataclass(frozen=True)
class StepResult:
    """The dumps of one step of fetching, whether there is more to fetch at once, and a message."""

    dumps: tuple[Dump, ...] = ()
    more: bool = False
    message: str = ""


def ingest_bytes(
    source: Source, data: bytes, name: str, at: datetime, until: float, day: date | None = None
) -> Dump:
    """Keep and read the bytes as a dump of this source; return it, perhaps quarantined.

    What is not read by `until` (monotonic seconds) is left for the next tick. Raises CannotFetch if
    the bytes cannot be kept.
    """
    try:
        dump = receive(
            data,
            name,
            format=source.format,
            listed_on=day,
            intent=intent_of(source, day, at.astimezone(UTC).date()),
            source=source,
            at=at,
        )
    except (CannotKeep, Unreadable, ValueError) as wrong:
        raise CannotFetch(str(wrong)) from wrong
    try:
        return read(dump, at=at, seconds=max(until - time.monotonic(), 1))
    except Exception as wrong:
        failures.log_postponed(f"{dump} is kept and read at the next tick", wrong)
        return dump


def quarantine_message(dump: Dump) -> str:
    """Return why a dump was quarantined, or that it had been withdrawn, in a sentence.

    Returns "" if it was taken or waits for an operator.
    """
    if dump.state != Dump.State.QUARANTINED and not dump.is_withdrawn:
        return ""
    return f"“{dump.name}” was rejected: {dump.error}"
