"""What was fetched goes the way of every dump: kept, then read."""

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
    """What one step of fetching brought, whether there is more to do at once, and what to tell."""

    dumps: tuple[Dump, ...] = ()
    more: bool = False
    message: str = ""


def ingest_bytes(
    source: Source, data: bytes, name: str, at: datetime, until: float, day: date | None = None
) -> Dump:
    """Keep and read the bytes as a dump of this source; it may have been quarantined.

    One that is long is read on after `until` (monotonic seconds) by the next tick. Raises
    CannotFetch where they cannot even be kept.
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
    """Why a dump was not taken, in a sentence; empty: it was, or waits for an operator."""
    if dump.state != Dump.State.QUARANTINED:
        return ""
    return f"“{dump.name}” was not taken: {dump.error}"
