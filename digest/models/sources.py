"""Sources, from which dumps are fetched, and tokens for handing dumps in over HTTP."""

import hashlib
import re
import secrets
from datetime import date, datetime, timedelta
from typing import Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

# A step of fetching ends well before this; the source of a process that died is free after it.
FETCH_LEASE = timedelta(minutes=3)
EVERY_DAY, WORKDAYS = 0b1111111, 0b0011111
# In an address: the day, or so many days before it, perhaps as strftime() writes it.
DATE_PLACEHOLDER = r"\{date(?:-(?P<back>\d{1,2}))?(?::(?P<format>(?:%[YmdjBby]|[/._ -]){1,15}))?\}"


_PATH = r"[\w-]+(\.[\w-]+)*"
# No header that says something else than who asks.
_PLACE = r"(?i)^(query:[a-z_][\w.-]*|header:(authorization|[a-z0-9-]*(key|token)[a-z0-9-]*))\Z"


class SourceQuerySet(models.QuerySet["Source"]):
    def due(self, at: datetime) -> Self:
        """Sources that are switched on, due and not leased; the longest waiting first."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
        due = self.filter(free, enabled=True, next_run_at__lte=at).exclude(kind=Source.Kind.PUSH)
        return due.order_by("next_run_at", "pk")

    def claim(self, at: datetime) -> "Source | None":
        """Lease the next due source to the caller; return None if nothing is due."""
        for pk in self.due(at).values_list("pk", flat=True):
            # The UPDATE repeats the conditions, so of several processes one changes the row.
            claimed = self.due(at).order_by().filter(pk=pk)
            if claimed.update(lease_until=Now() + FETCH_LEASE, fence=F("fence") + 1):
                return self.get(pk=pk)
        return None


class Source(models.Model):
    """A place that lists papers: how and how often it is fetched, and the state of its fetching."""

    class Kind(models.TextChoices):
        URL = "url", "web address"
        FOLDER = "folder", "folder of this machine"
        MAILBOX = "mailbox", "mailbox (IMAP)"
        PUSH = "push", "push: others send dumps"

    class Intent(models.TextChoices):
        AUTO = "auto", "news; the first fetch and days over two weeks old are backfill"
        NEW = "new", "the same, and exports of libraries and searches are news too"
        BACKFILL = "backfill", "backfill: search only, never mail"

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=7, choices=Kind)
    format = models.CharField(max_length=32, default="auto", help_text="auto: by its content.")
    intent = models.CharField("its papers are", max_length=8, choices=Intent, default=Intent.AUTO)
    url = models.CharField(
        "web address",
        max_length=2000,
        blank=True,
        help_text="{date} stands for the day, {date-3} for three days before it, {page} for 0, 1, "
        "2…, {offset} for the number of papers so far, {cursor:*} for the previous response’s "
        "cursor. Resumption tokens of OAI are followed automatically.",
    )
    list_path = models.CharField(
        "list of papers",
        max_length=100,
        blank=True,
        db_default="",
        default="",
        validators=[RegexValidator(rf"^{_PATH}\Z", "Enter a path like message.items.")],
        help_text="Path of the papers in a JSON response, like message.items. Empty: longest list.",
    )
    cursor_path = models.CharField(
        "next page",
        max_length=100,
        blank=True,
        db_default="",
        default="",
        validators=[
            RegexValidator(rf"^({_PATH}|header:[A-Za-z0-9-]+)\Z", "Enter meta.next or header:Link.")
        ],
        help_text="Where a response has its next page: a path like message.next-cursor, or "
        "header:Link. A cursor replaces {cursor}; an address must be on the same host.",
    )
    key_variable = models.CharField(
        max_length=80,
        blank=True,
        db_default="",
        default="",
        # As for passwords; digest.ingest.sources.keys binds each key to its hosts.
        validators=[RegexValidator(r"^SOURCE_[A-Z0-9_]+\Z(?<!_HOST)", "Enter SOURCE_ and a name.")],
        help_text="The environment variable that holds the service’s key, like "
        "SOURCE_OPENALEX_KEY. It is only sent to that service’s own host.",
    )
    key_place = models.CharField(
        "key is sent as",
        max_length=60,
        blank=True,
        db_default="",
        default="",
        validators=[RegexValidator(_PLACE, "Enter query:api_key or header:x-api-key.")],
        help_text="query:api_key or header:x-api-key, as the service says.",
    )
    folder = models.CharField(
        max_length=1000,
        blank=True,
        help_text="Files in it are read once unchanged, then moved to its done/ or failed/.",
    )
    mail_host = models.CharField("IMAP server", max_length=255, blank=True)
    mail_port = models.PositiveIntegerField("IMAP port (TLS)", default=993)
    mail_user = models.CharField("user", max_length=255, blank=True)
    mail_folder = models.CharField("mail folder", max_length=255, default="INBOX", blank=True)
    password_variable = models.CharField(
        max_length=80,
        blank=True,
        # Not any variable: else an editor of sources could have the site's secrets sent out.
        validators=[RegexValidator(r"^MAILBOX_[A-Z0-9_]+$", "Enter a name like MAILBOX_PASSWORD.")],
        help_text="The environment variable that holds the password, like MAILBOX_PASSWORD.",
    )
    allow_private = models.BooleanField(
        "allow a private address",
        default=False,
        help_text="Its host may be on this machine or in the local network.",
    )
    contact = models.CharField(
        max_length=255,
        blank=True,
        help_text="Sent to the site that is fetched from. Default: the setting CONTACT.",
    )

    enabled = models.BooleanField("switched on", default=False)
    enabled_at = models.DateTimeField(null=True, blank=True)
    every_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Minutes between fetches, at least 5; or instead:"
    )
    daily_at = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Fetch once a day at this hour, 0 to 23, UTC."
    )
    weekdays = models.PositiveSmallIntegerField("on", default=EVERY_DAY)
    expected_on = models.PositiveSmallIntegerField(
        "papers are expected on",
        default=WORKDAYS,
        help_text="After two such days without papers, it is reported as quiet.",
    )

    next_run_at = models.DateTimeField(null=True, blank=True, db_index=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0, help_text="Rises with each claim.")
    first_fetched_at = models.DateTimeField(
        null=True, blank=True, help_text="When its first fetch, the backfill, was completed."
    )
    covered_through = models.DateField(
        null=True,
        blank=True,
        help_text="Every day up to this one has been fetched. Set it back to fetch days again.",
    )
    validated_url = models.CharField(max_length=2000, blank=True)
    etag = models.CharField(max_length=1000, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="Failed runs in a row.")
    refusals = models.PositiveSmallIntegerField(
        default=0, help_text="How often the server’s response for the current day had no papers."
    )
    created_at = models.DateTimeField(db_default=Now())

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind="url") & ~Q(url=""))
                | (Q(kind="folder") & ~Q(folder=""))
                | (
                    Q(kind="mailbox")
                    & ~(Q(mail_host="") | Q(mail_user=""))
                    & Q(password_variable__startswith="MAILBOX_")  # noqa: S106
                )
                | Q(kind="push"),
                name="source_says_where",
            ),
            models.CheckConstraint(
                condition=Q(kind="push")
                | Q(every_minutes__isnull=False, every_minutes__gte=5, daily_at__isnull=True)
                | Q(every_minutes__isnull=True, daily_at__isnull=False, daily_at__lte=23),
                name="source_says_when",
            ),
            models.CheckConstraint(
                condition=Q(weekdays__gte=1, weekdays__lte=EVERY_DAY, expected_on__lte=EVERY_DAY),
                name="source_weekdays_are_seven",
            ),
            models.CheckConstraint(
                condition=Q(enabled=False)
                | Q(enabled_at__isnull=False, kind="push")
                | Q(enabled_at__isnull=False, next_run_at__isnull=False),
                name="source_switched_on_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(key_variable="")
                | (Q(key_variable__startswith="SOURCE_") & ~Q(key_place="")),
                name="source_key_has_a_place",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_daily_page(self) -> bool:
        """Return whether each day has an address of its own, so that missed days can be fetched."""
        return re.search(DATE_PLACEHOLDER, self.url) is not None

    @property
    def trouble(self) -> str:
        """Return the last error as a sentence; "" if there was none or a success followed it."""
        if self.last_error_at is None:
            return ""
        passed = self.last_success_at is not None and self.last_success_at > self.last_error_at
        return "" if passed else self.last_error

    @property
    def says_new(self) -> bool:
        """Return whether even files that look like exports of old papers are news here.

        What is fetched from an address day after day is: its first fetch, the backfill, is over.
        """
        return self.kind == self.Kind.URL or self.intent == self.Intent.NEW

    def note(self, **values: object) -> bool:
        """Set and save these fields; return False if the lease was lost, and nothing is saved."""
        for name, value in values.items():
            setattr(self, name, value)
        return bool(Source.objects.filter(pk=self.pk, fence=self.fence).update(**values))

    def switch(self, on: bool, at: datetime) -> None:
        """Switch it on, to be fetched at once, or off."""
        is_asked = on and self.kind != self.Kind.PUSH
        values: dict[str, object] = {"enabled": on, "next_run_at": at if is_asked else None}
        if on:
            values |= {"enabled_at": at, "failures": 0, "refusals": 0}
        for name, value in values.items():
            setattr(self, name, value)
        Source.objects.filter(pk=self.pk).exclude(enabled=on).update(**values)


def falls_on(mask: int, day: date) -> bool:
    """Return whether the weekday of that day is in the mask (bit 0: Monday)."""
    return bool(mask >> day.weekday() & 1)


class Turn(models.Model):
    """A host that asks for pauses between requests, and until when it is reserved (see
    digest.ingest.sources.politeness).
    """

    host = models.CharField(max_length=255, primary_key=True)
    taken_until = models.DateTimeField()

    def __str__(self) -> str:
        return self.host


class PushToken(models.Model):
    """Permission to hand dumps in over HTTP; only the hash of the token is stored."""

    name = models.CharField(max_length=80, unique=True)
    source = models.ForeignKey(Source, models.CASCADE, related_name="tokens")
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name

    @classmethod
    def make(cls, name: str, source: Source) -> tuple["PushToken", str]:
        """Create a token.

        Return its row and the token, 256 random bits, which is shown this once.
        """
        token = secrets.token_urlsafe(32)
        return cls.objects.create(name=name, source=source, sha256=token_hash(token)), token


def token_hash(token: str) -> str:
    """Return what is stored of a token.

    Nothing slower is needed: 256 random bits cannot be guessed.
    """
    return hashlib.sha256(token.encode()).hexdigest()
