"""What the clocks of web servers say about this machine's clock."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from digest.machine_clock import MACHINE, MachineClock
from digest.models import ClockReference

_YEARS = range(2000, 2200)
_LONGEST_AGE = 30 * 24 * 3600


def note_server_clock(
    host: str, headers: Mapping[str, str], machine: MachineClock = MACHINE
) -> None:
    """Store the `Date` of an answer that has just arrived, if it can be read."""
    instant = server_instant(headers)
    if instant is not None:
        ClockReference.objects.note_outside(
            machine.boot_id(), machine.boot_seconds(), instant.timestamp(), host
        )


def server_instant(headers: Mapping[str, str]) -> datetime | None:
    """Return the instant at which an answer left: its `Date` (RFC 9110 6.6.1) plus its time in
    caches (`Age`, RFC 9111 5.1).

    Returns None if there is no plausible one.
    """
    try:
        date = parsedate_to_datetime(headers.get("Date", ""))
        if date.year not in _YEARS:
            return None
    except (ValueError, TypeError, OverflowError):
        return None
    age = headers.get("Age", "0").strip()
    if not (age.isascii() and age.isdigit() and len(age) < 9 and int(age) < _LONGEST_AGE):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)) + timedelta(seconds=int(age))
