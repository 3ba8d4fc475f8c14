"""One worker of the sending bench: waits for a line, drains until nothing is due, prints a report.

It calls `tasks.drain` only, as the real worker does.
"""

import json
import sys
import time

import django


def main() -> None:
    django.setup()
    from digest.runner.process import freeze_for_forks

    freeze_for_forks()  # as the worker does before it forks
    from django.utils.timezone import now

    from digest import tasks
    from digest.models import Digest

    print("ready", flush=True)
    sys.stdin.readline()
    while Digest.objects.due(now()).exists():
        tasks.drain()
        time.sleep(0.01)
    print(json.dumps({"hits": _hits()}), flush=True)
    sys.stdin.readline()  # the parent measures it first


def _hits() -> tuple[int, int]:
    """Cards taken from the cache, and cards that had to be rendered."""
    from digest.rendering.caches import card_cache_info

    found = card_cache_info()
    return found.hits, found.misses


if __name__ == "__main__":
    main()
