"""manage.py papers: list the known papers, a line each."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser
from django.db.models import F

from digest.management.base_command import DatabaseCommand
from digest.models import Paper

_HELP = """\
List the papers, one per line: those without a listing number (backfill) first, then by number.
With --json, each line is an object with all fields of a paper; dates are ISO 8601.
"""


class Command(DatabaseCommand):
    help = _HELP

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since", type=int, metavar="SEQ", help="only papers numbered higher than this"
        )
        parser.add_argument("--json", action="store_true", help="every field, as JSON")

    def handle(self, *args: object, **options: Any) -> None:
        for paper in _papers(options["since"]):
            if options["json"]:
                self.stdout.write(json.dumps(paper, default=str, ensure_ascii=False))
            else:
                self.stdout.write(_as_text(paper))


def _papers(since: int | None) -> Iterator[dict[str, object]]:
    papers = Paper.objects.listed()
    papers = papers if since is None else papers.filter(seq__gt=since)
    names = [field.attname for field in Paper._meta.concrete_fields]
    yield from papers.order_by(F("seq").asc(nulls_first=True), "pk").values(*names).iterator()


def _as_text(paper: dict[str, object]) -> str:
    number = "-" if paper["seq"] is None else paper["seq"]
    return f"{number:>7}  {paper['title']}"
