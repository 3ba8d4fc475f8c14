"""Unsubscribing, and undoing it.

Apart from `signup`, which loads the keyword grammar: recording a mail event must stay fast.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from .models import Subscriber

Status = Subscriber.Status


def unsubscribe(subscriber_id: int) -> bool:
    """Stop all mail to a subscriber at once; return False if they were unsubscribed already."""
    leaving = Subscriber.objects.filter(pk=subscriber_id).exclude(status=Status.UNSUBSCRIBED)
    return bool(
        leaving.update(status=Status.UNSUBSCRIBED, requested={}, unsubscribed_at=timezone.now())
    )


def undo_unsubscribe(subscriber_id: int, *, at: datetime) -> bool:
    """Undo an unsubscription; return whether there was one.

    The watermark stays, so no paper is missed.
    """
    with transaction.atomic():
        subscriber = (
            Subscriber.objects.select_for_update()
            .filter(pk=subscriber_id, status=Status.UNSUBSCRIBED, confirmed_at__isnull=False)
            .first()
        )
        if subscriber is None:
            return False
        pause = subscriber.paused_until
        subscriber.status = Status.PAUSED if pause and pause > at else Status.ACTIVE
        subscriber.next_due_at = subscriber.next_due_or_overdue(at)
        subscriber.save()
    return True
