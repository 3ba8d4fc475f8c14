"""This machine's wall clock, and its clock since the start, which cannot be set."""

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

# Includes sleep. macOS has no CLOCK_BOOTTIME, but its CLOCK_MONOTONIC counts sleep.
_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Containers may have another offset (time_namespaces(7)).
_NAMESPACE = Path("/proc/self/ns/time")


def wall_time() -> datetime:
    return datetime.now(UTC)


def boot_seconds() -> float:
    """Return seconds since the start of the machine; setting the wall clock does not change it."""
    return time.clock_gettime(_BOOT_CLOCK)


@cache
def boot_id() -> str:
    """Return an id of this start of the machine, for which `boot_seconds` of several processes can
    be compared; an id of this process if the system has none."""
    try:
        return f"{_BOOT_ID.read_text().strip()} {_NAMESPACE.readlink()}"[:128]
    except OSError:
        return f"{socket.gethostname()} {os.getpid()} {time.time_ns()}"[-128:]


@dataclass(frozen=True, slots=True)
class MachineClock:
    """The two clocks together; tests replace them."""

    wall: Callable[[], datetime] = wall_time
    boot_seconds: Callable[[], float] = boot_seconds
    boot_id: Callable[[], str] = boot_id


MACHINE = MachineClock()
