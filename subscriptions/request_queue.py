"""Requests for letters: pages write a row, and the worker does the rest.

A page takes the same steps and the same time for every address, so that it does not tell which are
known.
"""

import logging
import time
from datetime import datetime, timedelta

from django.db import transaction

from digest.ingest import failures
from digest.limits.counting import allows
from digest.mail.mailboxes import mailbox_key

from . import signup
from .models import LetterRequest
from .sign_up_request import SignUpRequest

log = logging.getLogger(__name__)

Kind = LetterRequest.Kind
MAX_SECONDS = 45.0  # after which a call starts no further request
KEPT = timedelta(hours=1)  # a request that cannot be dealt with


def queue_sign_up(email: str, asked: SignUpRequest, *, at: datetime) -> None:
    """Store a sign-up for `process_requests`."""
    _note(LetterRequest(kind=Kind.SIGN_UP, email=email, asked=asked.to_json(), asked_at=at))


def queue_preferences_link(email: str, *, at: datetime) -> None:
    """Store a request for a link to the preferences of this address."""
    _note(LetterRequest(kind=Kind.LINK, email=email, asked_at=at))


def _note(row: LetterRequest) -> None:
    """Write the row, unless the rate limit of the mailbox, in all its spellings, is exceeded."""
    if allows("mailbox", mailbox_key(row.email)):
        with transaction.atomic():
            row.save(force_insert=True)


def process_requests(at: datetime, seconds: float = MAX_SECONDS) -> int:
    """Process the stored requests, oldest first; return how many were processed.

    Concurrent callers lock row by row, so that the newest request of an address comes last. A
    request that raises is logged and tried again until it is an hour old; database errors that may
    pass are raised.
    """
    stop, done = time.monotonic() + seconds, 0
    for pk in list(LetterRequest.objects.order_by("pk").values_list("pk", flat=True)):
        if time.monotonic() > stop:
            break
        try:
            done += _process(pk, at)
        except Exception as wrong:
            if failures.is_transient(wrong):
                raise
            # No traceback: it may hold the address.
            log.error("A request for a letter cannot be dealt with (%s).", type(wrong).__name__)
            LetterRequest.objects.filter(pk=pk, asked_at__lte=at - KEPT).delete()
    return done


def _process(pk: int, at: datetime) -> bool:
    """Process a row and delete it, in one transaction. Return False if another worker did."""
    with transaction.atomic():
        row = LetterRequest.objects.select_for_update().filter(pk=pk).first()
        if row is None:
            return False
        if row.kind == Kind.SIGN_UP:
            signup.request(row.email, SignUpRequest.from_json(row.asked), at=at)
        else:
            signup.send_preferences_link(row.email, at=at)
        row.delete()
    return True
