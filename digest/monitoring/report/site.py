"""Lines about the machines of the service: clock, disks and versions."""

from collections.abc import Iterator
from datetime import datetime

from digest.models import Machine
from digest.monitoring.health.clocks import current_verdict
from digest.monitoring.health.folders import LEAST_FREE, unwritable_folders
from digest.monitoring.health.machine_comparison import compare_machines, is_silent

from .lines import Level, ReportLine


def check_site(at: datetime) -> Iterator[ReportLine]:
    """Check clock, disks and machines. Raises DatabaseError."""
    verdict = current_verdict()
    if verdict.sentence:
        yield ReportLine("clock", Level.FAULT if verdict.alarm else Level.WARNING, verdict.sentence)
    else:
        yield ReportLine("clock", Level.OK, f"It is {verdict.at:%Y-%m-%d %H:%M:%S} UTC.")
    for sentence in unwritable_folders():
        yield ReportLine("disk", Level.FAULT, sentence)
    machines = list(Machine.objects.all())
    for machine in machines:
        yield from _disk(machine, at)
    for sentence in compare_machines(at):
        yield ReportLine("machines", Level.WARNING, sentence)
    for machine in machines:
        if not is_silent(machine, at):
            yield ReportLine("machines", Level.OK, f"{machine} runs {machine.version}.")
    if not machines:
        yield ReportLine(
            "machines", Level.WARNING, "No process has run here yet.",
            "Start manage.py up, or the services.",
        )  # fmt: skip


def _disk(machine: Machine, at: datetime) -> Iterator[ReportLine]:
    if machine.free_bytes is None or is_silent(machine, at):
        return
    fact = f"{machine} has {machine.free_bytes / 1e6:,.0f} MB free."
    if machine.free_bytes < LEAST_FREE:
        yield ReportLine("disk", Level.FAULT, fact, "Free some space.")
    else:
        yield ReportLine("disk", Level.OK, fact)
