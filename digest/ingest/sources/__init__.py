"""Sources, fetched when they are due.

claim   one conditional UPDATE leases a source, so one of all workers fetches it
step    less than a minute of fetching; the next tick goes on with what is left
note    the result and the next time to fetch, on the source's row
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.models import Dump, Source
from digest.models.sources import SourceQuerySet

from .errors import CannotFetch
from .fetch_schedule import next_run, next_try, quiet_reason
from .intake import StepResult
from .mailbox import fetch_mailbox
from .watched_folder import fetch_folder
from .website import fetch_website

__all__ = ["CannotFetch", "FetchResult", "fetch", "fetch_due", "quiet_reason"]

log = logging.getLogger(__name__)

STEP_SECONDS = 45.0
# A catch-up pauses between steps, for other sources and for the server.
_ON_AFTER = timedelta(seconds=30)
_STEPS: Mapping[str, Callable[[Source, datetime, float], StepResult]] = {
    Source.Kind.URL: fetch_website,
    Source.Kind.FOLDER: fetch_folder,
    Source.Kind.MAILBOX: fetch_mailbox,
}


@dataclass(frozen=True)
class FetchResult:
    """What a step brought: its dumps, an error as a sentence, whether there is more to fetch."""

    source: Source
    dumps: tuple[Dump, ...] = ()
    error: str = ""
    more: bool = False


def fetch_due(
    clock: Callable[[], datetime],
    seconds: float = STEP_SECONDS,
    among: SourceQuerySet | None = None,
) -> list[FetchResult]:
    """Fetch the sources that are due, of all or of those `among`, the longest waiting first.

    None is begun after half of `seconds`. Any number of processes may call this at once.
    """
    sources = Source.objects.all() if among is None else among
    begun = time.monotonic()
    fetched = []
    while time.monotonic() < begun + seconds / 2:
        source = sources.claim(clock())
        if source is None:
            break
        fetched.append(fetch(source, clock(), begun + seconds))
    return fetched


def fetch(source: Source, at: datetime, until: float) -> FetchResult:
    """Run one step of a leased source, until `until` (monotonic seconds), and note the result."""
    try:
        step = _STEPS[source.kind](source, at, until)
    except CannotFetch as wrong:
        return _failed(source, at, str(wrong), wrong.wait)
    except Exception as wrong:
        # A fault of the program at one source must not stop the others.
        log.exception("The fetch of %s failed", source)
        sentence = f"The program failed on it ({type(wrong).__name__}). Please report this."
        return _failed(source, at, sentence, None)
    return _succeeded(source, at, step)


def _succeeded(source: Source, at: datetime, step: StepResult) -> FetchResult:
    values: dict[str, object] = {
        "last_success_at": at,
        "failures": 0,
        "refusals": 0,
        "lease_until": None,
        "next_run_at": at + _ON_AFTER if step.more else next_run(source, at),
    }
    if source.first_fetched_at is None and not step.more:
        values["first_fetched_at"] = at
    if step.message:
        values |= {"last_error": step.message, "last_error_at": at}
    source.note(**values)
    return FetchResult(source, step.dumps, step.message, step.more)


def _failed(source: Source, at: datetime, sentence: str, wait: timedelta | None) -> FetchResult:
    # It may quote a server, and databases refuse NUL.
    sentence = "".join(each if each.isprintable() else "�" for each in sentence)[:2000]
    log.warning("%s: %s", source, sentence)
    source.note(
        last_error=sentence,
        last_error_at=at,
        next_run_at=next_try(source, at, wait),
        failures=min(source.failures + 1, 1000),
        lease_until=None,
    )
    return FetchResult(source, error=sentence)
