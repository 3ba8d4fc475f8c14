"""Seconds that stages of the pipeline take in this process, until they are stored."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import NamedTuple


class StageSum(NamedTuple):
    """Number of runs of a stage, and the seconds that they took together."""

    runs: int = 0
    seconds: float = 0.0


_sums: dict[str, StageSum] = {}
_lock = Lock()


@contextmanager
def measure(stage: str) -> Iterator[None]:
    """Add the time that the block takes to the sums of a stage, however it ends."""
    begun = time.monotonic()
    try:
        yield
    finally:
        add({stage: StageSum(1, time.monotonic() - begun)})


def add(sums: Mapping[str, StageSum]) -> None:
    """Add to the sums of this process."""
    with _lock:
        for stage, more in sums.items():
            before = _sums.get(stage, StageSum())
            _sums[stage] = StageSum(before.runs + more.runs, before.seconds + more.seconds)


def take_sums() -> dict[str, StageSum]:
    """Return the sums since the last call."""
    with _lock:
        taken = dict(_sums)
        _sums.clear()
    return taken
