"""manage.py fetch: fetch sources now, without Celery."""

import json
import sys
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from digest.ingest.sources import FetchResult, fetch_due
from digest.management.base_command import DatabaseCommand
from digest.models import Source

from .sources import get_source


class Command(DatabaseCommand):
    help = (
        "Fetch the sources that are due, or the named ones whether due or not: once what the "
        "worker does every minute. The exit code is 1 if one could not be fetched."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "names", nargs="*", metavar="NAME", help="name of a source that is switched on"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object per source")

    def handle(self, *args: object, names: list[str], **options: Any) -> None:
        wanted = [get_source(name) for name in names]
        among = Source.objects.filter(pk__in=[each.pk for each in wanted], enabled=True)
        among.update(next_run_at=timezone.now())
        fetched = fetch_due(timezone.now, among=among if names else None)
        self.log_act_on_many("Fetched.", [each.source for each in fetched])
        for each in fetched:
            self.stdout.write(_as_json(each) if options["json"] else _as_text(each))
        taken = {each.source.pk for each in fetched}
        waiting = [source for source in wanted if source.pk not in taken]
        for source in waiting:
            self.stderr.write(f"{source} was not fetched: {_why(source)}")
        if not (fetched or names):
            self.stderr.write("No source is due.")
        if waiting or any(each.error for each in fetched):
            sys.exit(1)


def _why(source: Source) -> str:
    if source.kind == Source.Kind.PUSH:
        return "its dumps are pushed by others."
    if not source.enabled:
        return "it is switched off (manage.py sources --enable NAME)."
    return "another process is fetching it, or time ran out: the worker will try again."


def _as_json(fetched: FetchResult) -> str:
    dumps = [
        {"id": dump.pk, "name": dump.name, "state": dump.state, "papers": dump.papers}
        for dump in fetched.dumps
    ]
    values = {"source": fetched.source.name, "dumps": dumps, "error": fetched.error}
    return json.dumps(values | {"goes_on": fetched.more}, ensure_ascii=False)


def _as_text(fetched: FetchResult) -> str:
    lines = [
        f"{dump.name}: {dump.new} new, {dump.updated} updated, {dump.unchanged} unchanged"
        for dump in fetched.dumps
    ]
    lines += [fetched.error] if fetched.error else []
    lines += ["continues at the next run"] if fetched.more else []
    return f"{fetched.source}: " + ("; ".join(lines) or "nothing new")
