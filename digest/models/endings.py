"""How a mail ends, whoever learns of it: the sender from the reply, or much later a report."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from digest.models import AcceptedMail, Digest, Letter, State
from subscriptions.models import BOUNCE_LASTS, Subscriber, Suppression
from subscriptions.models.suppressions import Refusal


@transaction.atomic
def end_and_advance_watermark(row: Digest | Letter, state: State, **noted: Any) -> State | None:
    """SENT or EMPTY, and in the same transaction the papers of the window count as dealt with;
    None: the row was not the caller's, or had ended."""
    if not row.end(state, **noted):
        return None
    _advance_watermarks([row])
    return state


class NotAllChanged(Exception):
    """Some of the rows had ended, or were not the caller's."""


@transaction.atomic(savepoint=False)
def end_as_sent(answers: Sequence[AcceptedMail]) -> None:
    """End accepted mails of one model as SENT, as `end_and_advance_watermark` does for one.

    Raises NotAllChanged, with nothing changed, if one of them was not the caller's.
    """
    rows: list[Any] = [answered.row for answered in answers]
    if type(rows[0]).objects.end_as_sent(answers) < len(rows):
        raise NotAllChanged
    _advance_watermarks(rows)


@transaction.atomic
def end_as_empty(digests: Sequence[Digest]) -> None:
    """The same for digests without a mail."""
    mine = Digest.objects.with_fences(digests, State.LEASED, State.SENDING)
    if mine.update(state=State.EMPTY, lease_until=None) < len(digests):
        raise NotAllChanged
    _advance_watermarks(digests)


def _advance_watermarks(rows: Sequence[Digest | Letter]) -> None:
    through: dict[int, list[int]] = {}
    for row in rows:
        if isinstance(row, Digest) and row.kind == Digest.Kind.SCHEDULED:
            through.setdefault(row.to_seq or 0, []).append(row.subscriber_id)
    for seq, people in through.items():
        Subscriber.objects.advance_watermark(seq, people)


@transaction.atomic
def stop_mailing(email_key: str, detail: str, at: datetime, backend: str = "") -> None:
    """The address takes no mail: send it nothing for as long as that lasts. Whose it is, if it is
    a subscriber's, rests. The suppression is pending: an automatic hold may prove it wrong.

    `detail` must not repeat the address: a suppression outlives the subscriber.
    """
    suspend_until(email_key, at + BOUNCE_LASTS)
    person = Subscriber.objects.filter(email_key=email_key).values_list("pk", flat=True).first()
    refusal = Refusal(email_key.rpartition("@")[2], backend, person)
    bounce = Suppression.Reason.BOUNCE
    Suppression.objects.record(email_key, bounce, detail=detail[:255], refusal=refusal)


def suspend_until(email_key: str, until: datetime) -> None:
    """No mail before then, for who gets mail now or was resting already; a pause stays a pause."""
    rows, bouncing = Subscriber.objects.filter(email_key=email_key), Subscriber.Status.BOUNCING
    rows.filter(status=bouncing, paused_until__lt=until).update(paused_until=until)
    rows.active().update(status=bouncing, paused_until=until)
