"""Dumps whose raw bytes are missing: tried again for a day with growing waits, then quarantined.

A disk that is not mounted, or a machine that is switched off and holds the bytes of an earlier
release, comes back; so nothing is given up at once.
"""

from datetime import datetime, timedelta

from digest.models import Dump

from .dump_lease import DumpLease
from .dump_reading import quarantine
from .raw_storage import MissingBytes

GIVEN_UP_AFTER = timedelta(hours=24)
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(hours=1)
_CURE = "restore them, or submit the same file again."


def postpone(dump: Dump, wrong: MissingBytes, lease: DumpLease, at: datetime) -> Dump:
    """Note that the bytes are missing and when they are looked for again; after a day, quarantine.

    A dump that was read before stays as it is; the answer says why it was not read again.
    """
    if dump.needs_rereading:
        return quarantine(dump, f"{wrong}: {_CURE}", lease)
    since = dump.missing_since or at
    waited = at - since
    if waited < GIVEN_UP_AFTER:
        # As long again as it has been waiting: after 1, 2, 4, 8… minutes.
        wait = min(max(waited, _SHORTEST), _LONGEST)
        error = f"{wrong}; the next check is at {at + wait:%H:%M} UTC: {_CURE}"
        values = {"not_before": at + wait, "missing_since": since, "error": error}
    else:
        error = f"Its bytes are gone. {wrong} since {since:%Y-%m-%d %H:%M} UTC: {_CURE}"
        values = {"not_before": None, "state": Dump.State.QUARANTINED, "error": error}
    with lease.transaction():
        Dump.objects.unfinished().filter(sha256=dump.sha256).update(**values)
    answer = Dump.objects.get(pk=dump.pk)
    answer.error = error
    return answer


def clear_missing(dump: Dump, lease: DumpLease) -> None:
    """Note that the bytes are there again."""
    if dump.missing_since is None:
        return
    with lease.transaction():
        rows = Dump.objects.unfinished().filter(sha256=dump.sha256)
        rows.update(missing_since=None, not_before=None, error="")
    dump.missing_since = dump.not_before = None
    dump.error = ""
