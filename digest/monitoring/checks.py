"""The health checks of `manage.py doctor`: each yields a sentence for everything that is wrong."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection

from digest.database_errors import database_problems, is_read_only, keeps_dead_rows
from digest.epochs.checking import problems as epoch_problems
from digest.ingest.sources import quiet_reason
from digest.limits.requests import last_untrusted_forwarding
from digest.models import Dump, Source
from digest.runner.private_files import restrict_files
from subscriptions.models import LetterRequest, Suppression, email_key
from subscriptions.suppression_key import (
    can_be_guessed,
    check_key,
    suppression_key,
    survives_rotation,
)

from .diagnosis import OVERDUE_AFTER, no_reply_warning
from .health.folders import low_space, unwritable_folders
from .health.machine_comparison import compare_machines
from .health.outbox_exposure import outbox_warning
from .health.reachability import check_broker
from .health.snapshot import HealthSnapshot, take_snapshot
from .health.wrong_dates import find_wrong_dates
from .heartbeats import format_duration

State = Dump.State
_UNREAD_AFTER = timedelta(minutes=10)
_RECENT = timedelta(days=7)
# Over a week-end and a holiday there may well be no listing.
_OLD_LISTING_DAYS = 4
_PROXY_FORGOTTEN_AFTER = timedelta(days=1)
_FETCH_OVERDUE_AFTER = timedelta(minutes=15)


def run_checks(at: datetime) -> dict[str, list[str]]:
    """Run every check as of `at`.

    Returns the sentences by the name of the check, an empty list where all is well. Checks that
    read tables are skipped, with an empty list, while the database cannot be used.
    """
    found = {
        "database": list(check_database()),
        "broker": list(check_broker()),
        "disk": list(check_disk()),
        "proxy": list(check_proxy(at)),
        "outbox": list(check_outbox()),
    }
    usable = not found["database"]
    by_time: dict[str, Callable[[datetime], Iterator[str]]] = {
        "autovacuum": check_autovacuum,
        "keys": check_keys,
        "epoch": check_epoch,
        "dumps": check_dumps,
        "listing": check_newest_listing,
        "sources": check_sources,
        "mails": check_mails,
        "requests": check_requests,
        "machines": compare_machines,
    }
    for name, check in by_time.items():
        found[name] = list(check(at)) if usable else []
    by_snapshot: dict[str, Callable[[HealthSnapshot], Iterator[str]]] = {
        "processes": check_processes,
        "queue": check_queue,
        "outcomes": check_outcomes,
        "clock": check_clock,
    }
    health = take_snapshot(at) if usable else None
    for name, test in by_snapshot.items():
        found[name] = list(test(health)) if health else []
    return found


def check_database() -> Iterator[str]:
    """Whether the database answers, is migrated and can be written."""
    found = list(database_problems())
    yield from found
    if not found and is_read_only(connection):
        yield (
            "The database is read-only (a standby, or default_transaction_read_only is on), so "
            "nothing is sent: check DATABASE_URL."
        )


def check_autovacuum(at: datetime) -> Iterator[str]:
    """Whether PostgreSQL removes its dead rows."""
    if keeps_dead_rows(connection):
        yield (
            "PostgreSQL's autovacuum is off, so tables grow with every mail and sending slows "
            "down: set autovacuum and track_counts to on."
        )


def check_disk() -> Iterator[str]:
    """Free space, and folders that cannot be written or that other users can read."""
    yield from low_space()
    yield from unwritable_folders()
    yield from restrict_files(settings.DATA_DIR)


def check_proxy(at: datetime) -> Iterator[str]:
    """Whether a proxy forwards requests without being trusted."""
    last = last_untrusted_forwarding()
    if not settings.TRUSTED_PROXIES and last and at - last < _PROXY_FORGOTTEN_AFTER:
        yield (
            "A proxy on a private address forwards requests (X-Forwarded-For) but is not "
            "trusted, so clients cannot be told apart and their limits are off: set "
            "TRUSTED_PROXIES to the proxy's address."
        )


def check_outbox() -> Iterator[str]:
    """Whether a site that others reach sends no mail."""
    yield from filter(None, [outbox_warning()])


def check_keys(at: datetime) -> Iterator[str]:
    """Whether the suppression key is the database's, strong, and kept."""
    if wrong := check_key():
        yield wrong
        return
    if can_be_guessed(suppression_key().secret):
        yield (
            "The suppression key can be guessed, so anybody could forge links that unsubscribe "
            "people. Set a random SUPPRESSION_KEY on every machine and run `manage.py "
            "suppression_key --adopt`. A new key ends the unsubscribe links already sent, and "
            "lifts suppressions."
        )
    if not survives_rotation():
        yield (
            "The suppression key is SECRET_KEY and is stored nowhere else. Before you change "
            "SECRET_KEY, set SUPPRESSION_KEY to what `manage.py suppression_key --show` prints."
        )


def check_epoch(at: datetime) -> Iterator[str]:
    """Whether the database was restored, and nobody has said how to resume."""
    yield from epoch_problems()


def check_dumps(at: datetime) -> Iterator[str]:
    """Dumps that are missing, unread, waiting for an operator or quarantined."""
    missing = Dump.objects.missing().order_by("missing_since")
    unread = Dump.objects.unfinished().filter(
        received_at__lt=at - _UNREAD_AFTER, missing_since__isnull=True
    )
    refused = Dump.objects.filter(state=State.QUARANTINED, received_at__gt=at - _RECENT)
    if first := missing.first():
        yield f"{missing.count()} dumps cannot be read. The first is “{first.name}”: {first.error}"
    if count := unread.count():
        yield (
            f"{count} dumps received over ten minutes ago have not been read: is a worker running?"
        )
    if count := Dump.objects.filter(state=State.WAITING).count():
        yield (
            f"{count} dumps are waiting for an operator to choose “new” or “backfill” (admin, "
            "Dumps)."
        )
    if count := refused.count():
        newest = refused.order_by("-received_at").first()
        yield (
            f"{count} dumps were rejected in the last seven days (admin, Dumps). The latest is "
            + (f"“{newest}”: {newest.error}" if newest else "")
        )


def check_newest_listing(at: datetime) -> Iterator[str]:
    """Whether the newest listing is over four days old, or there is none."""
    day = Dump.objects.newest_day()
    if day is None:
        if not Dump.objects.filter(state=State.PARSED, papers__gt=0).exists():
            yield "No papers have been read yet: ingest a listing, or switch a source on."
        return
    age = (at.astimezone(UTC).date() - day).days
    if age > _OLD_LISTING_DAYS:
        yield f"The newest listing is {age} days old ({day})."


def check_sources(at: datetime) -> Iterator[str]:
    """Sources that fail, are quiet, or are not fetched in time."""
    today = at.astimezone(UTC).date()
    for source in Source.objects.filter(enabled=True):
        if source.trouble:
            yield f"{source}: {source.trouble}"
        if silence := quiet_reason(source, today):
            yield f"{source}: {silence}"
    if count := Source.objects.due(at - _FETCH_OVERDUE_AFTER).count():
        yield (
            f"{count} sources should have been fetched by now: are a worker and a scheduler "
            "running?"
        )


def check_mails(at: datetime) -> Iterator[str]:
    """Mails without an answer, and operators whom no alarm reaches."""
    if sentence := no_reply_warning(at):
        yield sentence if settings.OPERATORS else f"{sentence} Set OPERATOR_EMAIL to get an e-mail."
    if check_key():
        return
    for operator in settings.OPERATORS:
        if Suppression.objects.for_mailbox(email_key(operator), operator).exists():
            yield (
                f"Alarms do not reach {operator} (OPERATOR_EMAIL), because the address is "
                "suppressed: lift that in the admin (Suppressions), or set another address."
            )


def check_requests(at: datetime) -> Iterator[str]:
    """Requests of visitors that no worker handles."""
    if count := LetterRequest.objects.filter(asked_at__lt=at - _UNREAD_AFTER).count():
        yield (
            f"{count} sign-ups and requests for a link have waited over ten minutes: is a worker "
            "running?"
        )


def check_processes(health: HealthSnapshot) -> Iterator[str]:
    """Kinds of process whose heartbeat is missing."""
    for missing in health.missing_heartbeats:
        yield missing.sentence(health.at)


def check_queue(health: HealthSnapshot) -> Iterator[str]:
    """Mails that are overdue, and people who are overdue for planning."""
    if health.due_since and health.at - health.due_since > OVERDUE_AFTER:
        waited = format_duration(health.at - health.due_since)
        yield f"{health.due} e-mails are overdue, the first by {waited}: see why_nothing."
    if health.unplanned_since and health.at - health.unplanned_since > OVERDUE_AFTER:
        waited = format_duration(health.at - health.unplanned_since)
        yield f"Digests have been due for {waited} but are not planned: see why_nothing."


def check_outcomes(health: HealthSnapshot) -> Iterator[str]:
    """Too many mails refused or put off, too many people suspended."""
    found = health.outcomes
    sentences = (found.put_off_warning, found.refused_warning, found.suspended_warning)
    yield from filter(None, sentences)


def check_clock(health: HealthSnapshot) -> Iterator[str]:
    """Whether the clock is wrong, or was when dates were planned."""
    yield from filter(None, (health.clock.sentence, find_wrong_dates(health.at).sentence))
