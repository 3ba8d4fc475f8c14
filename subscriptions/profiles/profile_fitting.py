"""Fitting the profiles of subscribers whose ratings or library changed.

Time and memory: the term counts of the newest COUNTED papers once a run, and the newest
RATINGS_USED ratings and the library's terms of one subscriber at a time.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from time import monotonic

from digest.matching.index.index_cache import BoundedCache
from digest.matching.text import tokenize
from digest.models import Paper
from digest.profiles.fitting import RatedPaper, fit
from digest.profiles.paper_terms import DocumentFrequencies, paper_terms

from ..models import Profile, Rating

RATINGS_USED = 500
COUNTED = 1_000  # papers: enough to tell common words from rare ones, in a third of a second
_KEPT = 1_000  # papers whose terms are kept during a run, about 15 kB each: readers share papers
_BATCH = 100  # profiles read at once


def fit_due(now: Callable[[], datetime], seconds: float) -> int:
    """Fit the profiles that are due, for about so many seconds; return how many were stored.

    Idempotent: what is not stored stays due.
    """
    end, last, stored = monotonic() + seconds, 0, 0
    fitter: Fitter | None = None
    while rows := list(Profile.objects.due().filter(pk__gt=last).order_by("pk")[:_BATCH]):
        fitter = fitter or Fitter()
        for profile in rows:
            if monotonic() > end:
                return stored
            stored += fitter.fit(profile, now())
        last = rows[-1].pk
    return stored


class Fitter:
    """Fits any number of profiles with the same document frequencies."""

    def __init__(self) -> None:
        self._terms: BoundedCache[int, dict[str, float]] = BoundedCache(_KEPT)
        newest = Paper.objects.numbered().order_by("-seq")[:COUNTED]
        rows = newest.values_list("pk", "title", "abstract").iterator()
        self._frequencies = DocumentFrequencies.of(self._terms_of(*row) for row in rows)

    def fit(self, profile: Profile, at: datetime) -> bool:
        """Fit one profile. Return False if it is not stored, as something changed meanwhile."""
        rated = list(self._rated(profile))
        removed = {each.term for each in profile.removed_terms}
        terms = fit(rated, self._frequencies, removed, profile.library_terms)
        return Profile.objects.store(profile, terms, len(rated), at)

    def _rated(self, profile: Profile) -> Iterator[RatedPaper]:
        rows = Rating.objects.filter(subscriber=profile.pk)
        if profile.learns_from:
            rows = rows.filter(rated_at__gt=profile.learns_from)
        newest = rows.order_by("-rated_at", "-pk")[:RATINGS_USED]
        for paper, value, title, abstract in newest.values_list(
            "paper", "value", "paper__title", "paper__abstract"
        ):
            terms = self._terms_of(paper, title, abstract)
            yield RatedPaper(paper, value, title, abstract, terms)

    def _terms_of(self, paper_id: int, title: str, abstract: str) -> dict[str, float]:
        if (found := self._terms.get(paper_id)) is not None:
            return found
        terms = paper_terms(tokenize(title).terms, tokenize(abstract).terms)
        return self._terms.keep(paper_id, terms)
