"""`python -m digest.simulation.draining`: one worker, a process of its own.

For each instant that it reads, a line each, it drains what is due then and prints a report.
"""

import json
import logging
import sys
import time
from dataclasses import asdict, dataclass
from datetime import datetime

import django

EMPTY_HANDED = 40  # drains in a row that end nothing, after which the rest is left
PAUSE = 0.05  # seconds after such a drain: another worker has claimed what was due


@dataclass(frozen=True, slots=True)
class Report:
    """What a worker has done since it started. `stages`: seconds by stage; `peak`: MB."""

    ended: int
    stages: dict[str, float]
    peak: float


def main() -> None:
    django.setup()
    # A line for each batch would bury the table: 10,000 lines for a million people.
    logging.getLogger("digest").setLevel(logging.WARNING)
    from digest.runner.process import freeze_for_forks

    from .plan import add_stages
    from .process_costs import peak_memory

    freeze_for_forks()  # as the service's workers do
    ended, stages = 0, add_stages({})
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        ended += drain_due(datetime.fromisoformat(line.strip()))
        stages = add_stages(stages)
        report = Report(ended, stages, peak_memory())
        print(json.dumps(asdict(report)), flush=True)  # noqa: T201


def drain_due(at: datetime) -> int:
    """Drain as the Celery task does, on a clock that says `at`, until nothing is due then; returns
    how many digests ended."""
    from digest.models import Digest
    from digest.process_facts.stage_times import measure
    from digest.sending.drain import drain, open_transport

    ended, empty_handed = 0, 0
    while empty_handed < EMPTY_HANDED and Digest.objects.due(at).exists():
        transport = open_transport()
        try:
            with measure("drain"):
                done = drain(transport, lambda: at)["digests"].total()
        finally:
            transport.close()
        ended += done
        empty_handed = 0 if done else empty_handed + 1
        if not done:
            time.sleep(PAUSE)
    return ended


if __name__ == "__main__":
    main()
