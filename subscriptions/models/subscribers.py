"""Subscribers, and those that were merged into others."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator
from django.db import connection, models
from django.db.models import Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Left
from django.db.models.lookups import Exact
from django.utils.timezone import now

from digest.mail.mailboxes import email_key, legacy_email_key
from subscriptions import zones
from subscriptions.schedule import Frequency, Schedule, next_due, zone_info

from .suppressions import Suppression, SuppressionQuerySet

TRENDING_USUAL, TRENDING_LIMIT = 10, 20  # papers of a mail
_TRUTH = models.BooleanField()


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def resolve(self, pk: int | str) -> "Subscriber":
        """Return the subscriber of that key, or the one that it was merged into.

        Raises DoesNotExist, and ValueError if `pk` is not a number.
        """
        return self.filter(pk=int(pk)).first() or self.get(merged=int(pk))

    def by_email(self, email: str) -> Self:
        """Filter by mailbox.

        An address with letters beyond ASCII before the @ may be stored under the former kind of
        key, which several mailboxes shared: there only the same letters match.
        """
        named = Q(email_key=email_key(email))
        local, _, _ = email.strip().rpartition("@")
        if not local.isascii():
            start = f"{local}@"
            is_same = Exact(Left("email", len(start)), Value(start))
            named |= Q(email_key=legacy_email_key(email)) & Q(is_same)
        return self.filter(named)

    def active(self) -> Self:
        return self.filter(status=Subscriber.Status.ACTIVE)

    def active_by_index(self) -> Self:
        """Active subscribers, counted without joins: a condition without a parameter is that of
        the index of due times, which SQLite then reads without the rows."""
        return self.filter(RawSQL("status = 'active'", [], _TRUTH))

    def due(self, at: datetime) -> Self:
        """Active subscribers whose digest is due, the most overdue first."""
        return self.active().filter(next_due_at__lte=at).order_by("next_due_at", "pk")

    def pause_over(self, at: datetime) -> Self:
        """Confirmed subscribers whose pause, or suspension after bounces, is over."""
        stopped = (Subscriber.Status.PAUSED, Subscriber.Status.BOUNCING)
        return self.filter(status__in=stopped, paused_until__lte=at, confirmed_at__isnull=False)

    def with_ids(self, ids: list[int]) -> Self:
        """Filter by any number of ids, passed as one parameter: SQLite takes at most 32,766."""
        among = RawSQL("id IN (SELECT value FROM json_each(%s))", [json.dumps(ids)], _TRUTH)
        if connection.vendor == "postgresql":
            among = RawSQL("id = ANY(%s)", [ids], _TRUTH)
        return self.filter(among)

    def advance_watermark(self, seq: int, ids: Sequence[int]) -> None:
        """Move the watermarks of these subscribers forward to `seq`; none moves back.

        Raw SQL, because it runs after every few mails.
        """
        table, places = Subscriber._meta.db_table, ", ".join(["%s"] * len(ids))
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET confirmed_through_seq = %s "  # noqa: S608 - no text of others
                f"WHERE confirmed_through_seq < %s AND id IN ({places})",
                [seq, seq, *ids],
            )

    def lock_available(self) -> Self:
        """Lock the rows until the transaction ends and skip those that are locked already.

        (On SQLite the whole database is locked by then.)
        """
        return self.select_for_update(no_key=True, skip_locked=True)


class Subscriber(models.Model):
    """A person who asked for mail, without a password. Not a Django user: those are operators."""

    class Status(models.TextChoices):
        PENDING = "pending", "not confirmed yet"
        ACTIVE = "active", "active"
        PAUSED = "paused", "paused"
        UNSUBSCRIBED = "unsubscribed", "unsubscribed"
        BOUNCING = "bouncing", "bouncing"

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    class Abstracts(models.TextChoices):
        BRIEF = "brief", "six best with an excerpt, then titles"
        SHORT = "short", "an excerpt of each paper"
        FULL = "full", "the whole abstract of each paper"
        NONE = "none", "titles only"

    class BodyFormat(models.TextChoices):
        BOTH = "both", "HTML and plain text"
        TEXT = "text", "plain text only"

    class QuietAfter(models.IntegerChoices):
        NEVER = 0, "never"
        THREE = 3, "after 3 days"
        SEVEN = 7, "after 7 days"
        FOURTEEN = 14, "after 14 days"

    email = models.EmailField("e-mail", max_length=320)
    email_key = models.CharField(max_length=320, editable=False)
    address_since = models.DateTimeField(
        null=True, blank=True, help_text="When the address was last changed, if ever."
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.PENDING)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When they last left."
    )
    timezone = models.CharField(max_length=64, default="UTC", help_text="An IANA name.")
    send_at = models.TimeField(help_text="Local time.")
    frequency = models.CharField(
        max_length=8, choices=[(f.value, f.value) for f in Frequency], default=Frequency.DAILY
    )
    weekly_on = models.PositiveSmallIntegerField(choices=Weekday, default=Weekday.MONDAY)
    paused_until = models.DateTimeField(null=True, blank=True)
    max_papers = models.PositiveSmallIntegerField(default=20)
    trending_top = models.PositiveSmallIntegerField(
        "trending papers",
        default=0,
        validators=[MaxValueValidator(TRENDING_LIMIT)],
        help_text="The most in each digest; 0 for none.",
    )
    abstracts = models.CharField(
        max_length=5,
        choices=Abstracts,
        default=Abstracts.BRIEF,
        help_text="How much of each paper digests show.",
    )
    body_format = models.CharField(
        max_length=4, choices=BodyFormat, default=BodyFormat.BOTH, help_text="The form of e-mails."
    )
    quiet_after = models.PositiveSmallIntegerField(
        choices=QuietAfter,
        default=QuietAfter.SEVEN,
        help_text="When to send a note that nothing has matched.",
    )
    follow_ups = models.BooleanField(
        default=True, help_text="Send news of papers that were sent before."
    )
    neighbours = models.BooleanField(
        "related papers",
        default=False,
        db_default=False,
        help_text="Add papers close to a keyword that do not have its words, at most three.",
    )
    confirmations = models.PositiveIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Confirmations so far; a link made before the last one counts as used.",
    )
    account_links = models.PositiveIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="Account links used so far; one made before the last use counts as used.",
    )
    requested = models.JSONField(
        default=dict,
        blank=True,
        help_text="What the newest sign-up requested; it takes effect on confirmation.",
    )
    requested_at = models.DateTimeField(null=True, blank=True, editable=False)
    consent = models.CharField(
        max_length=200, blank=True, default="", db_default="", editable=False,
        help_text="How they agreed, where an operator imported them without a letter.",
    )  # fmt: skip
    consent_on = models.DateField(null=True, blank=True, editable=False)
    next_due_at = models.DateTimeField(null=True, blank=True)
    last_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_local_date = models.DateField(null=True, blank=True, editable=False)
    confirmed_through_seq = models.BigIntegerField(
        "watermark", default=0, help_text="Papers up to this listing number have been handled."
    )
    created_at = models.DateTimeField(default=now, editable=False)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        permissions = [
            ("preview_subscriber", "Can preview the mail of a subscriber"),
            ("import_subscriber", "Can import subscribers from a file"),
            ("export_subscriber", "Can export all subscribers to a file"),
        ]
        indexes = [
            models.Index(
                fields=["next_due_at", "id"], name="subscriber_due", condition=Q(status="active")
            )
        ]
        constraints = [
            # Not `unique=True`: that makes a second index on PostgreSQL, for LIKE.
            models.UniqueConstraint(fields=["email_key"], name="one_subscriber_an_address"),
            models.CheckConstraint(
                condition=~Q(status="active")
                | (Q(next_due_at__isnull=False) & Q(confirmed_at__isnull=False)),
                name="active_is_confirmed_and_scheduled",
            ),
            models.CheckConstraint(condition=Q(weekly_on__lte=6), name="weekly_on_a_weekday"),
            models.CheckConstraint(condition=Q(max_papers__gt=0), name="max_papers_positive"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def suppressions(self) -> SuppressionQuerySet:
        """The suppressions of this mailbox that are in force."""
        return Suppression.objects.for_mailbox(self.email_key, self.email)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that `send_at` is in."""
        return zone_info(self.timezone)

    @property
    def zone_label(self) -> str:
        """The zone's name for people, like "UTC+02:00"."""
        return zones.zone_label(self.timezone)

    @property
    def in_zone(self) -> str:
        """What follows a time of the subscriber's: "in Berlin", "UTC+02:00"."""
        return zones.in_zone(self.timezone)

    @property
    def address(self) -> str:
        """The address for SMTP: as typed, with the domain in ASCII (RFC 5891)."""
        return f"{self.email.rpartition('@')[0]}@{self.email_key.rpartition('@')[2]}"

    @property
    def schedule(self) -> Schedule:
        """When the subscriber's digests come."""
        return Schedule(self.timezone, self.send_at, self.frequency, self.weekly_on)

    def link_has_ended(self, made_at: datetime) -> bool:
        """Whether a link made then was mailed to a former address of the subscriber."""
        return self.address_since is not None and made_at < self.address_since

    def next_due_after(self, moment: datetime) -> datetime:
        """When the first digest after `moment` is due, given the last one."""
        return next_due(
            moment,
            zone=self.zone,
            send_at=self.send_at,
            frequency=self.frequency,
            weekly_on=self.weekly_on,
            last_date=self.last_local_date,
            last_due=self.last_due_at,
        )

    def next_due_or_overdue(self, at: datetime) -> datetime:
        """When the next digest is due. An overdue digest stays due, so that it is not skipped."""
        due = self.next_due_at
        return due if due is not None and due <= at else self.next_due_after(at)

    def active_keywords(self) -> list[str]:
        """The active keywords as typed, in the subscriber's order."""
        return list(self.subscriptions.active().values_list("text", flat=True))


class MergedSubscriber(models.Model):
    """A deleted subscriber and the one of the same mailbox, whom links in earlier mails lead to."""

    id = models.BigIntegerField(primary_key=True, help_text="Of the deleted row.")
    into = models.ForeignKey(Subscriber, models.CASCADE, related_name="merged")

    def __str__(self) -> str:
        return f"{self.pk} → {self.into_id}"
