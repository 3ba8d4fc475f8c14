"""What the preferences say about a profile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from digest.profiles.learnt_terms import (
    LEAST_EVIDENCE,
    PAPERS_PER_RATING,
    LearntTerm,
    evidence,
)
from digest.profiles.library_terms import NO_LIBRARY, LibraryTerms

from ..models import Profile, Rating, Subscriber

SHOWN = 12  # terms; the others unfold


@dataclass(frozen=True, slots=True)
class ProfileReport:
    """The terms in force, strongest first, and those removed, the last one first.

    `ratings`: those that count. `ratings_used`, `papers_used`: what was learnt from. `library`: the
    one that counts, or would. `is_current`: whether no fit is due.
    """

    is_on: bool = True
    learnt: Sequence[LearntTerm] = ()
    removed: Sequence[LearntTerm] = ()
    ratings: int = 0
    ratings_used: int = 0
    papers_used: int = 0
    library: LibraryTerms = NO_LIBRARY
    library_added_at: datetime | None = None
    is_library_forgotten: bool = False
    is_current: bool = True

    @property
    def first(self) -> Sequence[LearntTerm]:
        return self.learnt[:SHOWN]

    @property
    def others(self) -> Sequence[LearntTerm]:
        return self.learnt[SHOWN:]

    @property
    def missing(self) -> int:
        """How many more ratings it takes until something is learnt."""
        lacking = LEAST_EVIDENCE - evidence(self.ratings, self.library.papers)
        return max(-(-lacking // PAPERS_PER_RATING), 0)

    @property
    def library_ratings(self) -> int:
        """How many ratings the papers of the library stand for."""
        return self.library.papers // PAPERS_PER_RATING


def profile_report(subscriber: Subscriber) -> ProfileReport:
    """Return a subscriber's profile as the preferences show it, in at most two queries."""
    profile = Profile.objects.filter(pk=subscriber.pk).first()
    if profile is None:
        return ProfileReport()
    since = Q(rated_at__gt=profile.learns_from) if profile.learns_from else Q()
    return ProfileReport(
        is_on=profile.is_on,
        learnt=profile.learnt if profile.acts else (),
        removed=profile.removed_terms[::-1],
        ratings=Rating.objects.filter(since, subscriber=subscriber).count(),
        ratings_used=profile.ratings_used,
        papers_used=profile.library_papers_used,
        library=profile.library_terms,
        library_added_at=profile.library_added_at,
        is_library_forgotten=profile.library_forgotten_at is not None,
        is_current=profile.changes == profile.fitted_changes,
    )
