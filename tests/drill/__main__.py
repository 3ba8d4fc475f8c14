"""`python -m tests.drill`: every failure, and the table of what came of it."""

import argparse
import signal
import sys
from collections.abc import Iterable

from .failures import failures
from .trial_service import Row


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drill", description=__doc__)
    parser.add_argument("name", nargs="*", help=f"of {', '.join(failures(quick=True))}; all")
    parser.add_argument("--quick", action="store_true", help="fewer people, shorter outages")
    asked = parser.parse_args()
    # So that what was started and mounted goes with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rows = []
    titles = ("recovered alone", "lost", "doubled", "seconds", "seen by doctor")
    print(_line("", titles), flush=True)
    for name, run in failures(quick=asked.quick).items():
        if asked.name and name not in asked.name:
            continue
        try:
            rows.append(row := run())
        except LookupError as why:
            print(_line(name, (f"skipped: {why}",)), flush=True)
        else:
            print(line_of(row), flush=True)
    print("Every failure was survived." if all(row.passed for row in rows) else "NOT every one.")
    return int(not all(row.passed for row in rows))


def line_of(row: Row) -> str:
    seen = "nothing to see" if row.seen is None else row.seen or "NO"
    recovered = "yes" if row.recovered else "NO"
    odd = {state: n for state, n in row.states.items() if state != "sent"}
    more = f" {odd}" if odd else ""
    values = (recovered, row.lost, row.doubled, f"{row.seconds:.0f}", f"{seen[:90]}{more}")
    return _line(row.name, values)


def _line(title: str, values: Iterable[object]) -> str:
    *short, last = values
    return f"{title:34}" + "".join(f"{value!s:>17}" for value in short) + f"  {last}"


if __name__ == "__main__":
    sys.exit(main())
