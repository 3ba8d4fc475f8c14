"""`python -m tests.hosts`: the speed of one host, two and four, and what becomes of cut links."""

import argparse
import signal
import sys

from .machines import machines
from .rounds import Cut, Speed, at_work, cores, cuts, speed

WANTED = 1.8  # times the speed of one host, of two, where each has cores of its own
CORES_A_HOST = 2  # its worker's, and its share of the database and the relay
# Times the processor time that one host takes for a mail; busy cores slow each other down.
MOST_PER_MAIL = 1.5


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hosts", description=__doc__)
    parser.add_argument("--people", type=int, default=4000, help="mails of a day (4000)")
    parser.add_argument("--outage", type=float, default=15.0, help="seconds of a cut link (15)")
    parser.add_argument("--quick", action="store_true", help="two hosts, of which one is cut off")
    asked = parser.parse_args()
    # So that what was started and added goes with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with machines(2 if asked.quick else 4, asked.people) as found:
            good = asked.quick or _speeds([speed(found, hosts) for hosts in (1, 2, 4)])
            with at_work(found):
                for each in cuts(found, asked.outage, quick=asked.quick):
                    print(line_of(each), flush=True)
                    good &= each.passed
    except LookupError as why:
        print(f"skipped: {why}")
        return 0
    print("None was lost, none came twice." if good else "NOT as it must be.")
    return int(not good)


def _speeds(found: list[Speed]) -> bool:
    one = found[0]
    for each in found:
        parts = ", ".join(
            f"{name} {seconds / each.mails * 1e3:.2f}" for name, seconds in each.processor.items()
        )
        print(
            f"hosts {each.hosts}: {each.rate:6.0f} mails a second, {each.rate / one.rate:.2f} times"
            f" one host; processor, ms a mail: {parts}",
            flush=True,
        )
    return judged(found)


def judged(found: list[Speed]) -> bool:
    """Print whether two hosts are fast enough; where cores are too few to tell, whether a mail
    costs more with more hosts."""
    one, two = found[0], found[1]
    if cores() >= 2 * CORES_A_HOST:
        good = two.rate >= WANTED * one.rate
        print(f"two hosts: {'ok' if good else 'MISSED'} (must be ≥ {WANTED} times one)")
        return good
    most = max(each.per_mail for each in found) / one.per_mail
    good = most <= MOST_PER_MAIL
    print(
        f"{cores()} cores are too few for a speed-up: processor time of a mail at most {most:.2f} "
        f"times that of one host: {'ok' if good else 'MISSED'} (must be ≤ {MOST_PER_MAIL})"
    )
    return good


def line_of(each: Cut) -> str:
    odd = {state: number for state, number in each.states.items() if state != "sent"}
    recovered = "recovered alone" if each.recovered else "NOT recovered"
    return (
        f"{each.name:32} {recovered}; lost {each.lost}, twice {each.doubled}, "
        f"{each.seconds:.0f} s {odd or ''}".rstrip()
    )


if __name__ == "__main__":
    sys.exit(main())
