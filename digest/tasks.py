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
"""

import logging
from collections.abc import Callable

from celery import Task, shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

import digest.celery  # noqa: F401 - the app that the shared tasks below belong to
from digest.ingest import pipeline
from digest.ingest.sources import fetch_due, watched_folder
from digest.mail_events.bounce_mailbox import CannotRead, read_mailbox
from digest.mail_events.reconciliation import reconcile
from digest.models import ClockReference, Heartbeat, MailEvent, OutcomeCount, Run, minute_now
from digest.monitoring import heartbeats
from digest.monitoring.health import clocks
from digest.monitoring.retention import pruning
from digest.sending import planning, refusals
from digest.sending.drain import drain as drain_mails
from digest.sending.drain import open_transport
from digest.sending.drain import reap as reap_mails
from subscriptions import request_queue
from subscriptions.suppression_key import check_key

log = logging.getLogger(__name__)

PRUNE_SECONDS = 45.0


@shared_task
def fetch() -> None:
    """Fetch the sources that are due."""
    fetch_due(timezone.now)


@shared_task
def ingest() -> None:
    """Ingest the files of the inbox, and finish dumps that a crash interrupted."""
    at = timezone.now()
    watched_folder.ingest_inbox(at)
    pipeline.finish_unfinished(at)


@shared_task
def take_requests() -> None:
    """Turn requests of visitors into letters, and wake `drain`."""
    if request_queue.process_requests(timezone.now()):
        wake(drain)


@shared_task
def plan() -> None:
    """Plan the digests that are due, with another worker if there are very many; wake `drain`."""
    clock = clocks.check_and_trust()
    if clock.is_ahead:
        log.error("%s", clock.sentence)
    else:
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
        for rows in (MailEvent.objects, Heartbeat.objects, ClockReference.objects):
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
    """Delete what is past its retention period, once a day, for PRUNE_SECONDS at a time. Nothing is
    deleted while the clock is ahead."""
    clock = clocks.current_verdict()
    if not clock.is_ahead and pruning.is_due(clock.at):
        pruning.prune(clock.at, PRUNE_SECONDS)


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
