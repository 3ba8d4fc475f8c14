"""`python -m tests.hosts.host`: a machine's worker and scheduler under the program's supervisor.

Every machine has a scheduler: several do no harm. Times are the drill's.
"""

import os
import sys

from digest.runner.process import die_with_parent
from digest.runner.service import Service
from digest.runner.supervisor import Supervisor
from tests.support.site import ROOT

_CELERY = (sys.executable, "-m", "celery", "-A", "tests.drill.celery_app")


def main() -> None:
    die_with_parent(os.getppid())
    worker = Service("worker", (*_CELERY, "worker", "--concurrency=1"), grace=5)
    beat = Service("beat", (*_CELERY, "beat"), grace=2)
    with Supervisor(ROOT, os.environ, lambda line: print(line, flush=True)) as supervisor:
        supervisor.start(worker, beat)
        supervisor.run()


if __name__ == "__main__":
    main()
