"""manage.py doctor: what is wrong, in sentences."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import DatabaseError, connection
from django.utils import timezone

from digest.database_errors import is_read_only
from digest.ingest.sources import quiet_reason
from digest.limits.requests import last_untrusted_forwarding
from digest.management.base_command import DatabaseCommand, trouble
from digest.models import Dump, Source
from digest.monitoring import watchdog
from digest.monitoring.alarms.database_alarm import alarm_without_database
from digest.monitoring.diagnosis import OVERDUE_AFTER, no_reply_warning
from digest.monitoring.health import folders
from digest.monitoring.health.reachability import check_broker
from digest.monitoring.health.snapshot import HealthSnapshot, take_snapshot
from digest.monitoring.health.wrong_dates import find_wrong_dates
from digest.monitoring.heartbeats import format_duration
from digest.operators import outbox_access
from digest.runner.private_files import restrict_files
from subscriptions.models import LetterRequest, Suppression, email_key
from subscriptions.suppression_key import (
    can_be_guessed,
    check_key,
    suppression_key,
    survives_rotation,
)

State = Dump.State
_UNREAD_AFTER = timedelta(minutes=10)
_RECENT = timedelta(days=7)
# Over a week-end and a holiday there may well be no listing.
_OLD_LISTING_DAYS = 4
_FORGOTTEN_AFTER = timedelta(days=1)
_OVERDUE = timedelta(minutes=15)


class Command(DatabaseCommand):
    help = (
        "Looks at the database, the broker, the proxy, the outbox, the processes, the clock, the "
        "disk, the dumps, the newest listing, the sources, the queue and how mails ended. Says "
        "what is wrong, a sentence each. The exit code is 1 if anything is. With --mail, for a "
        "timer: what is alarming is mailed to OPERATOR_EMAIL and posted to ALARM_URL, once a day "
        "each kind, without Celery."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument(
            "--mail", action="store_true", help="send the alarms that are due, directly"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        if options["mail"]:
            send_alarms(at)
        found = examine(at)
        wrong = [sentence for sentences in found.values() for sentence in sentences]
        if options["json"]:
            told = {"ok": not wrong, "checks": found}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(wrong) or "All is well.")
        if wrong:
            sys.exit(1)


def send_alarms(at: datetime) -> None:
    """Raise and send what is alarming, with or without the database."""
    try:
        watchdog.watch(at)
    except DatabaseError as wrong:
        alarm_without_database(wrong)


def examine(at: datetime) -> dict[str, list[str]]:
    """What is wrong at that time, by what was looked at: sentences, none where all is well."""
    found = {"database": list(database()), "broker": list(check_broker()), "disk": list(disk())}
    found["proxy"] = list(proxy(at))
    found["outbox"] = list(outbox())
    usable = not found["database"]
    rows: dict[str, Callable[[datetime], Iterator[str]]]
    rows = {
        "keys": keys,
        "dumps": dumps,
        "listing": newest_listing,
        "sources": sources,
        "mails": mails,
        "requests": requests,
    }
    for name, check in rows.items():
        found[name] = list(check(at)) if usable else []
    health = take_snapshot(at) if usable else None
    found["processes"] = [each.sentence(at) for each in health.missing_heartbeats] if health else []
    found["queue"] = list(queue(health)) if health else []
    found["outcomes"] = list(outcomes(health)) if health else []
    found["clock"] = list(clock(health)) if health else []
    return found


def database() -> Iterator[str]:
    found = list(trouble())
    yield from found
    if not found and is_read_only(connection):
        yield (
            "The database can only be read (a standby, or default_transaction_read_only is on), so "
            "nothing is sent: check DATABASE_URL."
        )


def disk() -> Iterator[str]:
    yield from folders.low_space()
    yield from folders.unwritable_folders()
    yield from restrict_files(settings.DATA_DIR)


def keys(at: datetime) -> Iterator[str]:
    if wrong := check_key():
        yield wrong
        return
    if can_be_guessed(suppression_key().secret):
        yield (
            "The suppression key can be guessed, and with it links that unsubscribe people can be "
            "forged. A new one ends the links of mails sent so far, and lifts suppressions: set a "
            "random SUPPRESSION_KEY on every machine, and run `manage.py suppression_key --adopt`."
        )
    if not survives_rotation():
        yield (
            "The suppression key is SECRET_KEY, and is kept nowhere else: before you change "
            "SECRET_KEY, set SUPPRESSION_KEY to what `manage.py suppression_key --show` prints."
        )


def proxy(at: datetime) -> Iterator[str]:
    last = last_untrusted_forwarding()
    if not settings.TRUSTED_PROXIES and last and at - last < _FORGOTTEN_AFTER:
        yield (
            "A proxy on a private address forwards requests (X-Forwarded-For) and is not trusted, "
            "so clients are not told apart and their limits are off: set TRUSTED_PROXIES to the "
            "proxy's address."
        )


def outbox() -> Iterator[str]:
    yield from filter(None, [outbox_access.warning()])


def queue(health: HealthSnapshot) -> Iterator[str]:
    if health.due_since and health.at - health.due_since > OVERDUE_AFTER:
        waited = format_duration(health.at - health.due_since)
        yield f"{health.due} mails are due and not sent, the first for {waited}: see why_nothing."
    if health.unplanned_since and health.at - health.unplanned_since > OVERDUE_AFTER:
        waited = format_duration(health.at - health.unplanned_since)
        yield f"People have been due for {waited} and are not planned: see why_nothing."


def outcomes(health: HealthSnapshot) -> Iterator[str]:
    found = health.outcomes
    sentences = (found.put_off_warning, found.refused_warning, found.suspended_warning)
    yield from filter(None, sentences)


def clock(health: HealthSnapshot) -> Iterator[str]:
    yield from filter(None, (health.clock.sentence, find_wrong_dates(health.at).sentence))


def dumps(at: datetime) -> Iterator[str]:
    missing = Dump.objects.missing().order_by("missing_since")
    unread = Dump.objects.unfinished().filter(
        received_at__lt=at - _UNREAD_AFTER, missing_since__isnull=True
    )
    refused = Dump.objects.filter(state=State.QUARANTINED, received_at__gt=at - _RECENT)
    if first := missing.first():
        yield f"{missing.count()} dumps cannot be read; the first: “{first.name}”: {first.error}"
    if count := unread.count():
        yield f"{count} dumps were received over ten minutes ago and not read: does a worker run?"
    if count := Dump.objects.filter(state=State.WAITING).count():
        yield f"{count} dumps wait for an operator's “new” or “backfill” (admin, Dumps)."
    if count := refused.count():
        newest = refused.order_by("-received_at").first()
        yield f"{count} dumps of the last seven days were not taken (admin, Dumps); the last: " + (
            f"“{newest}”: {newest.error}" if newest else ""
        )


def requests(at: datetime) -> Iterator[str]:
    if count := LetterRequest.objects.filter(asked_at__lt=at - _UNREAD_AFTER).count():
        yield f"{count} sign-ups and asked-for links have waited ten minutes: does a worker run?"


def newest_listing(at: datetime) -> Iterator[str]:
    day = Dump.objects.newest_day()
    if day is None:
        if not Dump.objects.filter(state=State.PARSED, papers__gt=0).exists():
            yield "No listing of papers has been read yet: ingest one, or switch a source on."
        return
    age = (at.astimezone(UTC).date() - day).days
    if age > _OLD_LISTING_DAYS:
        yield f"The newest listing is {age} days old ({day})."


def sources(at: datetime) -> Iterator[str]:
    today = at.astimezone(UTC).date()
    for source in Source.objects.filter(enabled=True):
        if source.trouble:
            yield f"{source}: {source.trouble}"
        if silence := quiet_reason(source, today):
            yield f"{source}: {silence}"
    if count := Source.objects.due(at - _OVERDUE).count():
        yield f"{count} sources should have been fetched by now: do a worker and a scheduler run?"


def mails(at: datetime) -> Iterator[str]:
    if sentence := no_reply_warning(at):
        yield f"{sentence}{'' if settings.OPERATORS else ' OPERATOR_EMAIL would be told by mail.'}"
    if check_key():
        return
    for operator in settings.OPERATORS:
        if Suppression.objects.for_mailbox(email_key(operator), operator).exists():
            yield (
                f"No alarm reaches {operator} (OPERATOR_EMAIL), which is suppressed: lift that in "
                "the admin (Suppressions), or name another address."
            )
