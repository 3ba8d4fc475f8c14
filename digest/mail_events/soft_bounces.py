"""Soft bounces: longer and longer suspensions, and after the sixth a suppression."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from digest.models import Digest, MailEvent, State
from digest.models.endings import stop_mailing, suspend_until
from subscriptions.models import Subscriber

SUSPENSIONS = [timedelta(hours=hours) for hours in (2, 4, 8, 16, 32, 64)]


def back_off(digest: Digest, at: datetime) -> None:
    """Suspend the recipient of a digest that bounced softly, longer with each one in a row.

    The seventh in a row suppresses the address.
    """
    streak = count_in_a_row(digest)
    if streak > len(SUSPENSIONS):
        stop_mailing(
            digest.email_key, f"{streak} e-mails in a row bounced temporarily", at, digest.backend
        )
    else:
        suspend_until(digest.email_key, at + SUSPENSIONS[max(streak, 1) - 1])


def newest_sent(subscriber: Subscriber, at: datetime) -> Digest | None:
    """The newest digest accepted for that person by `at`, for bounces that name no mail.

    Returns None if there is none.
    """
    taken = Digest.objects.filter(subscriber=subscriber, state=State.SENT, not_before__lte=at)
    found: Digest | None = taken.select_related("subscriber").order_by("-not_before", "-pk").first()
    return found


def count_in_a_row(digest: Digest) -> int:
    """Count the person's digests, up to this one, that bounced softly in a row.

    Later digests are left out, since their bounces may be yet to come. A confirmation starts again
    from zero.
    """
    softly = (MailEvent.Kind.BOUNCE_SOFT, MailEvent.Kind.BOUNCE_REFUSED)
    bounced = MailEvent.objects.filter(digest=OuterRef("pk"), kind__in=softly)
    earlier = Digest.objects.filter(subscriber_id=digest.subscriber_id, state=State.SENT)
    confirmed = digest.subscriber.confirmed_at
    if confirmed is not None:
        earlier = earlier.filter(not_before__gte=confirmed)
    upto = earlier.filter(Q(not_before__lt=digest.not_before) | Q(pk=digest.pk))
    latest = upto.order_by("-not_before", "-pk").annotate(bounced=Exists(bounced))
    streak = 0
    for bounced_too in latest.values_list("bounced", flat=True)[: len(SUSPENSIONS) + 1]:
        if not bounced_too:
            break
        streak += 1
    return streak
