"""Show operators which keywords people have, and how many papers these hit."""

import json

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from digest.management.base_command import DatabaseCommand
from digest.monitoring.demand import DemandReport, KeywordDemand, demand_report


class Command(DatabaseCommand):
    help = (
        "For every active keyword, show how many people have it and how many recent papers it "
        "matched, the most popular first, and which matched none. Shows no addresses."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", metavar="N", type=int, default=30, help="days to look back (default 30)"
        )
        parser.add_argument(
            "--limit",
            metavar="N",
            type=int,
            default=20,
            help="keywords to show of each kind (default 20)",
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON object per keyword, all of them"
        )

    def handle(self, *, days: int, limit: int, json: bool, **options: object) -> None:
        if days < 1:
            raise CommandError("--days counts back from today. Use 1 or more.")
        found = demand_report(days, timezone.now().date())
        lines = map(as_json, found.keywords) if json else as_text(found, days, max(limit, 0))
        for line in lines:
            self.stdout.write(line)


def as_json(each: KeywordDemand) -> str:
    keyword = {"keyword": each.keyword.text, "meaning": each.keyword.meaning()}
    counts = {"people": each.people, "papers": each.papers}
    return json.dumps(keyword | counts, ensure_ascii=False)


def as_text(found: DemandReport, days: int, limit: int) -> list[str]:
    hit = [each for each in found.keywords if each.papers]
    none = [each for each in found.keywords if not each.papers]
    lines = [
        f"{len(found.keywords):,} different keywords are active; {len(hit):,} of them match any "
        "of the "
        f"{found.papers:,} papers of the last {days} days.",
        f"People who get trending papers: {found.trending:,}.",
    ]
    for title, some in (("Most popular:", hit), ("No matches:", none)):
        if some[:limit]:
            lines += ["", title, *map(_line, some[:limit])]
    if found.unusable:
        shown = ", ".join(f"“{text}”" for text in found.unusable[:limit])
        lines += ["", f"{len(found.unusable):,} can no longer be read: {shown}"]
    return lines


def _line(each: KeywordDemand) -> str:
    return f"  {each.people:7,} people {each.papers:7,} papers  {each.keyword.text}"
