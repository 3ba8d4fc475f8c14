"""`python -m tests.chaos`: simulations on SQLite and PostgreSQL, and their tables."""

import argparse
import random
import sys

from . import DATABASES, simulate
from .broker import wake_ups
from .table import table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="workers to kill (1000)")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--seed", type=int, help="repeats the sequence of interruptions and faults")
    asked = parser.parse_args()
    seed = random.randrange(2**32) if asked.seed is None else asked.seed
    results = {
        name: simulate(name, asked.kills, seed=seed)
        for name in (DATABASES if asked.database == "both" else (asked.database,))
    }
    print(table(results, seed))
    celery = wake_ups()
    print(f"\nCelery, {celery['rounds']} brokers flushed and killed, two schedulers: ", end="")
    print("; ".join(celery["wrong"]) or f"{celery['accepted']} mails, one each.")
    return int(any(result["wrong"] for result in (*results.values(), celery)))


if __name__ == "__main__":
    sys.exit(main())
