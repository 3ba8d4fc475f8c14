"""Papers, their listings, and the catalogue that numbers them."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from digest.matching.popularity import Popularity


class Catalogue(models.Model):
    """One row: the newest listing number given, and how often any paper has changed.

    Code that stores papers locks this row first and keeps the lock to the commit, so numbers become
    visible in their order and one read of the row is a consistent picture of both.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    newest_seq = models.BigIntegerField(default=0)
    change = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "catalogue"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_catalogue")]

    def __str__(self) -> str:
        return f"{self.newest_seq} papers numbered, {self.change} changes"

    @classmethod
    def current(cls) -> "Catalogue":
        """Return the row as it is now, unlocked."""
        return cls.objects.filter(pk=1).first() or cls()

    @classmethod
    def lock(cls) -> "Catalogue":
        """Return the row, locked until the surrounding transaction ends (SQLite locks at BEGIN)."""
        cls.objects.get_or_create(pk=1)
        return cls.objects.select_for_update().get(pk=1)


class PaperQuerySet(models.QuerySet["Paper"]):
    def numbered(self) -> Self:
        """Papers that may be mailed: backfill has no number."""
        return self.filter(seq__isnull=False)

    def between(self, after: int, through: int) -> Self:
        """Numbered papers of the window (after, through]."""
        return self.filter(seq__gt=after, seq__lte=through)

    def changed_since(self, change: int) -> Self:
        """Papers that have changed after that value of the catalogue's counter."""
        return self.filter(change__gt=change)

    def listed_from(self, day: date) -> Self:
        """Papers first listed on that day or later."""
        return self.filter(listed_on__gte=day)

    def most_popular(self) -> Self:
        """Papers in the order of `Popularity`: by upvotes, comments, sources, then as listed."""
        counts = [Coalesce(name, 0).desc() for name in ("upvotes", "comment_count")]
        return self.order_by(*counts, "-source_count", "seq", "pk")

    def counted(self) -> Self:
        """Papers with anything that `Popularity` ranks by."""
        counted = Q(upvotes__gt=0) | Q(comment_count__gt=0) | Q(source_count__gt=1)
        return self.filter(counted)


class Paper(models.Model):
    """One paper, derived from its listings: what readers are shown and sent."""

    arxiv_id = models.CharField("arXiv id", max_length=32, unique=True, null=True, blank=True)
    doi = models.CharField("DOI", max_length=255, blank=True, db_index=True)
    title = models.TextField()
    title_key = models.CharField(max_length=255, db_index=True, editable=False)
    abstract = models.TextField(blank=True)
    authors = models.JSONField(default=list, blank=True)
    author_count = models.PositiveIntegerField(null=True, blank=True)
    organization = models.CharField(max_length=255, blank=True)
    published_on = models.DateField(null=True, blank=True)
    listed_on = models.DateField(null=True, blank=True, db_index=True)
    url = models.URLField(max_length=2000)
    upvotes = models.PositiveIntegerField(null=True, blank=True)
    comment_count = models.PositiveIntegerField(null=True, blank=True)
    source_count = models.PositiveSmallIntegerField(
        "sources", default=1, help_text="How many different sources listed it."
    )
    keywords = models.JSONField(default=list, blank=True)
    categories = models.JSONField(default=list, blank=True)
    code_url = models.URLField(max_length=2000, blank=True)
    project_url = models.URLField(max_length=2000, blank=True)
    withdrawn_at = models.DateField(null=True, blank=True)
    seq = models.BigIntegerField(
        "listing number",
        null=True,
        blank=True,
        unique=True,
        help_text="Empty: backfill, searchable but never mailed.",
    )
    renumbered = models.BooleanField(
        default=False,
        help_text="Numbered anew: its abstract came later, or two papers proved to be one.",
    )
    former = models.JSONField(
        default=list,
        blank=True,
        help_text="Ids of papers that proved to be this one: who was sent them, was sent it.",
    )
    change = models.BigIntegerField(default=0, db_index=True, editable=False)

    objects = PaperQuerySet.as_manager()

    class Meta:
        ordering = ["-seq", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(seq__isnull=True) | Q(seq__gt=0), name="seq_positive"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="paper_has_a_title"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def popularity(self) -> Popularity:
        """Return what ranks it among trending papers."""
        return Popularity(self.upvotes or 0, self.comment_count or 0, self.source_count)

    @property
    def byline(self) -> str:
        """Return up to three authors and "et al.", else the organisation, else the number of
        authors.
        """
        if self.authors:
            shown = ", ".join(self.authors[:3])
            return f"{shown} et al." if (self.author_count or len(self.authors)) > 3 else shown
        if self.organization:
            return self.organization
        if self.author_count:
            return f"{self.author_count} author{'' if self.author_count == 1 else 's'}"
        return ""


class Listing(models.Model):
    """One paper as one dump listed it: the parsed fields, from which the paper is derived."""

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="listings")
    dump = models.ForeignKey("digest.Dump", models.CASCADE, related_name="listings")
    position = models.PositiveIntegerField(help_text="Place in the dump, from 1.")
    # The three names a record may be known by, for finding what belongs together.
    arxiv_id = models.CharField(max_length=32, blank=True, db_index=True)
    doi = models.CharField(max_length=255, blank=True, db_index=True)
    title_key = models.CharField(max_length=255, db_index=True)
    apart = models.CharField(
        max_length=32,
        blank=True,
        default="",
        db_index=True,
        help_text="Set by an operator: listings that share it are a paper of their own.",
    )
    record = models.JSONField(help_text="The fields as the dump gave them.")

    class Meta:
        ordering = ["dump", "position"]
        constraints = [
            models.UniqueConstraint(fields=["dump", "position"], name="one_listing_a_place"),
        ]

    def __str__(self) -> str:
        return f"{self.paper} in {self.dump}"
