"""Claim → compose → permit → send → mark, several mails at once.

Nothing here decides twice: the database row says whose turn it is, the permit is its only
permission, and a mail whose answer never came is UNKNOWN rather than sent again.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import cast

from django.conf import settings
from django.utils import timezone

from digest.mail.outbox import OutboxTransport
from digest.mail.routing.router import open_router, throttle
from digest.mail.send_loop import send_all
from digest.mail.transport import Mail, Transport
from digest.models import Digest, Hold, Letter, Run, State
from digest.sending.batch import digest_mails, letter_mails
from digest.sending.claims import Claims, Leases
from digest.sending.journal_replay import replay
from digest.sending.outcomes import Clock, OutcomeRecorder
from digest.sending.reply_journal import Journal
from subscriptions.suppression_key import check_key

log = logging.getLogger(__name__)

DRAIN_SECONDS = 45.0  # seconds after which a drain starts nothing more
RENEW_IF_OLDER = (
    30.0  # seconds without a renewal after which a claimed row is asked for before it is begun
)


def open_transport() -> Transport:
    """The way out that the settings name: EMAIL_URL's relays that no hold stops, or the outbox."""
    if not settings.MAIL_RELAYS:
        return OutboxTransport(settings.OUTBOX_DIR)
    held = set(Hold.objects.filter(scope=Hold.Scope.BACKEND).values_list("value", flat=True))
    # With all of them held nothing is claimed.
    free = [relay for relay in settings.MAIL_RELAYS if relay.name not in held]
    shares = throttle(settings.REDIS_URL, settings.DOMAIN_RATE, settings.DOMAIN_CONCURRENCY)
    signer = settings.DKIM_SIGNER
    return open_router(free or settings.MAIL_RELAYS, shares, signer.sign if signer else None)


def drain(transport: Transport, clock: Clock = timezone.now) -> dict[str, Counter[str]]:
    """Send what is due and not held (see `Claims` for the order); counts of how each mail ended,
    by lane. Nothing is sent under another suppression key than the database's."""
    if wrong := check_key():
        log.error("%s", wrong)
        Run.objects.note("drain", timezone.now(), shut=wrong, held=everything_is_held())
        return {"letters": Counter(), "digests": Counter()}
    replay(settings.JOURNAL_DIR, clock())
    _free_lapsed()
    stop, claims = time.monotonic() + DRAIN_SECONDS, Claims(transport.backends)
    with Journal(settings.JOURNAL_DIR) as journal, Leases() as leases:
        recorder = OutcomeRecorder(clock, journal, leases)
        # A new hold ends the turn: what is claimed is given back in one statement.
        mails = _mails(
            claims, recorder, leases, clock,
            lambda: recorder.outcomes.is_held or _is_over(transport, stop),
        )  # fmt: skip
        try:
            send_all(transport, mails, recorder)
        finally:
            recorder.outcomes.flush(now=True)
    if reason := transport.unavailable_reason():
        log.warning("Nothing is sent just now: %s", reason)
    Run.objects.note(
        "drain",
        timezone.now(),
        shut=reason,
        held=everything_is_held(),
        journal=journal.wrong,
    )
    if any(ended[State.SENT] for ended in recorder.counts.values()):
        Run.objects.note("sent", timezone.now())
    return {"letters": recorder.counts[Letter], "digests": recorder.counts[Digest]}


def everything_is_held() -> bool:
    return Hold.objects.of_everything().exists()


def _is_over(transport: Transport, stop: float) -> bool:
    return time.monotonic() > stop or bool(transport.unavailable_reason())


def _free_lapsed() -> None:
    for lane in (Letter, Digest):
        lane.objects.free_lapsed()


def _mails(
    claims: Claims,
    recorder: OutcomeRecorder,
    leases: Leases,
    clock: Clock,
    over: Callable[[], bool],
) -> Iterator[Mail]:
    """What is due, batch by batch. What was claimed and not begun when it is over is given back."""
    while not over() and (rows := claims.next(at := clock())):
        if isinstance(rows[0], Letter):
            mails = letter_mails(cast("Sequence[Letter]", rows), at)
        else:
            mails = digest_mails(cast("Sequence[Digest]", rows), recorder, at)
        yield from _begun(rows, leases, mails, over)


def _begun(
    rows: Sequence[Digest] | Sequence[Letter],
    leases: Leases,
    mails: Iterator[Mail],
    over: Callable[[], bool],
) -> Iterator[Mail]:
    claimed_at, waiting = time.monotonic(), {row.pk for row in rows}
    leases.watch(rows)
    for mail in mails:
        if over():
            break
        waiting.discard(mail.row.pk)
        if leases.age(claimed_at) < RENEW_IF_OLDER or mail.row.renew():
            yield mail
    else:
        return
    left = [row for row in rows if row.pk in waiting]
    leases.drop(left)
    rows[0].__class__.objects.release_all(left)


def reap(at: datetime, *, expire: bool = True) -> dict[str, dict[str, int]]:
    """Free or end what senders left behind, letters and digests; counts by state.

    Without `expire` nothing is too late: the clock may be wrong.
    """
    if not check_key():  # a hard refusal in the journal suppresses its address
        replay(settings.JOURNAL_DIR, at)
    return {
        "letters": Letter.objects.reap(at, expire=expire),
        "digests": Digest.objects.reap(at, expire=expire),
    }
