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
    """Return the HMAC-SHA256 of an email key, in hex: it identifies a mailbox without naming it."""
    return suppression_key().hash(key)


def address_hashes(key: str, typed: str = "") -> list[str]:
    """Return the hashes that a mailbox may be suppressed under; `typed` is its address as written.

    While suppressions older than the present kind of email key exist, its former keys count too.
    """
    names = dict.fromkeys([key])
    if suppression_key().since:
        local, _, domain = key.rpartition("@")
        names |= dict.fromkeys([f'"{local}"@{domain}', legacy_email_key(typed or key)])
    return [address_hash(name) for name in names]


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def for_mailbox(self, key: str, typed: str = "") -> Self:
        """The suppressions in force against a mailbox (see `address_hashes`)."""
        return self.with_hashes(address_hashes(key, typed))

    def with_hashes(self, hashes: Iterable[str]) -> Self:
        """The suppressions in force with one of these hashes."""
        return self.filter(address_hash__in=list(hashes)).filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now())
        )

    def blocking_letters(self) -> Self:
        """Those that block letters too. Not bounces: confirming lifts them."""
        return self.exclude(reason=Suppression.Reason.BOUNCE)

    def pending(self) -> Self:
        """Those that undoing an automatic hold would delete."""
        return self.filter(pending_since__isnull=False)

    def confirm(self) -> int:
        """Make pending suppressions final and clear their origin; return how many."""
        return self.pending().update(pending_since=None, domain="", backend="", subscriber=None)

    def record(
        self, key: str, reason: str, *, detail: str = "", refusal: "Refusal | None" = None
    ) -> None:
        """Suppress a mailbox.

        A bounce expires after BOUNCE_LASTS and is replaced by whatever is recorded later; a
        complaint and an operator's decision stay, with their detail. With a `refusal` the
        suppression is pending, unless a final one is in force.
        """
        hashed = current_key().hash(key)  # a key replaced meanwhile would not match
        at, bounce = now(), Suppression.Reason.BOUNCE.value
        lapses = at + BOUNCE_LASTS if reason == bounce else None
        pending = at if refusal else None
        origin = refusal or Refusal()
        adapt = connection.ops.adapt_datetimefield_value
        table = Suppression._meta.db_table
        # A final one stays final; a pending one keeps its age.
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
                    origin.domain, origin.backend, origin.subscriber_id, *([adapt(at)] * 4), bounce,
                ],
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refusal:
    """Origin of a permanent refusal: what an automatic hold may be about, and the subscriber."""

    domain: str = ""
    backend: str = ""
    subscriber_id: int | None = None


class Suppression(models.Model):
    """A mailbox that must not be mailed. Outlives the subscriber's deletion."""

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
        help_text="It stops e-mail; an automatic hold may undo it within the hour.",
    )
    # Only of pending ones: a final suppression names nobody.
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
