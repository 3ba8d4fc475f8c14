"""The clocks of this machine: the one on the wall, and one that nobody sets."""

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

# It counts sleep too. macOS has no CLOCK_BOOTTIME, but its CLOCK_MONOTONIC counts sleep.
_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Containers may count from another instant (time_namespaces(7)).
_NAMESPACE = Path("/proc/self/ns/time")


def wall_time() -> datetime:
    return datetime.now(UTC)


def boot_seconds() -> float:
    """Seconds since the machine was started. Setting the wall clock does not change it."""
    return time.clock_gettime(_BOOT_CLOCK)


@cache
def boot_id() -> str:
    """A name for this start of the machine, within which `boot_seconds` can be compared between
    processes; where the system gives none, a name for this process."""
    try:
        return f"{_BOOT_ID.read_text().strip()} {_NAMESPACE.readlink()}"[:128]
    except OSError:
        return f"{socket.gethostname()} {os.getpid()} {time.time_ns()}"[-128:]


@dataclass(frozen=True, slots=True)
class MachineClock:
    """The two clocks together; tests put others in their place."""

    wall: Callable[[], datetime] = wall_time
    boot_seconds: Callable[[], float] = boot_seconds
    boot_id: Callable[[], str] = boot_id


MACHINE = MachineClock()
