"""Whether the clock that planning uses is right: it is compared with others, and two decide.

Planning with a clock that is ahead would skip days of mail: every subscriber would be due, get the
date of a day to come, and be due again after it. So planning is held while two comparisons say that
the clock is more than TOLERANCE ahead. A clock that is behind skips nothing, because nobody is due
by it: it raises an alarm and holds nothing.

The clock is compared with:

- CLOCK_BOOTTIME, which is never set, since the clock was last trusted;
- the newest stored time at which any machine trusted its clock. A gap after it is usual (the
  service was stopped), so it only ever confirms another comparison;
- the `Date` header of web servers that papers are fetched from (RFC 9110 6.6.1). One that agrees
  with the clock overrules the others, which only know the past;
- this machine's clock, where planning uses the database's.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from digest.machine_clock import MACHINE, MachineClock
from digest.models import ClockReference
from digest.models.alarms import AlarmFacts
from digest.models.database import database_clock
from digest.monitoring.heartbeats import format_duration

TOLERANCE = 300.0  # seconds
# A server may be wrong as well, so its time is used for a limited time only.
OUTSIDE_LASTS = 48 * 3600.0
GAP_LASTS = 26 * 3600.0


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The clocks at one moment.

    `service`: the clock that planning uses, the database's on PostgreSQL. `machine`: this machine's
    wall clock. `boot`: seconds since the start of the machine, which `boot_id` names.
    """

    service: datetime
    machine: datetime
    boot: float
    boot_id: str
    by_database: bool = False

    @property
    def epoch(self) -> float:
        return self.service.timestamp() - self.boot


@dataclass(frozen=True, slots=True)
class Deviation:
    """A reference that disagrees with the clock. `offset`: seconds that the clock is ahead of it
    (negative: behind); `alone`: whether it is worth a warning by itself."""

    what: str
    offset: float
    alone: bool = True

    def __str__(self) -> str:
        direction = "ahead of" if self.offset > 0 else "behind"
        return f"{format_duration(timedelta(seconds=abs(self.offset)))} {direction} {self.what}"


@dataclass(frozen=True, slots=True)
class ClockVerdict:
    """The deviations found at a moment, and what follows from them."""

    at: datetime
    by_database: bool
    deviations: tuple[Deviation, ...] = ()
    confirmed: bool = False

    @property
    def is_ahead(self) -> bool:
        """Whether two references say that it is ahead: nothing is planned or expires then."""
        return sum(deviation.offset > 0 for deviation in self.deviations) >= 2

    @property
    def is_behind(self) -> bool:
        return sum(deviation.offset < 0 for deviation in self.deviations) >= 2

    @property
    def sentence(self) -> str:
        """What is wrong and what to do, "" if nothing is."""
        worth = [deviation for deviation in self.deviations if deviation.alone]
        if not (self.is_ahead or self.is_behind or worth):
            return ""
        whose = "The database’s clock" if self.by_database else "This machine’s clock"
        said = " and ".join(map(str, self.deviations))
        if self.is_ahead:
            return (
                f"{whose} is {said}: no digest is planned until it is right. Set it (NTP), and "
                "planning continues by itself. If it is right, run manage.py clock --trust."
            )
        if self.is_behind:
            return (
                f"{whose} is {said}: e-mails are late until it is right. If it is right now and "
                "was ahead before, run manage.py clock --put-right."
            )
        return f"{whose} may be wrong: it is {said}. Compare it with another clock."

    @property
    def alarm(self) -> AlarmFacts | None:
        if self.is_ahead:
            return AlarmFacts("The clock is ahead: no digest is planned", [self.sentence])
        return AlarmFacts("The clock is behind", [self.sentence]) if self.is_behind else None


def read_clocks(machine: MachineClock | None = None) -> ClockReading:
    """Read this machine's clocks, and the database's on PostgreSQL."""
    machine = machine or MACHINE
    by_database = connection.vendor == "postgresql"
    stored = database_clock() if by_database else None
    wall = machine.wall()
    return ClockReading(
        stored or wall, wall, machine.boot_seconds(), machine.boot_id(), by_database=by_database
    )


def service_clock(machine: MachineClock | None = None) -> Callable[[], datetime]:
    """Return a function that gives the time for planning and sending. PostgreSQL is asked once;
    after that the seconds since then are counted by CLOCK_BOOTTIME."""
    machine = machine or MACHINE
    if connection.vendor != "postgresql":
        return machine.wall
    base, begun = database_clock(), machine.boot_seconds()
    return lambda: base + timedelta(seconds=machine.boot_seconds() - begun)


def evaluate(
    reading: ClockReading, reference: ClockReference | None, newest: datetime | None
) -> ClockVerdict:
    """Compare a reading with all references.

    `reference`: the row of this start of the machine, if there is one. `newest`: the newest stored
    time at which a clock was trusted.
    """
    outside = _outside(reading, reference)
    if outside is not None and abs(outside) <= TOLERANCE:
        return ClockVerdict(reading.service, reading.by_database, confirmed=True)
    deviations = _deviations(reading, reference, newest)
    against = tuple(each for each in deviations if abs(each.offset) > TOLERANCE)
    return ClockVerdict(reading.service, reading.by_database, against)


def _deviations(
    reading: ClockReading, reference: ClockReference | None, newest: datetime | None
) -> Iterator[Deviation]:
    run = _since_trusted(reading, reference)
    recent = reference and reading.boot - reference.gap_noticed_at < GAP_LASTS
    gap = reference.gap if reference and recent else 0.0
    if run is not None and gap and abs(run + gap) <= TOLERANCE:
        return  # it was ahead when the machine started, and has been put right since
    if run is not None:
        yield Deviation("the last trusted time plus the time since then", run)
    stored = (reading.service - newest).total_seconds() if newest else 0.0
    if stored >= -TOLERANCE and run is not None and abs(run) <= TOLERANCE:
        stored = gap  # CLOCK_BOOTTIME says that so much time has passed
    yield Deviation("the newest time in the database", stored, alone=stored < 0)
    outside = _outside(reading, reference)
    if outside is not None and reference:
        yield Deviation(f"the clock of {reference.outside_source}", outside)
    if reading.by_database:
        apart = (reading.service - reading.machine).total_seconds()
        yield Deviation("this machine’s", apart)


def _since_trusted(reading: ClockReading, reference: ClockReference | None) -> float | None:
    """Return how many seconds the clock was set forward since it was last trusted; None if it was
    not trusted since the machine started."""
    if reference is None or reference.epoch is None:
        return None
    return reading.epoch - reference.epoch


def _outside(reading: ClockReading, reference: ClockReference | None) -> float | None:
    """Return how many seconds the clock is ahead of a web server's, if one was read lately."""
    if reference is None or reference.outside_epoch is None:
        return None
    if reading.boot - reference.outside_read_at > OUTSIDE_LASTS:
        return None
    return reading.epoch - reference.outside_epoch


def current_verdict(machine: MachineClock | None = None) -> ClockVerdict:
    """Read and evaluate the clocks; write nothing."""
    reading = read_clocks(machine)
    reference = ClockReference.objects.of(reading.boot_id).first()
    return evaluate(reading, reference, ClockReference.objects.newest_trusted())


def check_and_trust(machine: MachineClock | None = None) -> ClockVerdict:
    """Read and evaluate the clocks, and store the reading if the clock can be trusted."""
    reading = read_clocks(machine)
    reference = ClockReference.objects.of(reading.boot_id).first()
    newest = ClockReference.objects.newest_trusted()
    verdict = evaluate(reading, reference, newest)
    if verdict.is_ahead or verdict.is_behind:
        return verdict
    run = _since_trusted(reading, reference)
    if verdict.confirmed or run is None or _is_explained(run, reference):
        _trust(reading, gap=0.0 if verdict.confirmed else _new_gap(reading, reference, newest))
    return verdict


def _is_explained(run: float, reference: ClockReference | None) -> bool:
    """Whether the clock runs on as it was trusted, or was set back by exactly the gap."""
    gap = reference.gap if reference else 0.0
    return abs(run) <= TOLERANCE or bool(gap and abs(run + gap) <= TOLERANCE)


def _new_gap(
    reading: ClockReading, reference: ClockReference | None, newest: datetime | None
) -> float | None:
    """Return the gap in seconds to store, None to keep the stored one."""
    run = _since_trusted(reading, reference)
    if run is None:
        gap = (reading.service - newest).total_seconds() if newest else 0.0
        return gap if gap > TOLERANCE else 0.0
    return None if abs(run) <= TOLERANCE else 0.0


def _trust(reading: ClockReading, gap: float | None) -> None:
    values: dict[str, float | datetime] = {"epoch": reading.epoch, "trusted_at": reading.service}
    if gap is not None:
        values |= {"gap": gap, "gap_noticed_at": reading.boot if gap else 0.0}
    if not ClockReference.objects.of(reading.boot_id).update(**values):
        row = ClockReference(boot_id=reading.boot_id, **values)
        ClockReference.objects.bulk_create([row], ignore_conflicts=True)


def trust(machine: MachineClock | None = None) -> None:
    """Trust the clock on an operator's word: forget all references stored before."""
    reading = read_clocks(machine)
    ClockReference.objects.all().delete()
    _trust(reading, gap=0.0)
