"""State changes that end a mail, by a reply or a later report, and what follows from them."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from digest.models import AcceptedMail, Digest, Letter, Outgoing, OutgoingQuerySet, State
from subscriptions.models import BOUNCE_LASTS, Subscriber, Suppression
from subscriptions.models.suppressions import Refusal


@transaction.atomic
def end_and_advance_watermark(
    row: Digest | Letter, state: State, **columns: object
) -> State | None:
    """End a row as SENT or EMPTY and advance the watermark in one transaction; returns the state.

    `columns` are updated with it. Returns None if the row had ended, or another process holds it.
    """
    if not row.end(state, **columns):
        return None
    _advance_watermarks([row])
    return state


class NotAllChanged(Exception):
    """Some of the rows had ended, or another process holds them."""


@transaction.atomic(savepoint=False)
def end_as_sent(answers: Sequence[AcceptedMail]) -> None:
    """End accepted mails of one model as SENT, as `end_and_advance_watermark` does for one.

    Raises NotAllChanged, with nothing changed, if one of them was not the caller's.
    """
    rows = [accepted.row for accepted in answers]
    if OutgoingQuerySet(type(rows[0])).end_as_sent(answers) < len(rows):
        raise NotAllChanged
    _advance_watermarks(rows)


@transaction.atomic
def end_as_empty(digests: Sequence[Digest]) -> None:
    """End digests without contents as EMPTY; raises NotAllChanged as `end_as_sent` does."""
    fenced = Digest.objects.with_fences(digests, State.LEASED, State.SENDING)
    if fenced.update(state=State.EMPTY, lease_until=None) < len(digests):
        raise NotAllChanged
    _advance_watermarks(digests)


def _advance_watermarks(rows: Sequence[Outgoing]) -> None:
    """Advance the watermarks of scheduled digests; samples, copies and letters have none."""
    watermarks: dict[int, list[int]] = {}
    for row in rows:
        if isinstance(row, Digest) and row.kind == Digest.Kind.SCHEDULED:
            watermarks.setdefault(row.to_seq or 0, []).append(row.subscriber_id)
    for seq, people in watermarks.items():
        Subscriber.objects.advance_watermark(seq, people)


@transaction.atomic
def stop_mailing(email_key: str, detail: str, at: datetime, backend: str = "") -> None:
    """Suspend the subscriber of an address that takes no mail, and record a pending suppression.

    It is pending because an automatic hold may show that the refusal was wrong. `detail` must not
    contain the address: a suppression outlives the subscriber.
    """
    suspend_until(email_key, at + BOUNCE_LASTS)
    person = Subscriber.objects.filter(email_key=email_key).values_list("pk", flat=True).first()
    refusal = Refusal(email_key.rpartition("@")[2], backend, person)
    bounce = Suppression.Reason.BOUNCE
    Suppression.objects.record(email_key, bounce, detail=detail[:255], refusal=refusal)


def suspend_until(email_key: str, until: datetime) -> None:
    """Suspend an active subscriber, or extend a suspension; a pause of their own is kept."""
    rows, bouncing = Subscriber.objects.filter(email_key=email_key), Subscriber.Status.BOUNCING
    rows.filter(status=bouncing, paused_until__lt=until).update(paused_until=until)
    rows.active().update(status=bouncing, paused_until=until)
