"""Dumps: raw listings as they were received. With PostgreSQL, which several machines share, their
raw bytes are rows too (RawChunk).
"""

from datetime import UTC, date, datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import DateTimeField, ExpressionWrapper, F, Q
from django.db.models.functions import TruncDate


def is_listing() -> Q:
    """Return the condition for parsed dumps that put papers on the page of a day.

    Rows from before the check of dates (digest.ingest.formats.fields.plausible_dates) may have a
    day long after that of receipt, which would stay the newest for years; one day more is what time
    zones explain.
    """
    day_after = ExpressionWrapper(F("received_at") + timedelta(days=1), DateTimeField())
    believable = Q(listed_on__lte=TruncDate(day_after, tzinfo=UTC))
    return Q(state="parsed", papers__gt=0) & believable


def is_undated_news() -> Q:
    """Return the condition for parsed dumps without a day of their own that brought new papers.

    They, such as JSON lines, count on the day of their receipt.
    """
    return Q(state="parsed", new__gt=0, listed_on__isnull=True) & ~Q(intent="backfill")


WITHDRAWN_STATES = ("withdrawing", "withdrawn")

# Aggregates for `latest_day`.
NEWEST_DAYS = {
    "dated": models.Max("listed_on", filter=is_listing()),
    "undated": models.Max("received_at", filter=is_undated_news()),
}


def latest_day(dated: date | None, undated: datetime | None) -> date | None:
    """Return the later of a page's day and the day on which a dump without one was received."""
    received = undated and undated.astimezone(UTC).date()
    return max(filter(None, (dated, received)), default=None)


class DumpQuerySet(models.QuerySet["Dump"]):
    def withdrawn(self) -> Self:
        """Dumps that an operator withdrew, or is withdrawing."""
        return self.filter(state__in=WITHDRAWN_STATES)

    def unread(self) -> Self:
        """Dumps that may still be parsed."""
        return self.exclude(state__in=(Dump.State.PARSED, *WITHDRAWN_STATES))

    def unfinished(self) -> Self:
        """Dumps that are kept but not yet read: uploads, and what a crash left."""
        return self.filter(state=Dump.State.RECEIVED)

    def due(self, at: datetime) -> Self:
        """Dumps that are not postponed to a later time."""
        return self.filter(Q(not_before__isnull=True) | Q(not_before__lte=at))

    def missing(self) -> Self:
        """Dumps that cannot be read because their raw bytes are missing.

        One row for the parts of a file.
        """
        rows = self.unfinished().filter(missing_since__isnull=False)
        firsts = rows.values("sha256").annotate(first=models.Min("pk")).values("first")
        return rows.filter(pk__in=firsts)

    def listings(self) -> Self:
        """Dumps that put papers on the page of a day."""
        return self.filter(is_listing())

    def listed_days(self) -> "models.QuerySet[Dump, date | None]":
        """Dates of listings, each once, newest first."""
        days = self.listings().order_by("-listed_on").values_list("listed_on", flat=True)
        return days.distinct()

    def newest_listing(self) -> "Dump | None":
        """Return the listing with the latest day; if none has a day, the newest dump with news."""
        dated = self.listings().order_by("-listed_on", "-pk").first()
        return dated or self.filter(is_undated_news()).order_by("-received_at", "-pk").first()

    def newest_day(self) -> date | None:
        """Return the latest day from which papers have come; None if there were none."""
        return latest_day(**self.aggregate(**NEWEST_DAYS))


class Dump(models.Model):
    """One file of listed papers: kept byte for byte, read whole or not at all."""

    class State(models.TextChoices):
        RECEIVED = "received", "received"
        WAITING = "waiting", "waiting for “new” or “backfill”"
        PARSED = "parsed", "parsed"
        QUARANTINED = "quarantined", "quarantined"
        WITHDRAWING = "withdrawing", "being withdrawn"
        WITHDRAWN = "withdrawn", "withdrawn"

    class Intent(models.TextChoices):
        AUTO = "auto", "new, unless too many"
        NEW = "new", "new: number and mail"
        BACKFILL = "backfill", "backfill: search only, never mail"

    sha256 = models.CharField("SHA-256", max_length=64)
    part = models.PositiveIntegerField(default=0)
    total_parts = models.PositiveIntegerField(default=1, help_text="Number of parts of its file.")
    source = models.ForeignKey(
        "digest.Source", models.SET_NULL, null=True, blank=True, related_name="dumps"
    )
    archive = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="members",
        help_text="The archive it was in.",
    )
    name = models.CharField(max_length=255, help_text="The file's name as it arrived.")
    size = models.BigIntegerField(default=0, help_text="Bytes.")
    format = models.CharField(
        max_length=32, default="auto", help_text="auto: detected from the content."
    )
    intent = models.CharField(max_length=8, choices=Intent, default=Intent.AUTO)
    received_at = models.DateTimeField()
    listed_on = models.DateField(
        null=True,
        blank=True,
        help_text="The date of the listing; can be set by hand before parsing.",
    )
    state = models.CharField(max_length=11, choices=State, default=State.RECEIVED)
    papers = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=list, blank=True, help_text="Skipped entries, with reasons.")
    notes = models.JSONField(default=list, blank=True, help_text="Values that were ignored.")
    error = models.TextField(blank=True, help_text="Why it was rejected, and what to do.")
    unlimited = models.BooleanField(
        default=False,
        help_text="Submitted by an operator, so MAX_DUMP_RECORDS and MAX_UNPACKED_BYTES do not "
        "apply.",
    )

    # On the first part, for the whole file: the lease of its reader (digest/ingest/dump_lease.py).
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    fence = models.PositiveIntegerField(
        default=0, db_default=0, editable=False, help_text="Rises with each claim."
    )
    missing_since = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since when its raw bytes are missing."
    )
    not_before = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When it is tried again."
    )
    raw_deleted_at = models.DateTimeField(
        "bytes deleted", null=True, blank=True, help_text="When retention deleted the raw bytes."
    )
    withdrawn_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="None of its listings counts while this is set; undone when it has been read "
        "again.",
    )
    withdrawal = models.JSONField(
        null=True, blank=True, editable=False, help_text="What the withdrawal did, in numbers."
    )

    # In memory only: it was parsed before, and is to be read again with other options.
    needs_rereading = False

    objects = DumpQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        permissions = [
            ("download_dump", "Can download the raw bytes of a dump"),
            ("withdraw_dump", "Can withdraw dumps, and undo that"),
        ]
        indexes = [models.Index(fields=["listed_on"], name="dump_listed_on")]
        constraints = [
            models.UniqueConstraint(fields=["sha256", "part"], name="one_dump_a_content"),
            models.CheckConstraint(
                condition=~Q(state="quarantined") | ~Q(error=""), name="quarantine_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        if self.total_parts == 1:
            return self.name
        return f"{self.name}, part {self.part + 1:,} of {self.total_parts:,}"

    @property
    def is_withdrawn(self) -> bool:
        """Whether its bytes are refused, because an operator withdrew it."""
        return self.state in WITHDRAWN_STATES


class RawChunk(models.Model):
    """One MB or less of a dump's raw bytes, in order of `position`."""

    sha256 = models.CharField("SHA-256", max_length=64, help_text="Of all chunks together.")
    position = models.PositiveIntegerField(help_text="0 for the first chunk.")
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sha256", "position"], name="one_chunk_a_position")
        ]

    def __str__(self) -> str:
        return f"{self.sha256}, chunk {self.position:,}"
