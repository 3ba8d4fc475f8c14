"""Hard refusals: their suppressions are pending for an hour, and may be undone with a hold.

Several refusals in a row that may mean a dead mailbox suspend it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from digest.mail.inbound.reply_codes import ABOUT_THE_MAILBOX, classify, own_status
from digest.models import Digest, DigestFacts, DigestQuerySet, Hold, MailEvent, State
from digest.sending.automatic_holds import REFUSALS, check_all, lift
from digest.sending.resend import plan_copies
from subscriptions.models import Subscriber, Suppression, SuppressionQuerySet

Scope = Hold.Scope
HOUR = timedelta(hours=1)
# The longest that a digest may have been due before the hold: planning.LONGEST_DUE and retries.
_RECENT = timedelta(days=2)
_AT_ONCE = 1_000
_AS_PLANNED: dict[str, object] = {
    "attempts": 0, "compose_errors": 0, "reply_code": None, "reply_text": "",
    "composed_at": None, "from_seq": None, "to_seq": None,
    "entries": [], "follow_ups": [], "facts": DigestFacts(),
}  # fmt: skip


def confirm_pending(at: datetime) -> int:
    """Confirm the pending suppressions whose hour is over; returns how many.

    Those in the scope of an automatic hold stay pending.
    """
    check_all()
    held = Hold.objects.filter(automatic=True).held()
    if held.everything:
        return 0
    ripe = Suppression.objects.pending().filter(pending_since__lte=at - HOUR)
    return ripe.exclude(Q(domain__in=held.domains) | Q(backend__in=held.backends)).confirm()


def pending_in_scope(hold: Hold) -> SuppressionQuerySet:
    """The pending suppressions in the scope of a hold."""
    pending = Suppression.objects.pending()
    if hold.scope == Scope.DOMAIN:
        return pending.filter(domain=hold.value)
    if hold.scope == Scope.BACKEND:
        return pending.filter(backend=hold.value)
    return pending if hold.scope == Scope.EVERYTHING else pending.none()


@dataclass(frozen=True, slots=True)
class Undone:
    """How many digests go out again, and how many addresses are mailed again."""

    digests: int
    addresses: int


def undo(hold: Hold, at: datetime) -> Undone:
    """Undo the refusals that led to a hold: delete their pending suppressions, send the digests
    again, and lift the hold.

    A digest that was refused is planned again and composed from the watermark, which it did not
    advance. One that was accepted and bounced, and so did advance it, is sent as a copy. Works in
    batches: if it is interrupted the hold remains, and a second call does the rest.
    """
    digests = addresses = 0
    for ids in _batches(hold, at):
        with transaction.atomic():
            # In the order that `DigestQuerySet.lock` asks for.
            digests += _plan_again(hold, ids, at)
            addresses += _resume(hold, ids)
            digests += plan_copies(_bounced(hold).filter(subscriber_id__in=ids), at)
    pending_in_scope(hold).delete()  # of deleted subscribers
    lift(hold)
    return Undone(digests, addresses)


def _batches(hold: Hold, at: datetime) -> Iterator[Sequence[int]]:
    """Batches of ids of the subscribers with refusals in the scope of the hold."""
    pending = pending_in_scope(hold).filter(subscriber__isnull=False)
    rows = (pending, _failed(hold, at), _bounced(hold))
    ids = sorted({pk for each in rows for pk in each.values_list("subscriber_id", flat=True)})
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def _in_scope(hold: Hold) -> DigestQuerySet:
    rows: DigestQuerySet = Digest.objects.filter(not_before__gt=hold.created_at - _RECENT)
    if hold.scope == Scope.DOMAIN:
        return rows.filter(subscriber__email_key__endswith=f"@{hold.value}")
    if hold.scope == Scope.BACKEND:
        return rows.filter(backend=hold.value)
    return rows if hold.scope == Scope.EVERYTHING else rows.none()


def _failed(hold: Hold, at: datetime) -> DigestQuerySet:
    """Digests that were refused and have not expired."""
    refused = _in_scope(hold).filter(state=State.FAILED, reply_code__gte=500)
    return refused.filter(kind=Digest.Kind.SCHEDULED, expires_at__gt=at)


def _bounced(hold: Hold) -> DigestQuerySet:
    """Digests that were accepted and bounced."""
    since = hold.created_at - _RECENT
    reports = MailEvent.objects.filter(kind__in=REFUSALS, at__gt=since, digest__isnull=False)
    return _in_scope(hold).filter(pk__in=reports.values("digest"), state=State.SENT)


def _plan_again(hold: Hold, people: Sequence[int], at: datetime) -> int:
    # By id: a join cannot be updated, and rows are locked in order.
    failed = _failed(hold, at).filter(subscriber_id__in=people).order_by("pk")
    rows = Digest.objects.filter(pk__in=list(failed.values_list("pk", flat=True)))
    rows.lock()
    refused = rows.filter(state=State.FAILED)
    return int(refused.update(state=State.PLANNED, not_before=at, **_AS_PLANNED))


def _resume(hold: Hold, people: Sequence[int]) -> int:
    """Delete the pending suppressions of these people and reactivate them; returns how many."""
    pending = pending_in_scope(hold).filter(subscriber_id__in=people)
    ids = list(pending.values_list("subscriber_id", flat=True))
    suspended = Subscriber.objects.filter(pk__in=ids, status=Subscriber.Status.BOUNCING)
    known = suspended.filter(confirmed_at__isnull=False, next_due_at__isnull=False)
    known.update(status=Subscriber.Status.ACTIVE, paused_until=None)
    return pending.delete()[0]


MOST_IN_A_ROW = 3  # digests in a row, after which the address is sent nothing more
_LOOKED_AT = 10  # newest digests; those that say nothing about the mailbox are skipped
_KINDS = (MailEvent.Kind.BOUNCE_REFUSED, MailEvent.Kind.BOUNCE_HARD)


def count_in_a_row(digest: Digest) -> int:
    """Count the person's digests, up to this one, that were refused in a row by a reply or a report
    that is about the mailbox or gives no reason.

    A delivered digest ends the row. Refusals for policy, content or size and mails without a reply
    are skipped. A confirmation or a new address starts again from zero.
    """
    events = MailEvent.objects.filter(digest=OuterRef("pk"), kind__in=_KINDS)
    rows = Digest.objects.filter(
        Q(not_before__lt=digest.not_before) | Q(pk=digest.pk),
        subscriber_id=digest.subscriber_id,
        state__in=(State.SENT, State.FAILED),
        pruned=False,  # the text of the reply is deleted
    ).exclude(kind=Digest.Kind.COPY)
    person = digest.subscriber
    for since in filter(None, (person.confirmed_at, person.address_since)):
        rows = rows.filter(not_before__gte=since)
    latest = rows.order_by("-not_before", "-pk").annotate(reported=Exists(events))
    count = 0
    for state, code, text, reported in latest.values_list(
        "state", "reply_code", "reply_text", "reported"
    )[:_LOOKED_AT]:
        if reported or (state == State.FAILED and may_be_about_mailbox(code, text)):
            count += 1
        elif state == State.SENT:
            break
    return count


def may_be_about_mailbox(code: int | None, text: str) -> bool:
    """Whether a reply to a failed mail may mean that the mailbox accepts no mail at all."""
    if code is None or not 500 <= code < 600:
        return False
    return classify(text, code, own_status(text)) in ABOUT_THE_MAILBOX
