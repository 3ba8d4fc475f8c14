"""The machines of the service, and what runs on them."""

from dataclasses import dataclass
from datetime import datetime

from digest.models import Machine
from digest.monitoring.health.machine_comparison import is_silent
from digest.monitoring.heartbeats import MISSING_AFTER

SHOWN = 50


@dataclass(frozen=True, slots=True)
class MachineState:
    """A machine; `runs`: kinds of process that were seen lately. `clock_offset`: seconds ahead of
    the database's clock, None if there is no other clock. `is_silent`: without a recent tick."""

    name: str
    version: str
    runs: list[str]
    last_tick: datetime
    clock_offset: float | None
    free_bytes: int | None
    is_silent: bool


def machine_states(at: datetime) -> list[MachineState]:
    """Return the machines by name, SHOWN at most."""
    return [
        MachineState(
            name=str(machine),
            version=machine.version,
            runs=machine.roles(at - MISSING_AFTER),
            last_tick=machine.seen_at,
            clock_offset=machine.clock_offset,
            free_bytes=machine.free_bytes,
            is_silent=is_silent(machine, at),
        )
        for machine in Machine.objects.all()[:SHOWN]
    ]
