"""Alarms to operators, once a (UTC) day for each kind.

Raising an alarm only writes rows, so it may be done inside any transaction. Each operator gets a
letter; `digest.monitoring` sends it directly and calls the webhook of ALARM_URL.
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
    """The text of an alarm: a line and sentences, without addresses of subscribers."""

    summary: str
    details: Sequence[str] = ()


def raise_alarm(kind: AlarmKind, facts: AlarmFacts, at: datetime) -> bool:
    """Record an alarm and a letter to each operator, once a day for its kind.

    Returns whether it is the first of its kind that day. An operator who was added since gets a
    letter with the alarm as it was first raised.
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
    _create_letters(alarm, at)
    return is_new


def _create_letters(alarm: Alarm, at: datetime) -> None:
    """Create a letter to each operator who has none of this alarm."""
    if not settings.OPERATORS:
        return
    existing = Letter.objects.filter(purpose=Letter.Purpose.ALARM, nonce=_nonce(alarm))
    informed = set(existing.values_list("email_key", flat=True))
    operators = {email_key(operator): operator for operator in reversed(settings.OPERATORS)}
    letters = [
        Letter(
            email=operator,
            email_key=key,
            purpose=Letter.Purpose.ALARM,
            nonce=_nonce(alarm),
            facts={"kind": alarm.kind, "summary": alarm.summary, "details": alarm.details},
            not_before=at,
            expires_at=at + LASTS,
        )
        for key, operator in operators.items()
        if key not in informed
    ]
    Letter.objects.bulk_create(letters, ignore_conflicts=True)


def _nonce(alarm: Alarm) -> str:
    return f"{alarm.kind}:{alarm.day}"
