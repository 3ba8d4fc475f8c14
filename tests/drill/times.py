"""The program's times shortened, and a clock that can be set: for the drill's processes alone."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

AHEAD = "clock-ahead"  # a file in the data folder: by how many seconds the clock is wrong


def prepare() -> None:
    """Shorten the times of this process and put the clock of the data folder in its place."""
    from django.conf import settings

    for module, name, value in _times():
        assert hasattr(module, name), f"{module.__name__} has no {name} any more"
        setattr(module, name, value)
    _set_clock(Path(settings.DATA_DIR) / AHEAD)


def _times() -> list[tuple[Any, str, Any]]:
    from digest.mail.routing import circuit_breaker
    from digest.mail.smtp import client as smtp_connection
    from digest.models import digests, outgoing
    from digest.sending import batch, claims, drain, outcomes, permit

    second = timedelta(seconds=1)
    return [
        (outgoing, "LEASE", 6 * second),
        (digests, "LEASE", 6 * second),
        (claims, "RENEW_SECONDS", 1.5),
        (drain, "RENEW_IF_OLDER", 4.0),
        (drain, "DRAIN_SECONDS", 8.0),
        (permit, "PERMIT_LEASE", 12 * second),
        (smtp_connection, "STEP_TIMEOUT", 8.0),
        (smtp_connection, "DOT_TIMEOUT", 8.0),
        (circuit_breaker, "FIRST_PAUSE", 0.5),
        (circuit_breaker, "LONGEST_PAUSE", 2.0),
        (outcomes, "BACKOFF", [2 * second]),
        (outcomes, "HELD_BACK", second),
        (batch, "HELD_BACK", second),
    ]


def _set_clock(file: Path) -> None:
    from django.utils import timezone

    from digest.machine_clock import MachineClock, wall_time
    from digest.monitoring.health import clocks

    def set_wall() -> datetime:
        return wall_time() + timedelta(seconds=float(file.read_text()) if file.exists() else 0.0)

    clocks.MACHINE = MachineClock(wall=set_wall)
    timezone.now = set_wall
