"""What becomes of hard refusals: they are real once their hour is over, and nothing if they are
undone; several in a row that say no more than that a mailbox takes no mail tell that nobody
reads it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from digest.mail.inbound.reply_codes import ABOUT_THE_MAILBOX, classify, own_status
from digest.models import Digest, DigestFacts, DigestQuerySet, Hold, MailEvent, State
from digest.sending.automatic_holds import REFUSALS, check_all, lift
from digest.sending.resend import plan_copies
from subscriptions.models import Subscriber, Suppression, SuppressionQuerySet

Scope = Hold.Scope
HOUR = timedelta(hours=1)
# How long a digest may have been due before the hold: see planning.LONGEST_DUE, and the retries.
_RECENT = timedelta(days=2)
_AT_ONCE = 1_000
_EMPTIED: dict[str, Any] = {
    "attempts": 0, "compose_errors": 0, "reply_code": None, "reply_text": "",
    "composed_at": None, "from_seq": None, "to_seq": None,
    "entries": [], "follow_ups": [], "facts": DigestFacts(),
}  # fmt: skip


def confirm_pending(at: datetime) -> int:
    """Make the pending suppressions real whose hour is over and below the limits.

    Those that an automatic hold is about stay pending. Returns how many became real.
    """
    check_all()
    held = Hold.objects.filter(automatic=True).held()
    if held.everything:
        return 0
    ripe = Suppression.objects.pending().filter(pending_since__lte=at - HOUR)
    return ripe.exclude(Q(domain__in=held.domains) | Q(backend__in=held.backends)).confirm()


def caused_by(hold: Hold) -> SuppressionQuerySet:
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
    """The refusals were wrong: drop the pending suppressions, send the digests, lift the hold.

    What was refused at once is planned again, and composed anew from the watermark that it did
    not move; what was accepted and came back, and so did move it, is sent as a copy. In batches:
    if it is cut short the hold still stands, and doing it again does the rest.
    """
    digests = addresses = 0
    for ids in _batches(hold, at):
        with transaction.atomic():
            # In the order that `DigestQuerySet.lock` asks for.
            digests += _plan_again(hold, ids, at)
            addresses += _resume(hold, ids)
            digests += plan_copies(_bounced(hold).filter(subscriber_id__in=ids), at)
    caused_by(hold).delete()  # of people who are gone
    lift(hold)
    return Undone(digests, addresses)


def _batches(hold: Hold, at: datetime) -> Iterator[Sequence[int]]:
    """The ids of the people whom refusals in the scope of the hold concern."""
    pending = caused_by(hold).filter(subscriber__isnull=False)
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
    """Digests that were refused at once, and whose time is not over."""
    refused = _in_scope(hold).filter(state=State.FAILED, reply_code__gte=500)
    return refused.filter(kind=Digest.Kind.SCHEDULED, expires_at__gt=at)


def _bounced(hold: Hold) -> DigestQuerySet:
    """Digests that were accepted and came back."""
    since = hold.created_at - _RECENT
    reports = MailEvent.objects.filter(kind__in=REFUSALS, at__gt=since, digest__isnull=False)
    return _in_scope(hold).filter(pk__in=reports.values("digest"), state=State.SENT)


def _plan_again(hold: Hold, people: Sequence[int], at: datetime) -> int:
    # By their ids: a join cannot be updated, and the rows are locked in order.
    failed = _failed(hold, at).filter(subscriber_id__in=people).order_by("pk")
    rows = Digest.objects.filter(pk__in=list(failed.values_list("pk", flat=True)))
    rows.lock()
    refused = rows.filter(state=State.FAILED)
    return int(refused.update(state=State.PLANNED, not_before=at, **_EMPTIED))


def _resume(hold: Hold, people: Sequence[int]) -> int:
    """Drop the pending suppressions of these people, who rest no more; how many there were."""
    pending = caused_by(hold).filter(subscriber_id__in=people)
    ids = list(pending.values_list("subscriber_id", flat=True))
    resting = Subscriber.objects.filter(pk__in=ids, status=Subscriber.Status.BOUNCING)
    known = resting.filter(confirmed_at__isnull=False, next_due_at__isnull=False)
    known.update(status=Subscriber.Status.ACTIVE, paused_until=None)
    return pending.delete()[0]


MOST_IN_A_ROW = 3  # digests in a row, after which the address is sent nothing more
_LOOKED_AT = 10  # the latest digests; those that say nothing about the mailbox are passed over
_KINDS = (MailEvent.Kind.BOUNCE_REFUSED, MailEvent.Kind.BOUNCE_HARD)


def count_in_a_row(digest: Digest) -> int:
    """How many of the person's digests up to this one were refused in a way that speaks of the
    mailbox or says nothing, by a reply or in a report, with none delivered in between.

    Refusals for policy, content and size neither count nor end the row, and neither does a mail
    without an answer. A confirmation, and an address that is new, begin it anew.
    """
    events = MailEvent.objects.filter(digest=OuterRef("pk"), kind__in=_KINDS)
    rows = Digest.objects.filter(
        Q(not_before__lt=digest.not_before) | Q(pk=digest.pk),
        subscriber_id=digest.subscriber_id,
        state__in=(State.SENT, State.FAILED),
        pruned=False,  # the words of a reply are gone then, and it says nothing
    ).exclude(kind=Digest.Kind.COPY)
    person = digest.subscriber
    for since in filter(None, (person.confirmed_at, person.address_since)):
        rows = rows.filter(not_before__gte=since)
    latest = rows.order_by("-not_before", "-pk").annotate(reported=Exists(events))
    count = 0
    for state, code, text, reported in latest.values_list(
        "state", "reply_code", "reply_text", "reported"
    )[:_LOOKED_AT]:
        if reported or (state == State.FAILED and speaks_of_the_mailbox(code, text)):
            count += 1
        elif state == State.SENT:
            break
    return count


def speaks_of_the_mailbox(code: int | None, text: str) -> bool:
    """Whether a reply to a mail that failed may mean that the mailbox takes none at all."""
    if code is None or not 500 <= code < 600:
        return False
    return classify(text, code, own_status(text)) in ABOUT_THE_MAILBOX
