"""Is the clock that planning goes by right? Several witnesses are asked; two that agree decide.

Planning with a clock that is ahead would skip days of mail: everybody would be due, get the date of
a day that has not come, and be due again after it. So planning is held while two witnesses say that
the clock is more than five minutes ahead. A clock that is behind skips nothing, for nobody is due
by it: it is an alarm and holds nothing.

The witnesses:

- the run: the clock against CLOCK_BOOTTIME, which nobody sets, since the clock was last trusted;
- what is stored: the newest instant at which any machine trusted its clock. A gap after it is
  usual (the service was stopped), so it only ever confirms another witness;
- the outside: the `Date` of the web servers that papers are fetched from (RFC 9110 6.6.1). One that
  agrees with the clock overrules the others, for they only know what was;
- this machine, where planning goes by the database's clock.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from digest.machine_clock import MACHINE, MachineClock
from digest.models import ClockReference
from digest.models.alarms import AlarmFacts
from digest.monitoring.heartbeats import format_duration

TOLERANCE = 300.0  # seconds
# A server may be wrong as well: what it said is not believed for ever.
OUTSIDE_LASTS = 48 * 3600.0
GAP_LASTS = 26 * 3600.0


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The clocks at a moment: `service` is the one that planning goes by, the database's where that
    is a server of its own; `machine` and `boot` are this machine's."""

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
    """A witness against the clock. `offset`: seconds that the clock is ahead (negative: behind) by
    what it knows; `alone` says whether it is worth a warning by itself."""

    what: str
    offset: float
    alone: bool = True

    def __str__(self) -> str:
        direction = "ahead" if self.offset > 0 else "behind"
        return f"{format_duration(timedelta(seconds=abs(self.offset)))} {direction} of {self.what}"


@dataclass(frozen=True, slots=True)
class ClockVerdict:
    """The witnesses that disagree with the clock, and what follows."""

    at: datetime
    by_database: bool
    deviations: tuple[Deviation, ...] = ()
    confirmed: bool = False

    @property
    def is_ahead(self) -> bool:
        """Whether two say that the clock is ahead: then nothing is planned, and nothing expires."""
        return sum(deviation.offset > 0 for deviation in self.deviations) >= 2

    @property
    def is_behind(self) -> bool:
        return sum(deviation.offset < 0 for deviation in self.deviations) >= 2

    @property
    def sentence(self) -> str:
        """What is wrong and what to do, empty where nothing is."""
        worth = [deviation for deviation in self.deviations if deviation.alone]
        if not (self.is_ahead or self.is_behind or worth):
            return ""
        whose = "The database’s clock" if self.by_database else "This machine’s clock"
        said = " and ".join(map(str, self.deviations))
        if self.is_ahead:
            return (
                f"{whose} is {said}: no digest is planned until it is right. Set it (NTP): "
                "planning goes on by itself then. If it is right, say so: manage.py clock --trust."
            )
        if self.is_behind:
            return (
                f"{whose} is {said}: mails come late until it is right. If it is right and was "
                "ahead before: manage.py clock --put-right."
            )
        return f"{whose} may be wrong: it is {said}. Compare it with another clock."

    @property
    def alarm(self) -> AlarmFacts | None:
        if self.is_ahead:
            return AlarmFacts("The clock is ahead: no digest is planned", [self.sentence])
        return AlarmFacts("The clock is behind", [self.sentence]) if self.is_behind else None


def read_clocks(machine: MachineClock | None = None) -> ClockReading:
    """Read the clocks, the database's too where it is a server's."""
    machine = machine or MACHINE
    by_database = connection.vendor == "postgresql"
    stored = database_clock() if by_database else None
    wall = machine.wall()
    return ClockReading(
        stored or wall, wall, machine.boot_seconds(), machine.boot_id(), by_database=by_database
    )


def database_clock() -> datetime:
    """The time by PostgreSQL's clock; NOW() is the start of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CLOCK_TIMESTAMP()")
        instant: datetime = cursor.fetchone()[0]
    return instant.astimezone(UTC)


def service_clock(machine: MachineClock | None = None) -> Callable[[], datetime]:
    """Return a clock that shows the time that planning and sending go by. The database is asked
    once; from then on this machine's steady clock goes on."""
    machine = machine or MACHINE
    if connection.vendor != "postgresql":
        return machine.wall
    base, begun = database_clock(), machine.boot_seconds()
    return lambda: base + timedelta(seconds=machine.boot_seconds() - begun)


def evaluate(
    reading: ClockReading, reference: ClockReference | None, newest: datetime | None
) -> ClockVerdict:
    """Hear the witnesses; `reference` is this start's of the machine, `newest` the newest instant
    that is stored and was trusted."""
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
    gap = reference.gap if reference and _gap_counts(reading, reference) else 0.0
    if run is not None and gap and abs(run + gap) <= TOLERANCE:
        return  # it was ahead when the machine started, and has been put right since
    if run is not None:
        yield Deviation("what it was when it was last trusted, by the time passed", run)
    stored = (reading.service - newest).total_seconds() if newest else 0.0
    if stored >= -TOLERANCE and run is not None and abs(run) <= TOLERANCE:
        stored = gap  # the machine's steady clock says that so much time has passed
    yield Deviation("the newest instant stored", stored, alone=stored < 0)
    outside = _outside(reading, reference)
    if outside is not None and reference:
        yield Deviation(f"the clock of {reference.outside_source}", outside)
    if reading.by_database:
        apart = (reading.service - reading.machine).total_seconds()
        yield Deviation("this machine’s", apart)


def _since_trusted(reading: ClockReading, reference: ClockReference | None) -> float | None:
    """Seconds that the clock was set forward since it was trusted; None if it never was since the
    machine started."""
    if reference is None or reference.epoch is None:
        return None
    return reading.epoch - reference.epoch


def _gap_counts(reading: ClockReading, reference: ClockReference) -> bool:
    return reading.boot - reference.gap_noticed_at < GAP_LASTS


def _outside(reading: ClockReading, reference: ClockReference | None) -> float | None:
    """Seconds that the clock is ahead of an outside one; None if none was read lately."""
    if reference is None or reference.outside_epoch is None:
        return None
    if reading.boot - reference.outside_read_at > OUTSIDE_LASTS:
        return None
    return reading.epoch - reference.outside_epoch


def current_verdict(machine: MachineClock | None = None) -> ClockVerdict:
    """The verdict at this moment; nothing is written."""
    reading = read_clocks(machine)
    reference = ClockReference.objects.of(reading.boot_id).first()
    return evaluate(reading, reference, ClockReference.objects.newest_trusted())


def check_and_trust(machine: MachineClock | None = None) -> ClockVerdict:
    """The verdict at this moment; where the clock is trusted, that is written down."""
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
    """Whether the clock runs on as it was trusted, or was put right by what the gap was."""
    gap = reference.gap if reference else 0.0
    return abs(run) <= TOLERANCE or bool(gap and abs(run + gap) <= TOLERANCE)


def _new_gap(
    reading: ClockReading, reference: ClockReference | None, newest: datetime | None
) -> float | None:
    """The gap to write down, None to leave the one that is."""
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
    """An operator says that the clock is right: what was known before counts no more."""
    reading = read_clocks(machine)
    ClockReference.objects.all().delete()
    _trust(reading, gap=0.0)
