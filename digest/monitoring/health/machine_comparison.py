"""Machines that differ where they must be alike, and those that have stopped."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from digest.models import Machine
from digest.monitoring.heartbeats import MISSING_AFTER, format_duration
from subscriptions.suppression_key import CHECK_DIGITS, KeyCheck

CLOCK_TOLERANCE = 30.0  # seconds


def compare_machines(at: datetime) -> Iterator[str]:
    """Yield a sentence for each difference between the machines, and for each silent one."""
    known = KeyCheck.objects.values_list("value", flat=True).first() or ""
    yield from differences(list(Machine.objects.all()), known[:CHECK_DIGITS], at)


def differences(machines: Sequence[Machine], key_check: str, at: datetime) -> Iterator[str]:
    """Yield what is wrong with these machines; `key_check` is the database's suppression key.

    A machine without a tick for MISSING_AFTER is silent, and compared with no other.
    """
    living = [machine for machine in machines if not is_silent(machine, at)]
    yield from _versions(living)
    yield from _clocks(living)
    yield from _keys(living, key_check)
    for machine in machines:
        if is_silent(machine, at):
            yield _silence(machine, at)


def is_silent(machine: Machine, at: datetime) -> bool:
    return machine.seen_at < at - MISSING_AFTER


def local_files(machine: Machine) -> str:
    """Return which files only this machine can read, like "2 files in its inbox", "" if none."""
    counts = (
        (machine.inbox_files, "in its inbox"),
        (machine.outbox_files, "in its outbox"),
        (machine.journal_files, "of replies that may not be in the database"),
    )
    return ", ".join(f"{n} file{'s' * (n != 1)} {where}" for n, where in counts if n)


def _versions(machines: Sequence[Machine]) -> Iterator[str]:
    found = _by(machines, lambda machine: machine.version)
    if len(found) > 1:
        listed = "; ".join(f"{version} on {_names(some)}" for version, some in found.items())
        yield (
            f"Machines run different versions: {listed}. Install the same one everywhere, and "
            "restart the processes."
        )


def _clocks(machines: Sequence[Machine]) -> Iterator[str]:
    for machine in machines:
        offset = machine.clock_offset or 0.0
        if abs(offset) > CLOCK_TOLERANCE:
            length = format_duration(timedelta(seconds=abs(offset)))
            direction = "ahead of" if offset > 0 else "behind"
            yield (
                f"The clock of {machine} is {length} {direction} the database’s: set it, and keep "
                "it right with NTP on both machines."
            )


def _keys(machines: Sequence[Machine], key_check: str) -> Iterator[str]:
    wrong = [each for each in machines if each.suppression_key_check != key_check]
    if wrong and key_check:
        yield (
            f"The suppression key of {_names(wrong)} is not the database’s, so no e-mail is sent "
            "there: set SUPPRESSION_KEY to what `manage.py suppression_key --show` prints on a "
            "machine that sends."
        )
    found = _by(machines, lambda machine: machine.secret_key_check)
    if len(found) > 1:
        groups = "; ".join(map(_names, found.values()))
        yield (
            f"Machines have different SECRET_KEYs ({groups}), so links made on one do not work on "
            "the other: set the same on all, the others in SECRET_KEY_FALLBACKS, and restart."
        )


def _silence(machine: Machine, at: datetime) -> str:
    files = local_files(machine)
    held = f" Only it can read {files}." if files else ""
    return (
        f"{machine} has been silent for {format_duration(at - machine.seen_at)}: start its "
        f"processes. If it is gone for good, delete it (admin, Machines).{held}"
    )


def _by(machines: Sequence[Machine], value: Callable[[Machine], str]) -> dict[str, list[Machine]]:
    found: dict[str, list[Machine]] = defaultdict(list)
    for machine in machines:
        found[value(machine)].append(machine)
    return dict(sorted(found.items()))


def _names(machines: Sequence[Machine]) -> str:
    return ", ".join(map(str, machines))
