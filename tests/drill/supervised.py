"""`python -m tests.drill.supervised`: worker and scheduler under the program's own supervisor."""

import os
import sys

from digest.runner.process import die_with_parent
from digest.runner.service import Service
from digest.runner.supervisor import Supervisor
from tests.support.site import ROOT

_CELERY = (sys.executable, "-m", "celery", "-A", "tests.drill.celery_app")


def main() -> None:
    die_with_parent(os.getppid())
    schedule = os.path.join(os.environ["DATA_DIR"], "beat")  # noqa: PTH118
    worker = Service("worker", (*_CELERY, "worker", "--concurrency=2"), grace=15)
    beat = Service("beat", (*_CELERY, "beat", "-s", schedule))
    with Supervisor(ROOT, os.environ, lambda line: print(line, flush=True)) as supervisor:
        supervisor.start(worker, beat)
        supervisor.run()


if __name__ == "__main__":
    main()
