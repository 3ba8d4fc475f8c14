"""From what visitors ask for on the web to the letters that they get: first a row, then the rest.

The request of a page takes the same steps for every address; what depends on the address is done
by the worker.
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
from .signup import SignUpRequest

log = logging.getLogger(__name__)

Kind = LetterRequest.Kind
TURN = 45.0  # seconds after which one call starts nothing more
KEPT = timedelta(hours=1)  # for one at which the program fails


def queue_sign_up(email: str, asked: SignUpRequest, *, at: datetime) -> None:
    """Note that somebody asks for mails to this address; `handle` does the rest."""
    _note(LetterRequest(kind=Kind.SIGN_UP, email=email, asked=asked.to_json(), asked_at=at))


def queue_preferences_link(email: str, *, at: datetime) -> None:
    """Note that somebody asks for a link to the preferences of this address."""
    _note(LetterRequest(kind=Kind.LINK, email=email, asked_at=at))


def _note(row: LetterRequest) -> None:
    """All spellings of a mailbox together have a limit; beyond it nothing is written."""
    if allows("mailbox", mailbox_key(row.email)):
        with transaction.atomic():
            row.save(force_insert=True)


def process_requests(at: datetime, seconds: float = TURN) -> int:
    """Owe the letters that were asked for, the oldest request first; return how many were dealt
    with.

    Several callers at once take turns, so that the newest request of an address comes last. One at
    which the program fails stops no other: it is tried again until it is an hour old. Raises where
    the database fails.
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
            # Without the traceback: its words may hold the address.
            log.error("A request for a letter cannot be dealt with (%s).", type(wrong).__name__)
            LetterRequest.objects.filter(pk=pk, asked_at__lte=at - KEPT).delete()
    return done


def _process(pk: int, at: datetime) -> bool:
    """Do what a row asks for and delete it, in one transaction; False if another worker did."""
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
