"""manage.py doctor: what is wrong, in sentences."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone

from digest.delivery.reach import broker
from digest.delivery.standing import alarm
from digest.ingest.fetch import quiet
from digest.management.own import OwnCommand, trouble
from digest.models import Dump, Source
from subscriptions.models import Suppression, email_key

State = Dump.State
_UNREAD_AFTER = timedelta(minutes=10)
_RECENT = timedelta(days=7)
# Over a week-end and a holiday there may well be no listing.
_OLD_LISTING_DAYS = 4
_OVERDUE = timedelta(minutes=15)
_LEAST_FREE = 500_000_000


class Command(OwnCommand):
    help = (
        "Looks at the database, the broker, the dumps, the disk, the newest listing, the sources "
        "and how mails ended. Says what is wrong, a sentence each. The exit code is 1 if anything "
        "is."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        found = examine(timezone.now())
        wrong = [sentence for sentences in found.values() for sentence in sentences]
        if options["json"]:
            told = {"ok": not wrong, "checks": found}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(wrong) or "All is well.")
        if wrong:
            sys.exit(1)


def examine(at: datetime) -> dict[str, list[str]]:
    """What is wrong at that time, by what was looked at: sentences, none where all is well."""
    found = {"database": list(trouble()), "broker": list(broker()), "disk": list(disk())}
    rows: dict[str, Callable[[datetime], Iterator[str]]]
    rows = {"dumps": dumps, "listing": newest_listing, "sources": sources, "mails": mails}
    for name, check in rows.items():
        found[name] = [] if found["database"] else list(check(at))
    return found


def disk() -> Iterator[str]:
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < _LEAST_FREE:
        yield f"Only {free / 1e6:,.0f} MB are free in {settings.DATA_DIR}: make room."


def dumps(at: datetime) -> Iterator[str]:
    unread = Dump.objects.unfinished().filter(received_at__lt=at - _UNREAD_AFTER)
    refused = Dump.objects.filter(state=State.QUARANTINED, received_at__gt=at - _RECENT)
    if count := unread.count():
        yield f"{count} dumps were received over ten minutes ago and not read: does a worker run?"
    if count := Dump.objects.filter(state=State.WAITING).count():
        yield f"{count} dumps wait for an operator's “new” or “backfill” (admin, Dumps)."
    if count := refused.count():
        newest = refused.order_by("-received_at").first()
        yield f"{count} dumps of the last seven days were not taken (admin, Dumps); the last: " + (
            f"“{newest}”: {newest.error}" if newest else ""
        )


def newest_listing(at: datetime) -> Iterator[str]:
    newest = Dump.objects.newest_listing()
    if newest is None:
        yield "No listing of papers has been read yet: ingest one, or switch a source on."
        return
    day: date = newest.listed_on or newest.received_at.astimezone(UTC).date()
    age = (at.astimezone(UTC).date() - day).days
    if age > _OLD_LISTING_DAYS:
        yield f"The newest listing is {age} days old ({day})."


def sources(at: datetime) -> Iterator[str]:
    today = at.astimezone(UTC).date()
    for source in Source.objects.filter(enabled=True):
        if source.trouble:
            yield f"{source}: {source.trouble}"
        if silence := quiet(source, today):
            yield f"{source}: {silence}"
    if count := Source.objects.due(at - _OVERDUE).count():
        yield f"{count} sources should have been fetched by now: do a worker and a scheduler run?"


def mails(at: datetime) -> Iterator[str]:
    if sentence := alarm(at):
        yield f"{sentence}{'' if settings.OPERATORS else ' OPERATOR_EMAIL would be told by mail.'}"
    for operator in settings.OPERATORS:
        if Suppression.objects.of(email_key(operator)).exists():
            yield (
                f"No alarm reaches {operator} (OPERATOR_EMAIL), which is suppressed: lift that in "
                "the admin (Suppressions), or name another address."
            )
