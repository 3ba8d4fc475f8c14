"""Mail events, and when each periodic task was last done."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q

IGNORED_KEPT = timedelta(days=30)


class MailEventQuerySet(models.QuerySet["MailEvent"]):
    def ignored(self) -> Self:
        """Events that are only counted."""
        return self.filter(kind__in=MailEvent.IGNORED)

    def forget(self, at: datetime) -> int:
        """Delete ignored events older than 30 days, which anybody can cause; returns how many."""
        return self.ignored().filter(at__lt=at - IGNORED_KEPT).delete()[0]


class MailEvent(models.Model):
    """A report by a mail server, a provider or a recipient about a mail.

    An event with a digest or letter proves that the mail was sent: only its recipients know its
    bounce address.
    """

    class Kind(models.TextChoices):
        BOUNCE_HARD = "bounce_hard", "bounce: no such address"
        BOUNCE_REFUSED = "bounce_refused", "bounce: permanently refused, no clear reason"
        BOUNCE_SOFT = "bounce_soft", "bounce: temporary"
        BOUNCE_POLICY = "bounce_policy", "bounce: the e-mail itself was refused"
        DELAYED = "delayed", "delayed, still being tried"
        ACCEPTED = "accepted", "accepted by the provider"
        DELIVERED = "delivered", "delivered"
        COMPLAINT = "complaint", "complaint"
        UNSUBSCRIBED = "unsubscribed", "unsubscribed"
        AUTO_REPLY = "auto_reply", "automatic reply"
        FORGED = "forged", "ignored: not about one of our e-mails"
        OLD = "old", "ignored: about an old e-mail"
        UNREAD = "unread", "ignored: not understood"

    IGNORED = (Kind.AUTO_REPLY, Kind.FORGED, Kind.OLD, Kind.UNREAD)

    kind = models.CharField(max_length=14, choices=Kind)
    provider = models.CharField(
        max_length=20, help_text="“mail”, or the provider that called the webhook."
    )
    event_id = models.CharField(
        max_length=255, help_text="The provider’s id, or the hash of an e-mail."
    )
    status = models.CharField(max_length=11, blank=True, help_text="Like 5.1.1 (RFC 3463).")
    digest = models.ForeignKey(
        "digest.Digest", models.SET_NULL, null=True, blank=True, related_name="events"
    )
    letter = models.ForeignKey(
        "digest.Letter", models.SET_NULL, null=True, blank=True, related_name="events"
    )
    sha256 = models.CharField(max_length=64, help_text="Of the event as received, byte for byte.")
    at = models.DateTimeField()

    objects = MailEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "event_id"], name="one_event_a_provider_and_id"
            ),
            models.CheckConstraint(
                condition=Q(digest__isnull=True) | Q(letter__isnull=True),
                name="event_is_about_one_mail",
            ),
        ]
        indexes = [models.Index(fields=["kind", "at"], name="mail_event_kind")]

    def __str__(self) -> str:
        return self.get_kind_display()


class RunManager(models.Manager["Run"]):
    def note(self, task: str, at: datetime, **details: object) -> None:
        """Record that a task ended at `at`, with details for operators (JSON values)."""
        self.update_or_create(task=task, defaults={"ended_at": at, "details": details})


class Run(models.Model):
    """When a task (like "drain") was last done, by any process."""

    task = models.CharField(max_length=32, primary_key=True)
    ended_at = models.DateTimeField()
    details = models.JSONField(db_column="told", default=dict, blank=True)

    objects = RunManager()

    def __str__(self) -> str:
        return self.task
