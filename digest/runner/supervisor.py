"""Keeps services running until a signal stops them."""

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Self

from digest.logs import redact

from . import CannotStart
from .child_process import RECYCLED, ChildProcess
from .service import Service

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0  # seconds before a restart
STABLE_AFTER = 60.0  # seconds of running after which failures are forgotten
MAX_START_FAILURES = (
    3  # failures of a service that never came up before the whole start is given up
)
STANDBY_FAILURES = 3  # of one service in a row, before the standby services are started
TICK, IDLE = 0.05, 1.0  # seconds between checks, while waiting and otherwise


class RunningService:
    """A service and the state of its process."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.child: ChildProcess | None = None
        self.up = False
        self.started = 0.0
        self.start_at: float | None = None
        self.failures = 0

    def launch(self, folder: Path, environment: Mapping[str, str]) -> ChildProcess:
        self.child = self.service.launch(folder, environment)
        self.started, self.start_at = time.monotonic(), None
        return self.child

    def note_recycling(self) -> None:
        """Note an end that asks for a new process at once."""
        self.child, self.up, self.start_at = None, False, time.monotonic()

    def note_failure(self) -> float:
        """Note an unexpected end; return the seconds until the restart, doubled by each failure."""
        if self.up and time.monotonic() - self.started > STABLE_AFTER:
            self.failures = 0
        self.child, self.up = None, False
        delay = min(LONGEST_DELAY, FIRST_DELAY * 2.0**self.failures)
        self.failures += 1
        self.start_at = time.monotonic() + delay
        return delay


class Supervisor:
    """Context manager: starts services, restarts those that end, stops all in reverse order.

    One loop in the main thread; it handles STOP_SIGNALS while the context lasts. `report` prints a
    line.
    """

    def __init__(
        self, folder: Path, environment: Mapping[str, str], report: Callable[[str], None]
    ) -> None:
        self._folder, self._environment, self._report = folder, environment, report
        self._kept: list[RunningService] = []
        self._standby: list[Service] = []
        self._selector = selectors.DefaultSelector()
        self.signals = 0  # stop signals received

    def __enter__(self) -> Self:
        self._awake, self._wake = os.pipe()
        for end in (self._awake, self._wake):
            os.set_blocking(end, False)
        self._selector.register(self._awake, selectors.EVENT_READ)
        self._wakeup_before = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        self._before = {
            signum: signal.signal(signum, self._on_stop_signal) for signum in STOP_SIGNALS
        }
        # Only a signal with a handler wakes the loop, and the end of a child should.
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._stop()
        finally:
            for signum, handler in self._before.items():
                signal.signal(signum, handler)
            signal.set_wakeup_fd(self._wakeup_before)
            self._selector.close()
            os.close(self._awake)
            os.close(self._wake)

    def _on_stop_signal(self, _signum: int, _frame: FrameType | None) -> None:
        self.signals += 1

    def start(self, *services: Service, within: float = 60.0) -> None:
        """Start services together; return when all are up, or on a signal. After one, start none.

        Raises CannotStart if one fails MAX_START_FAILURES times before it is up, or is not up
        `within` so many seconds.
        """
        if self.signals:
            return
        new = [RunningService(service) for service in services]
        self._kept += new
        for kept in new:
            self._launch(kept)
        give_up = time.monotonic() + within
        while not self.signals and (waiting := [kept for kept in new if not kept.up]):
            self._round(TICK)
            for kept in waiting:
                if not kept.up and (
                    kept.failures >= MAX_START_FAILURES or time.monotonic() > give_up
                ):
                    raise CannotStart(
                        f"The {kept.service.name} does not start: see its output above."
                    )

    def stand_by(self, service: Service) -> None:
        """Start a service once another one has ended STANDBY_FAILURES times in a row."""
        self._standby.append(service)

    def run(self) -> None:
        """Keep all services running until a signal."""
        while not self.signals:
            self._round(IDLE if all(kept.up for kept in self._kept) else TICK)

    def _stop(self) -> None:
        """Stop the services, the last started first; a further signal kills without waiting."""
        asked = self.signals
        for kept in reversed(self._kept):
            kept.start_at = None
            if kept.child is not None:
                kept.child.terminate()
                self._await_end(kept, asked)
            if kept.service.listener:
                # At once: the clients would wait until the other services have ended.
                kept.service.listener.close()

    def _await_end(self, kept: RunningService, asked: int) -> None:
        begun, announced = time.monotonic(), False
        while kept.child is not None:
            waited = time.monotonic() - begun
            if waited > kept.service.grace or self.signals > asked:
                kept.child.kill()
            elif waited > 3 and not announced:
                announced = True
                self._say(kept, "finishing its work (press Ctrl-C again to stop at once)")
            self._round(TICK, stopping=True)

    def _launch(self, kept: RunningService) -> None:
        child = kept.launch(self._folder, self._environment)
        self._selector.register(child.output, selectors.EVENT_READ, kept)

    def _round(self, wait: float, *, stopping: bool = False) -> None:
        """Print new output, handle services that ended, restart those that are due."""
        for key, _ in self._selector.select(wait):
            if key.data is None:
                os.read(self._awake, 4096)
            else:
                self._print(key.data)
        for kept in self._kept:
            if kept.child is not None and (how := kept.child.exit_reason()):
                self._handle_end(kept, kept.child, how, stopping)
            if kept.child is not None and not kept.up:
                kept.up = kept.service.is_up is None or kept.service.is_up()
            if kept.start_at is not None and time.monotonic() >= kept.start_at:
                self._launch(kept)
        if not stopping and any(kept.failures >= STANDBY_FAILURES for kept in self._kept):
            needed, self._standby = self._standby, []
            self.start(*needed)

    def _print(self, kept: RunningService) -> None:
        assert kept.child is not None
        for line in kept.child.lines():
            self._say(kept, line)
        if kept.child.output_closed:
            self._selector.unregister(kept.child.output)

    def _handle_end(
        self, kept: RunningService, child: ChildProcess, how: str, stopping: bool
    ) -> None:
        with contextlib.suppress(KeyError):
            self._selector.unregister(child.output)
        for line in child.remaining_lines():
            self._say(kept, line)
        if stopping:
            kept.child = None
            return
        if how == f"exit {RECYCLED}":
            kept.note_recycling()
            return
        recover = kept.service.recover
        done = recover() if recover and how.startswith("exit") and not kept.up else ""
        delay = kept.note_failure()
        prefix = f"{done}; " if done else ""
        self._say(kept, f"ended ({how}); {prefix}starting again in {delay:g} s")

    def _say(self, kept: RunningService, line: str) -> None:
        if not line or any(noise in line for noise in kept.service.hidden_output):
            return
        try:
            self._report(f"{kept.service.name:<8} | {redact(line)}")
        except OSError:
            # The reader of the output has gone (`make run | head`), which ends a program.
            self.signals += 1
            self._report = lambda _line: None
