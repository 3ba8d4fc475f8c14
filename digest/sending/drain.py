"""Claim, compose, ask for the permit, send, record: several mails at once.

The row in the database is the queue and the state machine. A mail whose reply never came becomes
UNKNOWN and is not sent again.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import cast

from django.conf import settings
from django.utils import timezone

from digest.epochs.checking import check, note_drain
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
# Seconds since the last renewal after which a row is renewed before it is sent.
RENEW_IF_OLDER = 30.0


def open_transport() -> Transport:
    """The transport of the settings: the relays of EMAIL_URL that no hold stops, or the outbox."""
    if not settings.MAIL_RELAYS:
        return OutboxTransport(settings.OUTBOX_DIR)
    held = set(Hold.objects.filter(scope=Hold.Scope.BACKEND).values_list("value", flat=True))
    # With all of them held nothing is claimed.
    free = [relay for relay in settings.MAIL_RELAYS if relay.name not in held]
    shares = throttle(settings.REDIS_URL, settings.DOMAIN_RATE, settings.DOMAIN_CONCURRENCY)
    signer = settings.DKIM_SIGNER
    return open_router(free or settings.MAIL_RELAYS, shares, signer.sign if signer else None)


def drain(transport: Transport, clock: Clock = timezone.now) -> dict[str, Counter[str]]:
    """Send what is due and not held, in the order of `Claims`.

    Returns counts of mails by final state, under "letters" and "digests". With a suppression key
    that is not the database's nothing is sent.
    """
    if wrong := check_key():
        log.error("%s", wrong)
        Run.objects.note("drain", timezone.now(), shut=wrong, held=everything_is_held())
        return {"letters": Counter(), "digests": Counter()}
    check()
    replay(settings.JOURNAL_DIR, clock())
    for model in (Letter, Digest):
        model.objects.free_lapsed()
    begun, claims = time.monotonic(), Claims(transport.backends)
    stop = begun + DRAIN_SECONDS
    with Journal(settings.JOURNAL_DIR) as journal, Leases() as leases:
        batches = _BatchLog()
        recorder = OutcomeRecorder(clock, journal, leases, batches.count)

        def is_over() -> bool:
            # A new hold ends the drain, which releases its claimed rows in one statement.
            late = time.monotonic() > stop
            return recorder.outcomes.is_held or late or bool(transport.unavailable_reason())

        try:
            send_all(transport, _mails(claims, recorder, batches, leases, clock, is_over), recorder)
        finally:
            recorder.outcomes.flush(now=True)
            batches.close()
    if reason := transport.unavailable_reason():
        log.warning("Nothing is sent just now: %s", reason)
    Run.objects.note(
        "drain", timezone.now(), shut=reason, held=everything_is_held(), journal=journal.wrong
    )
    counts = {model.__name__.lower(): dict(each) for model, each in recorder.counts.items()}
    if any(counts.values()):
        seconds = time.monotonic() - begun
        facts = {"seconds": round(seconds, 3), "counts": counts}
        log.info("Drained in %.3f s: %s", seconds, counts, extra=facts)
    if any(ended[State.SENT] for ended in recorder.counts.values()):
        Run.objects.note("sent", timezone.now())
    return {"letters": recorder.counts[Letter], "digests": recorder.counts[Digest]}


def everything_is_held() -> bool:
    return Hold.objects.of_everything().exists()


def _mails(
    claims: Claims,
    recorder: OutcomeRecorder,
    batches: "_BatchLog",
    leases: Leases,
    clock: Clock,
    is_over: Callable[[], bool],
) -> Iterator[Mail]:
    """Yield a mail for each due row, batch by batch."""
    is_noted = False
    while not is_over() and (rows := claims.next(at := clock())):
        if not is_noted:
            note_drain()
            is_noted = True
        batches.begin(rows)
        if isinstance(rows[0], Letter):
            mails = letter_mails(cast("Sequence[Letter]", rows), at)
        else:
            mails = digest_mails(cast("Sequence[Digest]", rows), recorder, at)
        yield from _leased(rows, leases, mails, is_over)


class _BatchLog:
    """Logs one line for each batch of claimed rows, when the last of them has its new state: its
    counts, seconds, and the ids of the rows, but no address."""

    def __init__(self) -> None:
        self._batches: dict[tuple[type, int], _Batch] = {}

    def begin(self, rows: Sequence[Letter | Digest]) -> None:
        batch = _Batch(type(rows[0]).__name__.lower(), {row.pk for row in rows})
        self._batches |= {(type(row), row.pk): batch for row in rows}

    def count(self, row: Letter | Digest, state: State) -> None:
        """Note the new state of a row."""
        if batch := self._batches.pop((type(row), row.pk), None):
            batch.counts[state.value] += 1
            batch.waiting.discard(row.pk)
            if not batch.waiting:
                batch.log()

    def close(self) -> None:
        """Log the batches of which some rows have no new state."""
        for batch in dict.fromkeys(self._batches.values()):
            batch.log()
        self._batches.clear()


class _Batch:
    """The rows of one claim; those in `waiting` have no new state yet."""

    def __init__(self, kind: str, ids: set[int]) -> None:
        self.waiting, self.counts = ids, Counter[str]()
        self._kind, self._ids, self._begun = kind, sorted(ids), time.monotonic()

    def log(self) -> None:
        seconds = round(time.monotonic() - self._begun, 3)
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.counts.items()))
        facts = {"seconds": seconds, "counts": dict(self.counts), f"{self._kind}_ids": self._ids}
        log.info(
            "A batch of %s %ss in %s s: %s", len(self._ids), self._kind, seconds,
            states or "nothing sent", extra=facts,
        )  # fmt: skip


def _leased(
    rows: Sequence[Digest] | Sequence[Letter],
    leases: Leases,
    mails: Iterator[Mail],
    is_over: Callable[[], bool],
) -> Iterator[Mail]:
    """Yield the mails whose rows are still leased; when `is_over()`, release the other rows."""
    claimed_at, waiting = time.monotonic(), {row.pk for row in rows}
    leases.add(rows)
    for mail in mails:
        if is_over():
            break
        waiting.discard(mail.row.pk)
        if leases.age(claimed_at) < RENEW_IF_OLDER or mail.row.renew():
            yield mail
    else:
        return
    left = [row for row in rows if row.pk in waiting]
    leases.drop(left)
    type(rows[0]).objects.release_all(left)


def reap(at: datetime, *, expire: bool = True) -> dict[str, dict[str, int]]:
    """Free the leases of dead senders and end what is past its window.

    Returns counts by new state, under "letters" and "digests". `expire=False`, for a clock that
    may be wrong, expires nothing.
    """
    check()
    if not check_key():  # a hard refusal in the journal suppresses its address
        replay(settings.JOURNAL_DIR, at)
    return {
        "letters": Letter.objects.reap(at, expire=expire),
        "digests": Digest.objects.reap(at, expire=expire),
    }
