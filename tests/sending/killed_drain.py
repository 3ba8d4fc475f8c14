"""`python -m tests.sending.killed_drain POINT PASSAGE`: a drain that is killed at that passage
of a point of tests/chaos/points.py."""

import os
import signal
import sys

import django


def main(point: str, passage: int) -> None:
    from digest import tasks
    from tests.chaos import points

    left = [passage]

    def passed(at: str) -> None:
        left[0] -= at == point
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    points.install_hooks(passed)
    tasks.drain()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "digest.settings")
    django.setup()
    main(sys.argv[1], int(sys.argv[2]))
