"""Letters: transactional mails, which go ahead of digests."""

from typing import Self

from django.db import models
from django.db.models import Q

from .holds import Held
from .outgoing import ACTIVE, Outgoing, OutgoingQuerySet, at_domains


class LetterQuerySet(OutgoingQuerySet["Letter"]):
    def urgent(self) -> Self:
        """Alarms and letters to subscribers: not what a stranger can ask for any address."""
        purposes = Letter.Purpose
        return self.filter(
            purpose__in=(
                purposes.ALARM,
                purposes.PREFERENCES,
                purposes.ACCOUNT,
                purposes.ADDRESS_CHANGED,
            )
        )

    def confirmations(self) -> Self:
        """Letters to addresses that somebody typed, and that have not confirmed it yet."""
        return self.filter(purpose__in=(Letter.Purpose.CONFIRM, Letter.Purpose.NEW_ADDRESS))

    def not_held(self, held: Held) -> Self:
        if held.everything:
            return self.none()
        return self.exclude(at_domains("email_key", held.domains)) if held.domains else self


class Letter(Outgoing):
    """One transactional mail: a confirmation or a link to a subscriber, an alarm to an operator."""

    class Purpose(models.TextChoices):
        CONFIRM = "confirm", "confirm the subscription"
        PREFERENCES = "preferences", "link to the preferences"
        ACCOUNT = "account", "link to address, export and deletion"
        NEW_ADDRESS = "new-address", "confirm a change of address"
        ADDRESS_CHANGED = "address-changed", "notice of a changed address, to the former one"
        ALARM = "alarm", "alarm to an operator"

    subscriber = models.ForeignKey(
        "subscriptions.Subscriber", models.CASCADE, null=True, blank=True, related_name="letters"
    )
    address_change = models.ForeignKey(
        "subscriptions.AddressChange",
        models.CASCADE,
        null=True,
        blank=True,
        editable=False,
        related_name="letters",
    )
    email = models.EmailField(
        "e-mail",
        max_length=320,
        blank=True,
        help_text="Only for operators and address changes; subscribers have their own.",
    )
    email_key = models.CharField(max_length=320)
    paced_domain = models.CharField(
        max_length=255,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="The domain whose limit applies, if a stranger may have entered the address.",
    )
    purpose = models.CharField(max_length=16, choices=Purpose)
    nonce = models.CharField(
        max_length=64, help_text="Distinguishes two letters with the same purpose."
    )
    facts = models.JSONField(
        db_column="told",
        default=dict,
        blank=True,
        help_text="Facts as of the time it was created.",
    )

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["email_key", "purpose", "nonce"], name="one_letter_a_purpose_and_nonce"
            ),
            models.CheckConstraint(
                condition=Q(subscriber__isnull=False, email="")
                | (Q(subscriber__isnull=True) & ~Q(email="")),
                name="letter_has_one_recipient",
            ),
        ]
        indexes = [
            # By purpose, for a drain takes the urgent ones first, however many others there are.
            models.Index(
                fields=["purpose", "not_before", "id"],
                name="letter_due",
                condition=Q(state__in=ACTIVE),
            ),
            models.Index(
                fields=["paced_domain", "not_before"],
                name="letter_pace_of_domain",
                condition=~Q(paced_domain=""),
            ),
            models.Index(fields=["not_before"], name="letter_pace", condition=~Q(paced_domain="")),
        ]

    def __str__(self) -> str:
        return f"letter: {self.get_purpose_display()}"

    @property
    def address(self) -> str:
        """Where it goes, as mail servers take it."""
        return self.subscriber.address if self.subscriber else self.email
