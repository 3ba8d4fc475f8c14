"""Alarms: what operators must know, once a (UTC) day for each kind.

Raising one only writes rows, so it may be done anywhere, in a transaction too. Each operator is
owed a letter; `digest.monitoring` sends it directly, and calls the webhook of ALARM_URL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings

from digest.models import Alarm, AlarmKind, Letter
from subscriptions.models import email_key

LASTS = timedelta(days=1)
_LONGEST = 1000  # characters of a sentence


@dataclass(frozen=True, slots=True)
class AlarmFacts:
    """What an alarm says: a line, and sentences about it. No reader's address may be in them."""

    summary: str
    details: Sequence[str] = ()


def raise_alarm(kind: AlarmKind, facts: AlarmFacts, at: datetime) -> bool:
    """Write down an alarm and owe it to each operator, once a day for its kind.

    Returns whether it is the first of its kind that day. An operator who was named since is owed
    the day's alarm as it was raised.
    """
    day = at.astimezone(UTC).date()
    alarm, is_new = Alarm.objects.get_or_create(
        kind=kind,
        day=day,
        defaults={
            "summary": facts.summary[:200],
            "details": [sentence[:_LONGEST] for sentence in facts.details],
            "raised_at": at,
            "post_after": at,
        },
    )
    _owe(alarm, at)
    return is_new


def _owe(alarm: Alarm, at: datetime) -> None:
    """A letter to each operator who is owed none of this alarm yet."""
    if not settings.OPERATORS:
        return
    letters = Letter.objects.filter(purpose=Letter.Purpose.ALARM, nonce=_nonce(alarm))
    informed = set(letters.values_list("email_key", flat=True))
    operators = {email_key(operator): operator for operator in reversed(settings.OPERATORS)}
    owed = [
        Letter(
            email=operator,
            email_key=key,
            purpose=Letter.Purpose.ALARM,
            nonce=_nonce(alarm),
            facts={"summary": alarm.summary, "details": alarm.details},
            not_before=at,
            expires_at=at + LASTS,
        )
        for key, operator in operators.items()
        if key not in informed
    ]
    Letter.objects.bulk_create(owed, ignore_conflicts=True)


def _nonce(alarm: Alarm) -> str:
    return f"{alarm.kind}:{alarm.day}"
