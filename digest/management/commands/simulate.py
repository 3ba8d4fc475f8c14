"""manage.py simulate: days of the service on invented people, in a database of their own."""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from digest.management.base_command import DatabaseCommand
from digest.simulation.display import svg_plot, tables
from digest.simulation.own_database import CannotUse
from digest.simulation.own_process import Failed, simulation
from digest.simulation.plan import DayResult, Plan

MOST_DAYS = 366
_HELP = """\
Try whole days of the service on invented subscribers and papers.

Ingesting, planning, matching, sending and the workers are the real ones. People, papers and the
clock are invented, and the mail server, which the command starts, takes every e-mail and delivers
none. The site's own database and data folder are not touched: a database is made for the
simulation and deleted at its end.
"""
_EPILOG = """\
examples:
  manage.py simulate --subscribers 10000 --papers 200 --days 3
  manage.py simulate --subscribers 1000000 --papers 1000 \\
      --database postgres://user:password@localhost/simulation --plot simulation.svg

The table has a line for each day. Ingest, plan, match and send are the seconds of all processes
added up; "day" is how long the day took from its first paper to its last e-mail.
The exit code is 1 if a digest did not end, or if the mail server counted other e-mails than the
database.
"""


class Command(DatabaseCommand):
    help = _HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: object) -> CommandParser:
        kwargs |= {"epilog": _EPILOG, "formatter_class": argparse.RawDescriptionHelpFormatter}
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        number = _between(1, 100_000_000)
        parser.add_argument("--subscribers", type=number, default=10_000, help="people (10,000)")
        keywords = _between(1, 100)
        parser.add_argument("--keywords", type=keywords, default=3, help="keywords of each (3)")
        papers = _between(0, 100_000)
        parser.add_argument("--papers", type=papers, default=500, help="papers a day (500)")
        parser.add_argument("--days", type=_between(1, MOST_DAYS), default=1, help="days (1)")
        parser.add_argument(
            "--seed", type=int, default=1, help="the same number gives the same people and papers"
        )
        workers = _between(1, 64)
        parser.add_argument(
            "--workers", type=workers, default=os.cpu_count() or 1, help="processes (one a core)"
        )
        parser.add_argument(
            "--database",
            default="",
            metavar="URL",
            help="a database that does not exist yet, or is empty, like "
            "postgres://user:password@host/name; without it SQLite in a temporary folder",
        )
        parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="write the plot here too")

    def handle(
        self,
        *args: object,
        subscribers: int,
        keywords: int,
        papers: int,
        days: int,
        seed: int,
        workers: int,
        database: str,
        plot: Path | None,
        **options: object,
    ) -> None:
        plan = Plan(subscribers, keywords, papers, days, seed, workers)
        if plot and not plot.absolute().parent.is_dir():
            raise CommandError(f"There is no folder {plot.absolute().parent} for the plot.")
        site = settings.DATABASES["default"]
        try:
            with simulation(plan, database, settings.BASE_DIR, site) as results:
                found = self._print_table(results)
        except (CannotUse, Failed) as why:
            raise CommandError(str(why)) from None
        self._print_end(plan, found, plot)

    def _print_table(self, results: Iterator[DayResult]) -> list[DayResult]:
        """Print each day as it ends; return all."""
        found: list[DayResult] = []
        widths: list[int] = []
        for result in results:
            if not found:
                widths = [width + 1 for width in tables.widths(result)]
                self.stdout.write(tables.head(widths))
            self.stdout.write(tables.row(result, widths))
            self.stdout.flush()
            found.append(result)
        return found

    def _print_end(self, plan: Plan, days: list[DayResult], file: Path | None) -> None:
        self.stdout.write("\n".join(["", *tables.processor_lines(days), "", tables.plot(days)]))
        if file:
            title = f"{plan.subscribers:,} subscribers, {plan.papers:,} papers a day"
            file.write_text(svg_plot.svg(title, days), encoding="utf-8")
        if problems := [day.problem for day in days if day.problem]:
            raise CommandError("\n".join(problems))


def _between(least: int, most: int) -> "_Number":
    return _Number(least, most)


class _Number:
    """A whole number within limits, for argparse."""

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most

    def __call__(self, text: str) -> int:
        cleaned = text.replace(",", "").replace("_", "")
        if not cleaned.isdecimal() or not self._least <= int(cleaned) <= self._most:
            raise argparse.ArgumentTypeError(
                f"“{text}” is not a number between {self._least} and {self._most:,}"
            )
        return int(cleaned)
