"""The quick tests pass at any hour, on any date, in any zone, and on a machine that is busy."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from .support.quick import run_quick_tests

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(1500)]

# Tests that wait for threads, sockets or other processes are there.
WAITING = (
    "tests/ingest/sources", "tests/libraries", "tests/limits", "tests/mail", "tests/mail_events",
    "tests/monitoring", "tests/runner", "tests/search", "tests/sending", "tests/subscriptions",
)  # fmt: skip


def faketime() -> Path:
    """The library that moves a process's clock."""
    found = [*Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")]
    if not found:
        pytest.skip("libfaketime is missing: apt-get install faketime")
    return found[0]


@pytest.mark.clock
@pytest.mark.parametrize(
    ("at", "zone"),
    [
        (datetime(2026, 12, 31, 23, 58, tzinfo=UTC), "UTC"),  # the year ends in the middle
        (datetime(2028, 2, 29, 12, tzinfo=UTC), "America/New_York"),
        (datetime(2027, 3, 28, 0, 59, tzinfo=UTC), "Europe/Berlin"),  # summer time begins
    ],
    ids=["31-december", "29-february", "daylight-change"],
)
def test_the_quick_tests_pass_at(at: datetime, zone: str) -> None:
    offset = int((at - datetime.now(UTC)).total_seconds())
    fake = {"LD_PRELOAD": str(faketime()), "FAKETIME": f"{offset:+d}", "TZ": zone}
    # Else every wait with a timeout ends at the hour of the real clock, weeks later.
    fake["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
    # Else waits for the interpreter's lock return at once, and two threads take four times as long.
    fake["FAKETIME_FORCE_MONOTONIC_FIX"] = "0"
    # It moves no file system's clock, and Redis does not start under it.
    run_quick_tests(fake, but="redis or real_clock")


def test_the_quick_tests_pass_beside_two_busy_loops() -> None:
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        run_quick_tests({}, folders=WAITING)
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
