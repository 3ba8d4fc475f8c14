"""The workers of a simulation: processes that drain at the same time."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from digest.runner.process import die_with_parent

from .draining import Report
from .process_costs import processor

ENDS_WITHIN = 10.0  # seconds


class WorkerGone(Exception):
    """A worker ended by itself."""


class WorkerProcesses:
    """`count` workers in the environment of this process, for the block."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._running: list[subprocess.Popen[str]] = []
        self.reports: Sequence[Report] = ()

    def __enter__(self) -> Self:
        parent = os.getpid()
        self._running = [
            subprocess.Popen(
                [sys.executable, "-m", "digest.simulation.draining"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                preexec_fn=lambda: die_with_parent(parent),
            )
            for _ in range(self._count)
        ]
        for worker in self._running:
            _line(worker)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for worker in self._running:
            try:
                worker.communicate(timeout=ENDS_WITHIN)  # the end of its input ends it
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.communicate()

    def drain(self, at: datetime) -> None:
        """Have all of them drain what is due at `at`, and wait until nothing is.

        Raises WorkerGone if one of them ends.
        """
        for worker in self._running:
            assert worker.stdin
            worker.stdin.write(f"{at.isoformat()}\n")
            worker.stdin.flush()
        self.reports = [Report(**json.loads(_line(worker))) for worker in self._running]

    def processor(self) -> float:
        """Seconds of the processor that they have used."""
        return sum(processor(worker.pid) for worker in self._running)


def _line(worker: "subprocess.Popen[str]") -> str:
    assert worker.stdout
    if line := worker.stdout.readline():
        return line
    raise WorkerGone(f"A worker ended with {worker.wait()}; its message is above.")
