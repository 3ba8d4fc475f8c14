"""Claim → compose → licence → send → mark, one mail at a time.

Nothing here decides twice: the database row says whose turn it is, the licence is its only
permission, and a mail whose answer never came is UNKNOWN rather than sent again.
"""

import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from digest.delivery.compose import compose_digest
from digest.delivery.contents import contents
from digest.delivery.ending import end_and_move_watermark, stop_mailing
from digest.delivery.licence import license_digest, license_letter, why_not
from digest.delivery.reconcile import reconcile
from digest.mail import verp
from digest.mail.message import ComposedMail
from digest.mail.outbox import OutboxTransport
from digest.mail.relays import open_relays, throttle
from digest.mail.replies import Verdict, verdict
from digest.mail.transport import Envelope, Outcome, Transport, shut
from digest.models import Digest, Hold, Letter, Paper, Run, State
from subscriptions.emails import compose_letter

log = logging.getLogger(__name__)

BATCH = 50
TURN = 45.0  # seconds after which a drain starts nothing more
BACKOFF = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 120)]
HELD_BACK = timedelta(minutes=5)
Clock = Callable[[], datetime]


def open_transport() -> Transport:
    """The way out that the settings name: EMAIL_URL's relays that no hold stops, or the outbox."""
    if not settings.MAIL_RELAYS:
        return OutboxTransport(settings.OUTBOX_DIR)
    held = set(Hold.objects.filter(scope=Hold.Scope.BACKEND).values_list("value", flat=True))
    # With all of them held each mail goes back at its licence, and its row says so.
    free = [relay for relay in settings.MAIL_RELAYS if relay.name not in held]
    shares = throttle(settings.REDIS_URL, settings.DOMAIN_RATE, settings.DOMAIN_CONCURRENCY)
    signer = settings.DKIM_SIGNER
    return open_relays(free or settings.MAIL_RELAYS, shares, signer.sign if signer else None)


def drain(transport: Transport, clock: Clock = timezone.now) -> dict[str, Counter[str]]:
    """Send what is due, letters before digests; counts of how each mail ended, by lane."""
    stop = time.monotonic() + TURN
    ended = {
        "letters": _drain_lane(Letter, send_letter, transport, clock, stop),
        "digests": _drain_lane(Digest, send_digest, transport, clock, stop),
    }
    if reason := shut(transport):
        log.warning("Nothing is sent just now: %s", reason)
    Run.objects.note("drain", timezone.now(), shut=reason)
    return ended


def _drain_lane(
    lane: type[Digest] | type[Letter],
    send: Callable[[Any, Transport, datetime], State | None],
    transport: Transport,
    clock: Clock,
    stop: float,
) -> Counter[str]:
    ended: Counter[str] = Counter()
    while not shut(transport) and (rows := lane.objects.claim(clock(), BATCH)):
        for row in rows:
            if time.monotonic() > stop or shut(transport):
                row.release()
            elif state := _one(row, send, transport, clock):
                ended[state.value] += 1
        if time.monotonic() > stop:
            break
    return ended


def _one(
    row: Any,
    send: Callable[[Any, Transport, datetime], State | None],
    transport: Transport,
    clock: Clock,
) -> State | None:
    """One mail; whatever goes wrong with it ends with it, and its lease gives it back."""
    try:
        return send(row, transport, clock()) if row.renew() else None
    except Exception as wrong:
        # The exception's own words may hold the address.
        log.error("%s %s was left where it was: %s", type(row).__name__, row.pk, _kind(wrong))
        return None


def _kind(wrong: Exception) -> str:
    """The exception's class and the line it came from."""
    where = wrong.__traceback__
    while where and where.tb_next:
        where = where.tb_next
    place = f" at {where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else ""
    return f"{type(wrong).__name__}{place}"


def send_digest(digest: Digest, transport: Transport, at: datetime) -> State | None:
    """One step: take a claimed digest to its next state; None: it is somebody else's now."""
    if Digest.objects.before(digest).exists():
        # Two windows of one person must not overlap: the earlier one ends first.
        digest.release(at + HELD_BACK)
        return State.PLANNED
    mail = _composed(digest, at, lambda: _freeze_and_compose(digest, at))
    if not isinstance(mail, ComposedMail):
        return mail
    key = digest.subscriber.email_key
    outcome = transport.send(
        _envelope(digest),
        mail.message,
        lambda: license_digest(digest, key, transport.name),
    )
    return _settle(digest, outcome, transport, at)


def _freeze_and_compose(digest: Digest, at: datetime) -> ComposedMail | State | None:
    """The mail; EMPTY where there is nothing to send; None where the row was taken away."""
    if digest.composed_at is None:
        found = contents(digest, at)
        frozen = digest.freeze(
            at=at,
            after=found.after,
            through=found.through,
            read=found.read,
            entries=found.entries,
            follow_ups=found.follow_ups,
            told=found.told,
        )
        if not frozen:
            return None
    elif not _without_the_withdrawn(digest):
        return None
    if digest.has_nothing_to_say:
        return end_and_move_watermark(digest, State.EMPTY)
    return compose_digest(digest)


def _without_the_withdrawn(digest: Digest) -> bool:
    """Take out what was deleted or withdrawn between two attempts; False: the row is not ours.

    The attempt before did not get through, so that another mail replaces it harms nobody.
    """
    standing = set(
        Paper.objects.filter(
            pk__in=[entry["paper"] for entry in digest.entries], withdrawn_at__isnull=True
        ).values_list("pk", flat=True)
    )
    kept = [entry for entry in digest.entries if entry["paper"] in standing]
    return kept == digest.entries or digest.keep(kept)


def send_letter(letter: Letter, transport: Transport, at: datetime) -> State | None:
    """The same step for a letter."""
    mail = _composed(letter, at, lambda: compose_letter(letter, at))
    if not isinstance(mail, ComposedMail):
        return mail
    outcome = transport.send(
        _envelope(letter),
        mail.message,
        lambda: license_letter(letter, transport.name),
    )
    return _settle(letter, outcome, transport, at)


def _composed(
    row: Digest | Letter, at: datetime, write: Callable[[], ComposedMail | State | None]
) -> ComposedMail | State | None:
    """What `write` gives; a mail that cannot be written must not stop those behind it."""
    try:
        return write()
    except DatabaseError:
        raise  # no fault of the mail: its lease gives it back
    except Exception as wrong:
        log.error("%s %s could not be written: %s", type(row).__name__, row.pk, _kind(wrong))
        row.note_compose_error(f"The mail could not be written: {wrong!r}", at + HELD_BACK)
        return State(type(row).objects.values_list("state", flat=True).get(pk=row.pk))


def _envelope(row: Digest | Letter) -> Envelope:
    sender = verp.address_for(type(row).__name__.lower(), row.pk)
    return Envelope(sender, recipient=row.subscriber.address)


def _settle(
    row: Digest | Letter, outcome: Outcome, transport: Transport, at: datetime
) -> State | None:
    """Write down what became of the attempt."""
    noted = {"reply_code": outcome.reply_code, "reply_text": outcome.reply_text}
    match verdict(outcome):
        case Verdict.SENT:
            return end_and_move_watermark(row, State.SENT, sent_at=Now(), **noted)
        case Verdict.UNLICENSED:
            return _without_licence(row, transport, at)
        case Verdict.RETRY:
            later = at + _delay(row.attempts)
            done = row.release(later, attempts=row.attempts + 1, **noted)
            return State.PLANNED if done else None
        case Verdict.LATER:
            done = row.release(at + timedelta(seconds=outcome.wait), **noted)
            return State.PLANNED if done else None
        case Verdict.BOUNCE:
            return _bounce(row, noted, at)
        case Verdict.FAIL:
            return State.FAILED if row.end(State.FAILED, **noted) else None
        case Verdict.UNKNOWN:
            return State.UNKNOWN if row.end(State.UNKNOWN, **noted) else None


@transaction.atomic
def _bounce(row: Digest | Letter, noted: dict[str, Any], at: datetime) -> State | None:
    """The address does not exist: end the mail, and send it nothing for as long as that lasts."""
    if not row.end(State.FAILED, **noted):
        return None
    # The reply's text may repeat the address, and a suppression outlives the subscriber.
    detail = f"the server answered {noted['reply_code']}"
    stop_mailing(row.subscriber, detail, at)
    return State.FAILED


def _without_licence(row: Digest | Letter, transport: Transport, at: datetime) -> State | None:
    state = why_not(row, row.subscriber.email_key, transport.name)
    if state is None:
        return None
    if state == State.PLANNED:
        return state if row.release(at + HELD_BACK) else None
    return state if row.end(state) else None


def _delay(attempts: int) -> timedelta:
    """How long to wait after this many attempts, a tenth more or less."""
    step = BACKOFF[min(attempts, len(BACKOFF) - 1)]
    return step * random.uniform(0.9, 1.1)  # noqa: S311 - spreads the load, hides nothing


def reap(at: datetime) -> dict[str, dict[str, int]]:
    """Free or end what senders left behind, in both lanes, and settle each UNKNOWN that something
    came back about."""
    counts = {"letters": Letter.objects.reap(at), "digests": Digest.objects.reap(at)}
    reconcile()
    return counts
