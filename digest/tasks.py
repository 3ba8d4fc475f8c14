"""The pipeline's table of contents. Each task is a wake-up: it takes no payload, reads from the
database what there is to do, and may be lost, doubled or late without changing anything but time.

    source → dump → papers       ingest
    papers → matches → digest    plan, then drain
    digest → mailbox             drain
    what crashed                 reap
"""

import logging
from collections.abc import Callable

from celery import Task, shared_task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from digest import assemble
from digest.delivery import deliver
from digest.ingest import dump, inbox

log = logging.getLogger(__name__)


@shared_task
def ingest() -> None:
    """Take what landed in the inbox, and finish what a crash left half done."""
    at = timezone.now()
    inbox.take_inbox(at)
    dump.finish_unfinished(at)


@shared_task
def plan() -> None:
    """Plan the digests that are due, and send them."""
    assemble.plan(timezone.now())
    wake(drain)


@shared_task
def drain() -> None:
    """Send what is due: letters, then digests."""
    transport = deliver.open_transport()
    try:
        deliver.drain(transport)
    finally:
        transport.close()


@shared_task
def reap() -> None:
    """Free the leases of senders that died."""
    deliver.reap(timezone.now())


def wake(task: Task) -> None:
    """Run the task soon, once what was just written is committed.

    With the broker down the visitor's work is safe all the same: the next tick finds it.
    """
    transaction.on_commit(_sender(task))


def _sender(task: Task) -> Callable[[], None]:
    def send() -> None:
        try:
            task.apply_async(expires=60)
        except OperationalError as wrong:
            log.warning("The broker cannot be reached (%s); the next tick does the work.", wrong)

    return send
