"""Acronyms that papers define, and how the short forms are written."""

from collections.abc import Collection
from typing import Self

from django.db import models
from django.db.models import Q


class AcronymDefinitionQuerySet(models.QuerySet["AcronymDefinition"]):
    def undecided(self) -> Self:
        """Without those that an operator decided on."""
        return self.filter(decision="")

    def of_short_forms(self, keys: Collection[str]) -> Self:
        """All long forms of these folded short forms, those that most papers define first."""
        return self.filter(key__in=keys).order_by("-papers", "short", "long")

    def short_forms_of(self, long_forms: Collection[str]) -> set[str]:
        """The folded short forms of these long forms."""
        return set(self.filter(long__in=long_forms).values_list("key", flat=True))

    def decide(self, key: str, long_forms: Collection[str], decision: str) -> int:
        """Set an operator's decision on a pair, in all its spellings; return how many."""
        rows = self.filter(key=key, long__in=long_forms)
        changed = rows.exclude(decision=decision).update(decision=decision)
        rows.undecided().filter(papers=0).delete()
        return changed


class AcronymDefinition(models.Model):
    """A short form with a long form, and the number of papers that define it so.

    Spellings of one pair (MoE and MOE, pre-trained and pretrained) are rows of their own:
    digest/expansions/acronyms.py takes them together.
    """

    class Decision(models.TextChoices):
        NONE = "", "by the rule"
        ACCEPTED = "accepted", "accepted"
        REFUSED = "refused", "refused"
        ADDED = "added", "added"

    short = models.CharField("short form", max_length=16, help_text="As it is written: RL, MoE.")
    key = models.CharField(max_length=16, editable=False, db_index=True)
    long = models.CharField(
        "long form",
        max_length=160,
        db_index=True,
        help_text="In folded words: reinforcement learning, mixture of expert.",
    )
    papers = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    decision = models.CharField(
        max_length=8, choices=Decision, blank=True, default="", db_default="", editable=False
    )

    objects = AcronymDefinitionQuerySet.as_manager()

    class Meta:
        verbose_name = "acronym"
        constraints = [
            models.UniqueConstraint(fields=["short", "key", "long"], name="one_row_an_acronym"),
            models.CheckConstraint(
                condition=~Q(short="") & ~Q(key="") & ~Q(long=""), name="acronym_has_two_forms"
            ),
            models.CheckConstraint(
                condition=Q(decision__in=["", "accepted", "refused", "added"]),
                name="acronym_decision_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.short}: {self.long}"


class ShortForm(models.Model):
    """In how many papers a folded word of two to ten characters occurs."""

    short = models.CharField(max_length=16, primary_key=True)
    papers_capitals = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Papers in which it has two capitals or more."
    )
    papers_any = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.short}: {self.papers_capitals} of {self.papers_any} in capitals"
