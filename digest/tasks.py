"""Celery tasks, the pipeline's table of contents. Each is a wake-up without arguments: it reads
from the database what there is to do, and may be lost, doubled or late.

    source → dump                fetch
    dump → papers                ingest
    sign-up → letter             take_requests, then drain
    papers → matches → digest    plan, then drain
    digest → mailbox             drain
    expired leases               reap
    bounces → mail events        bounces
    retention                    prune
    deletion by a reader         erase
    papers of before the search  fill_search
    papers that are not counted  fill_counts
    other wordings of keywords   offer_wordings
    ratings, library → profile   fit_profiles
    papers → words of keywords   count_matches
"""

import logging
from collections.abc import Callable
from time import monotonic

from celery import Task, shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

import digest.celery  # noqa: F401 - the app that the shared tasks below belong to
from digest.epochs import checking as epochs
from digest.ingest import pipeline
from digest.ingest.corpus.corpus_counts import count_missing_papers
from digest.ingest.papers.search_documents import add_missing_documents
from digest.ingest.sources import fetch_due, watched_folder
from digest.ingest.withdrawal.withdraw import finish_withdrawals
from digest.mail_events.bounce_mailbox import CannotRead, read_mailbox
from digest.mail_events.reconciliation import reconcile
from digest.models import (
    ClockReference,
    Heartbeat,
    Machine,
    MailEvent,
    OutcomeCount,
    Run,
    minute_now,
)
from digest.monitoring import heartbeats
from digest.monitoring.dashboard import keyword_demand
from digest.monitoring.health import clocks
from digest.monitoring.retention import pruning
from digest.personal_data.erase import finish_erasures
from digest.selection import neighbours
from digest.sending import planning, refusals
from digest.sending.drain import drain as drain_mails
from digest.sending.drain import open_transport
from digest.sending.drain import reap as reap_mails
from subscriptions import request_queue
from subscriptions.keyword_report.wording_offers import check_next_keywords
from subscriptions.profiles.profile_fitting import fit_due
from subscriptions.subscriber_files.importing import continue_imports
from subscriptions.suppression_key import check_key

log = logging.getLogger(__name__)

PRUNE_SECONDS = 45.0
FILL_SECONDS = 45.0
OFFER_SECONDS = 45.0
FIT_SECONDS = 45.0
WITHDRAW_SECONDS = 45.0
IMPORT_SECONDS = 15.0
COUNT_SECONDS = 20.0


@shared_task
def fetch() -> None:
    """Fetch the sources that are due."""
    fetch_due(timezone.now)


@shared_task
def ingest() -> None:
    """Ingest the files of the inbox, and finish dumps and withdrawals that were interrupted."""
    at = timezone.now()
    finish_withdrawals(WITHDRAW_SECONDS)
    watched_folder.ingest_inbox(at)
    pipeline.finish_unfinished(at)


@shared_task
def take_requests() -> None:
    """Turn requests of visitors into letters, then rows of imported files; wake `drain`."""
    if epochs.check():
        return
    if request_queue.process_requests(timezone.now()):
        wake(drain)
    continue_imports(IMPORT_SECONDS)


@shared_task
def plan() -> None:
    """Plan the digests that are due, with another worker if there are very many; wake `drain`."""
    clock = clocks.check_and_trust()
    if clock.is_ahead:
        log.error("%s", clock.sentence)
    elif not epochs.check():
        if planning.needs_second_planner(clock.at):
            wake(plan)
        planning.plan(clock.at)
    wake(drain)


@shared_task
def drain() -> None:
    """Send what is due: letters, then digests."""
    transport = open_transport()
    try:
        drain_mails(transport, clocks.service_clock())
    finally:
        transport.close()


@shared_task
def reap() -> None:
    """Release expired leases, and settle outcomes that became known since."""
    clock = clocks.current_verdict()
    reap_mails(clock.at, expire=not clock.is_ahead)
    reconcile()
    OutcomeCount.objects.prune(minute_now())
    if not clock.is_ahead:
        refusals.confirm_pending(clock.at)
        for rows in (
            MailEvent.objects, Heartbeat.objects, Machine.objects, ClockReference.objects,
        ):  # fmt: skip
            rows.forget(clock.at)


@shared_task
def bounces() -> None:
    """Read the bounce mailbox, if there is one."""
    if settings.BOUNCE_MAILBOX and not check_key():
        try:
            read_mailbox(settings.BOUNCE_MAILBOX, timezone.now)
        except CannotRead as wrong:
            log.error("%s", wrong)
            return
        Run.objects.note("bounces", timezone.now())
        heartbeats.record_heartbeat(Heartbeat.Kind.BOUNCE_READER)


@shared_task
def prune() -> None:
    """Delete what is past its retention period, once a day, for PRUNE_SECONDS at a time, and count
    what keywords bring. Nothing is deleted while the clock is ahead."""
    clock = clocks.current_verdict()
    if clock.is_ahead:
        return
    if pruning.is_due(clock.at):
        pruning.prune(clock.at, PRUNE_SECONDS)
    elif keyword_demand.is_due(clock.at):  # at the next call, to keep each one short
        keyword_demand.count_keywords(clock.at)


@shared_task
def erase() -> None:
    """Remove from all rows the addresses of subscribers who deleted everything."""
    finish_erasures()


@shared_task
def fill_search() -> None:
    """Add papers from before there was a search to it, for FILL_SECONDS at a time."""
    end = monotonic() + FILL_SECONDS
    while add_missing_documents() and monotonic() < end:
        pass


@shared_task
def fill_counts() -> None:
    """Count the words and acronyms of papers that are not counted, for FILL_SECONDS at a time."""
    end = monotonic() + FILL_SECONDS
    while count_missing_papers() and monotonic() < end:
        pass


@shared_task
def offer_wordings() -> None:
    """Look for other wordings to offer with the keywords people have, for OFFER_SECONDS at a
    time."""
    end = monotonic() + OFFER_SECONDS
    while check_next_keywords(timezone.now()) and monotonic() < end:
        pass


@shared_task
def fit_profiles() -> None:
    """Fit the profiles of readers whose ratings or library changed, for FIT_SECONDS at a time."""
    fit_due(timezone.now, FIT_SECONDS)


@shared_task
def count_matches() -> None:
    """Count the words of the papers that keywords matched, for people who asked for related
    papers, for COUNT_SECONDS at a time."""
    neighbours.count_matches(COUNT_SECONDS)


def wake(task: Task) -> None:
    """Send the task after the current transaction commits.

    If the broker is down, the work waits in the database for the next scheduled run.
    """
    transaction.on_commit(_sender(task))


def _sender(task: Task) -> Callable[[], None]:
    def send() -> None:
        try:
            task.apply_async(expires=60)
        except OperationalError as wrong:
            log.warning("The broker cannot be reached (%s); the next tick does the work.", wrong)

    return send
