"""Alarms: a letter to each operator, once a day at most, when too many mails ended without an
answer."""

from datetime import UTC, datetime

from django.conf import settings

from digest.delivery.reconcile import ALARM, DAY, Unknown, percent, unanswered, unknown
from digest.models import Letter
from subscriptions.models import email_key


def raise_alarms(at: datetime) -> int:
    """Owe an alarm to each operator who has had none of this (UTC) day, if the day that ends at
    `at` is alarming; how many that was."""
    uninformed = _uninformed(at)
    # Counting all the mails of a day is work; most days there is no reason to.
    if not uninformed or not unanswered(at):
        return 0
    odd = unknown(at)
    return sum(_owe(operator, odd, at) for operator in uninformed) if odd.alarming else 0


def _uninformed(at: datetime) -> list[str]:
    if not settings.OPERATORS:
        return []
    written = Letter.objects.filter(purpose=Letter.Purpose.ALARM, nonce=_day(at))
    told = set(written.values_list("email_key", flat=True))
    return [operator for operator in settings.OPERATORS if email_key(operator) not in told]


def _owe(operator: str, odd: Unknown, at: datetime) -> bool:
    """One letter; False: another process was quicker."""
    return Letter.objects.get_or_create(
        email_key=email_key(operator),
        purpose=Letter.Purpose.ALARM,
        nonce=_day(at),
        defaults={
            "email": operator,
            "told": odd._asdict() | {"share": percent(odd.share), "limit": percent(ALARM)},
            "not_before": at,
            "expires_at": at + DAY,
        },
    )[1]


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()
