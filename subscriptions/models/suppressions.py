"""Addresses that must not be mailed, kept without naming them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from django.db import connection, models
from django.db.models import Q
from django.utils.timezone import now

from digest.mail.mailboxes import legacy_email_key
from subscriptions.suppression_key import current_key, suppression_key

BOUNCE_LASTS = timedelta(days=30)


def address_hash(key: str) -> str:
    """HMAC-SHA256 of an email key, hex: names an address without holding it."""
    return suppression_key().hash(key)


def address_hashes(key: str, typed: str = "") -> list[str]:
    """The hashes by which a mailbox may be suppressed; `typed` is its address as somebody wrote it.

    While suppressions from before keys lost their quotation marks are kept, also those that its
    address had then.
    """
    names = dict.fromkeys([key])
    if suppression_key().since:
        local, _, domain = key.rpartition("@")
        names |= dict.fromkeys([f'"{local}"@{domain}', legacy_email_key(typed or key)])
    return [address_hash(name) for name in names]


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def for_mailbox(self, key: str, typed: str = "") -> Self:
        """The suppressions in force of a mailbox (see `address_hashes`)."""
        return self.with_hashes(address_hashes(key, typed))

    def with_hashes(self, hashes: Iterable[str]) -> Self:
        """Those in force with one of these hashes."""
        return self.filter(address_hash__in=list(hashes)).filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now())
        )

    def blocking_letters(self) -> Self:
        """A bounce may be lifted by confirming anew; a complaint only by an operator."""
        return self.exclude(reason=Suppression.Reason.BOUNCE)

    def pending(self) -> Self:
        """Those that an automatic hold may still prove wrong."""
        return self.filter(pending_since__isnull=False)

    def confirm(self) -> int:
        """Make pending ones real, and forget what they came from; return how many."""
        return self.pending().update(pending_since=None, domain="", backend="", subscriber=None)

    def record(
        self, key: str, reason: str, *, detail: str = "", refusal: "Refusal | None" = None
    ) -> None:
        """Suppress the address. A bounce lapses by itself, and gives way to whatever is recorded
        later; a complaint and an operator's decision stay, with their own detail.

        With a `refusal` it is pending, unless one in force was real already.
        """
        hashed = current_key().hash(key)  # under a key that was given up it would be lost
        at, bounce = now(), Suppression.Reason.BOUNCE.value
        lapses = at + BOUNCE_LASTS if reason == bounce else None
        pending = at if refusal else None
        of = refusal or Refusal()
        adapt = connection.ops.adapt_datetimefield_value
        table = Suppression._meta.db_table
        # What is real stays so; what was pending keeps its age.
        real = f"{table}.pending_since IS NULL AND {table}.expires_at > %s"
        kept = ", ".join(
            f"{column} = CASE WHEN {real} OR excluded.pending_since IS NULL THEN {nothing} "
            f"ELSE {value} END"
            for column, nothing, value in (
                ("pending_since", "NULL",
                 f"COALESCE({table}.pending_since, excluded.pending_since)"),
                ("domain", "''", "excluded.domain"),
                ("backend", "''", "excluded.backend"),
                ("subscriber_id", "NULL", "excluded.subscriber_id"),
            )
        )  # fmt: skip
        with connection.cursor() as cursor:
            # In one statement: between two of them a bounce could replace a complaint.
            cursor.execute(
                f"INSERT INTO {table} (address_hash, reason, detail, created_at, expires_at, "  # noqa: S608 - no text of others
                "pending_since, domain, backend, subscriber_id) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) "
                "ON CONFLICT (address_hash) DO UPDATE SET "
                "reason = excluded.reason, detail = excluded.detail, "
                f"expires_at = excluded.expires_at, {kept} WHERE {table}.reason = %s",
                [
                    hashed, str(reason), detail, *map(adapt, (at, lapses, pending)),
                    of.domain, of.backend, of.subscriber_id, *([adapt(at)] * 4), bounce,
                ],
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refusal:
    """Where a hard refusal came from: what an automatic hold may be about, and whose it was."""

    domain: str = ""
    backend: str = ""
    subscriber_id: int | None = None


class Suppression(models.Model):
    """An address that must not be mailed. It outlives the subscriber's deletion."""

    class Reason(models.TextChoices):
        BOUNCE = "bounce", "the address does not exist"
        COMPLAINT = "complaint", "a complaint"
        OPERATOR = "operator", "an operator's decision"

    address_hash = models.CharField(max_length=64, unique=True)
    reason = models.CharField(max_length=9, choices=Reason)
    detail = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    pending_since = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="It stops mail; an automatic hold may prove it wrong until its hour is over.",
    )
    # Of pending ones only: a suppression outlives the subscriber, and names nobody.
    domain = models.CharField(max_length=255, blank=True, editable=False)
    backend = models.CharField(max_length=255, blank=True, editable=False)
    subscriber = models.ForeignKey(
        "subscriptions.Subscriber", models.SET_NULL, null=True, blank=True, editable=False
    )

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(pending_since__isnull=False)
                | Q(domain="", backend="", subscriber__isnull=True),
                name="suppression_names_nobody",
            )
        ]
        indexes = [
            models.Index(
                fields=["pending_since"],
                name="suppression_pending",
                condition=Q(pending_since__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} ({self.address_hash[:8]}…)"
