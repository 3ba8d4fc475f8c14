"""Digests and letters: the mails that are owed to people."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from .outgoing import ACTIVE, Outgoing, OutgoingQuerySet, State


class DigestQuerySet(OutgoingQuerySet):
    def scheduled(self) -> Self:
        return self.filter(kind=Digest.Kind.SCHEDULED)

    def before(self, digest: "Digest") -> Self:
        """The same person's earlier scheduled digests that have not ended yet."""
        return (
            self.scheduled()
            .active()
            .filter(subscriber_id=digest.subscriber_id, local_date__lt=digest.local_date)
        )

    def make_due(self, at: datetime, expires_at: datetime) -> int:
        """ "Send now": bring planned rows forward; how many there were."""
        return self.filter(state=State.PLANNED).update(not_before=at, expires_at=expires_at)


class Digest(Outgoing):
    """One person's papers of one local date."""

    class Kind(models.TextChoices):
        SCHEDULED = "scheduled", "scheduled"
        SAMPLE = "sample", "the last 7 days, asked for"
        COPY = "copy", "sent again by an operator"

    subscriber = models.ForeignKey(
        "subscriptions.Subscriber", models.CASCADE, related_name="digests"
    )
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.SCHEDULED)
    local_date = models.DateField(help_text="The day where the subscriber lives.")
    from_seq = models.BigIntegerField(null=True, blank=True)
    to_seq = models.BigIntegerField(null=True, blank=True)
    entries = models.JSONField(
        default=list, blank=True, help_text="Papers with the keywords that hit, best first."
    )
    follow_ups = models.JSONField(
        default=list, blank=True, help_text="What became of papers sent before, at most three."
    )
    told = models.JSONField(
        default=dict, blank=True, help_text="Other facts of the time it was composed at."
    )
    papers_read = models.PositiveIntegerField(default=0, help_text="Papers in the window.")
    composed_at = models.DateTimeField(null=True, blank=True, help_text="The mail's Date.")

    objects: ClassVar[Any] = DigestQuerySet.as_manager()

    class Meta:
        ordering = ["-local_date", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "kind", "local_date"],
                name="one_digest_a_person_kind_and_date",
            ),
            models.CheckConstraint(
                condition=Q(composed_at__isnull=True)
                | (Q(from_seq__isnull=False) & Q(to_seq__gte=models.F("from_seq"))),
                name="composed_digest_has_a_window",
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"], name="digest_due", condition=Q(state=State.PLANNED)
            ),
            models.Index(
                fields=["lease_until"],
                name="digest_leased",
                condition=Q(state__in=[State.LEASED, State.SENDING]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} digest of {self.local_date}"

    @property
    def has_nothing_to_say(self) -> bool:
        """Whether it ends without a mail: no paper and no notice. News of papers sent before wait
        for the next mail; a sample was asked for, so it answers even so."""
        told = self.entries or self.told.get("quiet")
        return self.kind == Digest.Kind.SCHEDULED and not told

    def freeze(
        self,
        *,
        at: datetime,
        after: int,
        through: int,
        read: int,
        entries: list[Any],
        follow_ups: list[Any],
        told: dict[str, Any],
    ) -> bool:
        """Fix what this digest holds, once; False: the row is no longer the caller's."""
        fixed = {
            "from_seq": after,
            "to_seq": through,
            "papers_read": read,
            "entries": entries,
            "follow_ups": follow_ups,
            "told": told,
            "composed_at": at,
        }
        if not self._mine(State.LEASED).filter(composed_at__isnull=True).update(**fixed):
            return False
        # PostgreSQL keeps the keys of JSON in an order of its own: the first attempt reads what
        # the later ones will.
        self.refresh_from_db(fields=list(fixed))
        return True

    def keep(self, entries: list[Any]) -> bool:
        """Reduce what it holds to these entries; False: the row is no longer the caller's."""
        self.entries = entries
        return bool(self._mine(State.LEASED).update(entries=entries))


class Letter(Outgoing):
    """One transactional mail: a confirmation, a link, an alarm."""

    class Purpose(models.TextChoices):
        CONFIRM = "confirm", "confirm the subscription"
        PREFERENCES = "preferences", "link to the preferences"

    subscriber = models.ForeignKey(
        "subscriptions.Subscriber", models.CASCADE, related_name="letters"
    )
    email_key = models.CharField(max_length=320)
    purpose = models.CharField(max_length=16, choices=Purpose)
    nonce = models.CharField(max_length=64, help_text="Tells two letters of one purpose apart.")

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["email_key", "purpose", "nonce"], name="one_letter_a_purpose_and_nonce"
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"], name="letter_due", condition=Q(state__in=ACTIVE)
            ),
        ]

    def __str__(self) -> str:
        return f"letter: {self.get_purpose_display()}"
