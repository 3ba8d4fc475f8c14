"""`python -m digest.simulation PLAN`: a simulation in the environment it is started in; prints the
result of each day as a line of JSON. `manage.py simulate` makes the environment."""

import logging
import os
import sys

import django
from django.core.management import call_command

from .mail_sink import sink
from .plan import Plan
from .worker_processes import WorkerProcesses


def main() -> None:
    plan = Plan.from_json(sys.argv[1])
    with sink() as taking:
        os.environ["EMAIL_URL"] = f"smtp://127.0.0.1:{taking.port}"
        django.setup()
        logging.getLogger("digest").setLevel(logging.WARNING)
        from .days import SimulatedDays

        call_command("migrate", verbosity=0)
        with WorkerProcesses(plan.workers) as workers:
            days = SimulatedDays(plan, workers, taking)
            days.subscribe()
            for result in days.run():
                print(result.as_json(), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
