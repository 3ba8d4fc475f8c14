"""How a mail ends, whoever learns of it: the sender from the reply, or much later a report."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Greatest

from digest.models import Digest, Letter, State
from subscriptions.models import BOUNCE_LASTS, Subscriber, Suppression


@transaction.atomic
def end_and_move_watermark(row: Digest | Letter, state: State, **noted: Any) -> State | None:
    """SENT or EMPTY, and in the same transaction the papers of the window count as dealt with;
    None: the row was not the caller's, or had ended."""
    if not row.end(state, **noted):
        return None
    if isinstance(row, Digest) and row.kind == Digest.Kind.SCHEDULED:
        Subscriber.objects.filter(pk=row.subscriber_id).update(
            confirmed_through_seq=Greatest("confirmed_through_seq", row.to_seq)
        )
    return state


@transaction.atomic
def stop_mailing(subscriber: Subscriber, detail: str, at: datetime) -> None:
    """The address takes no mail: send it nothing for as long as that lasts.

    `detail` must not repeat the address: a suppression outlives the subscriber.
    """
    Suppression.objects.record(subscriber.email_key, Suppression.Reason.BOUNCE, detail=detail[:255])
    rest(subscriber, at + BOUNCE_LASTS)


def rest(subscriber: Subscriber, until: datetime) -> None:
    """No mail before then, for who gets mail now or was resting already; a pause stays a pause."""
    rows, bouncing = Subscriber.objects.filter(pk=subscriber.pk), Subscriber.Status.BOUNCING
    rows.filter(status=bouncing, paused_until__lt=until).update(paused_until=until)
    rows.active().update(status=bouncing, paused_until=until)
