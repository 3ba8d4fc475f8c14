"""Actions on subscribers that stop their mail, and that end a stop."""

from collections.abc import Mapping
from datetime import datetime

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from digest import tasks
from digest.operators.base_admin import PermittedAdmin
from digest.operators.mass_actions import confirmed_action, in_batches
from subscriptions import changes
from subscriptions.models import Subscriber, Suppression

Status = Subscriber.Status


class StopActions(PermittedAdmin[Subscriber]):
    permitted: Mapping[str, str] = {"suppress": "subscriptions.add_suppression"}

    @confirmed_action(
        "Pause for a week",
        permission="change",
        effect="They get no digests for a week; the next one covers the gap. They can end the "
        "pause themselves.",
        affects=Q(status=Status.ACTIVE),
    )
    def pause(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        at, paused = timezone.now(), 0
        for person in in_batches(queryset):
            try:
                changes.pause(person, at=at)
                paused += 1
            except changes.ChangeRefused:
                continue
        self.message_user(request, f"{paused} paused.", messages.SUCCESS)

    @confirmed_action(
        "Resume",
        permission="change",
        effect="A pause, or a suspension after bounces, ends now. The next digest covers what they "
        "missed. Suppressions stay.",
        affects=Q(status__in=(Status.PAUSED, Status.BOUNCING), confirmed_at__isnull=False),
    )
    def resume(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        at = timezone.now()
        resumed = sum(_resume(person, at) for person in in_batches(queryset))
        tasks.wake(tasks.plan)
        self.message_user(request, f"{resumed} resumed.", messages.SUCCESS)

    @confirmed_action(
        "Suppress the address",
        permission="suppress",
        effect="These addresses get no e-mail at all, not even letters, until the suppression is "
        "deleted.",
    )
    def suppress(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        count = 0
        for person in in_batches(queryset):
            Suppression.objects.record(person.email_key, Suppression.Reason.OPERATOR)
            count += 1
        self.message_user(request, f"{count} suppressed.", messages.SUCCESS)


def _resume(person: Subscriber, at: datetime) -> bool:
    """End a pause; a suspension ends at the next planning, which works out when they are due."""
    if changes.resume(person.pk, at=at):
        return True
    suspended = Subscriber.objects.filter(
        pk=person.pk, status=Status.BOUNCING, confirmed_at__isnull=False
    )
    return bool(suspended.update(paused_until=at))
