"""A fake machine whose clocks a test sets."""

from datetime import UTC, datetime, timedelta

from digest.machine_clock import MachineClock

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class Machine:
    """`truth` is the time that it really is, `error` how far the wall clock is ahead of that."""

    def __init__(self, truth: datetime = NOON, error: timedelta = timedelta()) -> None:
        self.truth, self.error = truth, error
        self.started, self.starts = truth - timedelta(hours=1), 1

    @property
    def clock(self) -> MachineClock:
        return MachineClock(
            wall=lambda: self.truth + self.error,
            boot_seconds=lambda: (self.truth - self.started).total_seconds(),
            boot_id=lambda: f"start {self.starts}",
        )

    def passes(self, **length: float) -> None:
        self.truth += timedelta(**length)

    def restarts(self, **off: float) -> None:
        """Is off for so long, and starts."""
        self.passes(**off)
        self.started, self.starts = self.truth, self.starts + 1
