"""What ratings and a library say about the order of a subscriber's digests.

The admin does not show it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import F, Q

from digest.profiles.learnt_terms import (
    LEAST_EVIDENCE,
    PAPERS_PER_RATING,
    RULE_VERSION,
    LearntTerm,
    evidence,
    without_removed,
)
from digest.profiles.library_terms import NO_LIBRARY, LibraryTerms

from .subscribers import Subscriber

# The columns of a profile that has no library.
WITHOUT_LIBRARY: dict[str, Any] = {
    "library": {},
    "library_added_at": None,
    "library_forgotten_at": None,
}


class ProfileQuerySet(models.QuerySet["Profile"]):
    def acting(self) -> Self:
        """Those that order digests."""
        used = F("ratings_used") * PAPERS_PER_RATING + F("library_papers_used")
        return self.alias(used=used).filter(is_on=True, used__gte=LEAST_EVIDENCE)

    def of(self, subscriber_ids: Sequence[int]) -> Self:
        """Those of some subscribers, with what is needed to order their digests."""
        return self.filter(pk__in=subscriber_ids).only("terms", "removed")

    def due(self) -> Self:
        """Those to be fitted: ratings or removed terms changed since, or the rules did."""
        is_changed = Q(changes__gt=F("fitted_changes"))
        is_outdated = Q(rule_version__lt=RULE_VERSION, fitted_at__isnull=False)
        return self.filter(is_changed | is_outdated, is_on=True)

    def note_change(self, **columns: object) -> int:
        """Make these due, and set columns; a fit that is going on is not stored then."""
        return self.update(changes=F("changes") + 1, **columns)

    def library_forgotten_before(self, at: datetime) -> Self:
        """Those with a library that was forgotten before then, and is not deleted yet."""
        return self.filter(library_forgotten_at__lt=at)

    def store(
        self, profile: "Profile", terms: Collection[LearntTerm], ratings: int, at: datetime
    ) -> bool:
        """Store what was fitted to so many ratings and the profile's library, unless something
        changed meanwhile."""
        unchanged = self.filter(pk=profile.pk, is_on=True, changes=profile.changes)
        return bool(
            unchanged.update(
                terms=[each.to_json() for each in terms],
                ratings_used=ratings,
                library_papers_used=profile.library_terms.papers,
                rule_version=RULE_VERSION,
                fitted_changes=profile.changes,
                fitted_at=at,
            )
        )


class Profile(models.Model):
    """What was learnt from a subscriber's ratings and library, and what they said about that."""

    subscriber = models.OneToOneField(
        Subscriber, models.CASCADE, primary_key=True, related_name="profile"
    )
    is_on = models.BooleanField(default=True, db_default=True)
    terms: "models.Field[list[Any], list[Any]]" = models.JSONField(
        default=list, help_text="Term, weight and spelling of each, strongest first."
    )
    removed: "models.Field[list[Any], list[Any]]" = models.JSONField(
        default=list, help_text="Term, weight and spelling of those that the subscriber removed."
    )
    learns_from = models.DateTimeField(
        null=True, blank=True, help_text="Ratings up to then are forgotten here."
    )
    library: "models.Field[dict[str, Any], dict[str, Any]]" = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        help_text="Counts of the terms of a library; empty if there is none.",
    )
    library_added_at = models.DateTimeField(null=True, blank=True)
    library_forgotten_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Since then the library does not count; it can be restored until it is deleted.",
    )
    ratings_used = models.PositiveIntegerField(default=0)
    library_papers_used = models.PositiveIntegerField(default=0, db_default=0)
    rule_version = models.PositiveSmallIntegerField(default=0)
    changes = models.PositiveIntegerField(
        default=0,
        help_text="Rises with each change of the ratings, the library and the removed terms.",
    )
    fitted_changes = models.PositiveIntegerField(
        default=0, help_text="Its value at the fit; a lower one means that a fit is due."
    )
    fitted_at = models.DateTimeField(null=True, blank=True)

    objects = ProfileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(fitted_changes__lte=F("changes")), name="profile_fitted_to_the_past"
            ),
            models.CheckConstraint(
                condition=Q(library_forgotten_at__isnull=True) | Q(library_added_at__isnull=False),
                name="profile_forgets_a_library_it_has",
            ),
        ]
        indexes = [
            models.Index(
                fields=["subscriber"],
                name="profile_due",
                condition=Q(changes__gt=F("fitted_changes")),
            ),
            models.Index(fields=["rule_version"], name="profile_rules"),
            models.Index(
                fields=["library_forgotten_at"],
                name="profile_forgotten_library",
                condition=Q(library_forgotten_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"profile {self.pk}"

    @property
    def removed_terms(self) -> list[LearntTerm]:
        """The terms that the subscriber removed, the last one last."""
        return [LearntTerm.from_json(each) for each in self.removed]

    @property
    def learnt(self) -> list[LearntTerm]:
        """The terms in force, strongest first."""
        removed = {each.term for each in self.removed_terms}
        return without_removed(map(LearntTerm.from_json, self.terms), removed)

    @property
    def library_terms(self) -> LibraryTerms:
        """The library that counts: none if it is forgotten."""
        is_forgotten = self.library_forgotten_at is not None
        return NO_LIBRARY if is_forgotten else LibraryTerms.from_json(self.library)

    @property
    def acts(self) -> bool:
        """Whether there was enough to learn from at the last fit."""
        return evidence(self.ratings_used, self.library_papers_used) >= LEAST_EVIDENCE

    @property
    def weights(self) -> dict[str, float]:
        """Term -> weight, of the terms in force."""
        return {each.term: each.weight for each in self.learnt}
