"""Papers, their listings, and the catalogue that numbers them."""

from collections.abc import Iterable
from datetime import date
from typing import Self
from urllib.parse import quote

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from digest.matching.popularity import Popularity

_LARGEST_ID = 2**63 - 1
# https://www.doi.org/doi-handbook/HTML/encoding-recommendations.html: the rest is encoded.
_IN_A_DOI = "/()[]:;,.+-_~@!$&'*="


def id_url(arxiv_id: str, doi: str) -> str:
    """Return the address of a paper by its arXiv id, else by its DOI; "" if it has neither."""
    if arxiv_id:
        return f"https://arxiv.org/abs/{arxiv_id}"
    return f"https://doi.org/{quote(doi, safe=_IN_A_DOI)}" if doi else ""


class Catalogue(models.Model):
    """One row: the newest listing number given, and how often any paper has changed.

    Code that stores papers locks this row first and keeps the lock to the commit, so numbers become
    visible in their order and one read of the row is a consistent picture of both.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    newest_seq = models.BigIntegerField(default=0)
    change = models.BigIntegerField(default=0)
    unsearchable_through = models.BigIntegerField(
        default=0,
        db_default=0,
        help_text="Papers with ids up to this one are being added to the search; 0: all are there.",
    )
    text_rules = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="The rules by which texts are read for the search; those of a new release are "
        "taken over when it first adds papers to the search.",
    )

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

    def listed(self) -> Self:
        return self.filter(unlisted_on__isnull=True)

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

    def by_any_id(self, ids: Iterable[int]) -> "dict[int, Paper]":
        """Map each of these ids to its paper, or to the one that it proved to be; ids of deleted
        papers are left out. In three queries at most."""
        wanted = {pk for pk in ids if 0 < pk <= _LARGEST_ID}
        found = self.in_bulk(wanted)
        if gone := wanted - found.keys():
            names = FormerName.objects.filter(former_id__in=gone)
            kept_as = dict(names.values_list("former_id", "paper"))
            kept = self.in_bulk(set(kept_as.values()))
            found |= {pk: kept[other] for pk, other in kept_as.items() if other in kept}
        return found

    def counted(self) -> Self:
        """Papers with anything that `Popularity` ranks by."""
        return self.filter(Q(upvotes__gt=0) | Q(comment_count__gt=0) | Q(source_count__gt=1))


class Paper(models.Model):
    """One paper, derived from its listings: what readers are shown and sent.

    `versions` follows from the ids (merge.known_versions), and is stored because follow-ups select
    papers by it.
    """

    class Precision(models.TextChoices):
        DAY = "day", "day"
        MONTH = "month", "month"
        SEASON = "season", "season"
        YEAR = "year", "year"

    class Versions(models.TextChoices):
        UNKNOWN = "", "not known"
        PREPRINT = "preprint", "a preprint"
        JOURNAL = "journal", "a journal's"
        BOTH = "both", "a preprint and a journal's"

    arxiv_id = models.CharField("arXiv id", max_length=32, unique=True, null=True, blank=True)
    doi = models.CharField("DOI", max_length=255, blank=True, db_index=True)
    preprint_doi = models.CharField(
        "preprint's DOI",
        max_length=255,
        blank=True,
        default="",
        db_default="",
        help_text="Set if the paper is known by a journal’s DOI.",
    )
    versions = models.CharField(
        max_length=8, choices=Versions, blank=True, default="", db_default="", editable=False
    )
    title = models.TextField()
    title_key = models.CharField(max_length=255, db_index=True, editable=False)
    abstract = models.TextField(blank=True)
    authors = models.JSONField(default=list, blank=True)
    author_count = models.PositiveIntegerField(null=True, blank=True)
    organization = models.CharField(max_length=255, blank=True)
    journal = models.CharField(max_length=255, blank=True, db_default="", default="")
    published_on = models.DateField(null=True, blank=True)
    published_precision = models.CharField(
        max_length=6,
        choices=Precision,
        default=Precision.DAY,
        db_default=Precision.DAY,
        help_text="How precise the publication date is.",
    )
    listed_on = models.DateField(null=True, blank=True, db_index=True)
    url = models.URLField(max_length=2000, blank=True)
    upvotes = models.PositiveIntegerField(null=True, blank=True)
    comment_count = models.PositiveIntegerField(null=True, blank=True)
    source_count = models.PositiveSmallIntegerField(
        "sources", default=1, help_text="Number of different sources that listed it."
    )
    keywords = models.JSONField(default=list, blank=True)
    categories = models.JSONField(default=list, blank=True)
    code_url = models.URLField(max_length=2000, blank=True)
    project_url = models.URLField(max_length=2000, blank=True)
    ai_summary = models.CharField(
        "AI summary",
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text="Shown under this label, never matched or ranked.",
    )
    withdrawn_at = models.DateField(null=True, blank=True)
    # Set when all dumps that list it are withdrawn; kept for those who were sent or marked it.
    unlisted_on = models.DateField(null=True, blank=True, editable=False)
    seq = models.BigIntegerField(
        "listing number",
        null=True,
        blank=True,
        unique=True,
        help_text="Empty: backfill, searchable but never mailed.",
    )
    renumbered = models.BooleanField(
        default=False,
        help_text="Renumbered: its abstract arrived later, or two papers turned out to be one.",
    )
    former = models.JSONField(
        default=list,
        blank=True,
        help_text="Ids of papers that turned out to be this one, and are not sent again.",
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
    def preprint_url(self) -> str:
        """Return the address of its preprint, "" if none is known."""
        doi = self.doi if self.versions == self.Versions.PREPRINT else ""
        return id_url(self.arxiv_id or "", self.preprint_doi or doi)

    @property
    def published_url(self) -> str:
        """Return the address of the version that a journal published, "" if none is known."""
        is_published = self.versions in (self.Versions.JOURNAL, self.Versions.BOTH)
        return id_url("", self.doi) if is_published else ""

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
    # With “v-” in front it only says that their paper is no version of another.
    apart = models.CharField(
        max_length=32,
        blank=True,
        default="",
        db_index=True,
        help_text="Set by an operator: listings that share it are a separate paper.",
    )
    record = models.JSONField(help_text="The fields as the dump gave them.")

    class Meta:
        ordering = ["dump", "position"]
        constraints = [
            models.UniqueConstraint(fields=["dump", "position"], name="one_listing_a_place"),
        ]

    def __str__(self) -> str:
        return f"{self.paper} in {self.dump}"


class FormerName(models.Model):
    """By what name a paper was known under an id, before two numbered papers proved to be one.

    If an operator parts them again, each takes back the ids under which readers were sent it.
    """

    paper = models.ForeignKey(Paper, models.CASCADE, related_name="former_names")
    former_id = models.BigIntegerField(db_index=True, help_text="Id of the paper then.")
    name = models.CharField(max_length=255, help_text="An arXiv id, else a DOI, else a title.")

    def __str__(self) -> str:
        return f"{self.name} was paper {self.former_id}"


class SearchDocument(models.Model):
    """A paper as the database's full text has it (digest/matching/full_text/document.py).

    The id orders the documents by day, then by paper: see `document_id`. Triggers (SQLite) or a
    generated column (PostgreSQL) keep the full text in step with the rows, see migration 0032; a
    migration that makes SQLite rebuild this table must create its triggers again.
    """

    id = models.BigIntegerField(primary_key=True)
    paper = models.OneToOneField(Paper, models.CASCADE, related_name="search_document")
    text = models.TextField()
    joins = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"search document of {self.paper}"
