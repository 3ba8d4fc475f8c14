"""The counts that neighbours are found from, kept up to date for the keywords of people who asked
for neighbours."""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic

from django.db import transaction
from django.utils import timezone

from digest import paper_index
from digest.matching.index import PaperIndex
from digest.matching.index.index_cache import BoundedCache
from digest.matching.query import Keyword
from digest.matching.similarity import TermCounts, has_topic, paper_terms, term_weights
from digest.models import CountedTerms, KeywordVector, vector_key
from digest.selection.active_keywords import distinct_keywords
from subscriptions.models import Subscriber, Subscription

MAX_MEANINGS = 20_000  # whose counts are kept
_NEWEST = 100  # matches counted at once, the newest
_WRITTEN_AT_ONCE = 100  # rows of a transaction
_PAPERS_KEPT = 4_000  # whose terms are remembered in a run


def count_matches(seconds: float) -> None:
    """Count the matches since the last time, for about so many seconds; the next run goes on from
    there. A keyword without counts starts with its newest 100 matches in the shared index; each
    later run adds at most 100."""
    end = monotonic() + seconds
    wanted = wanted_keywords()
    rows = KeywordVector.objects
    rows.keep_only(wanted.keys())
    if not wanted:
        return
    index, _ = paper_index.recent_papers(0, timezone.now().date())
    behind = iter(rows.behind(index.through))
    counter = _Counter(index)
    while monotonic() < end and (some := list(islice(behind, _WRITTEN_AT_ONCE))):
        counter.update(
            [(pk, wanted[meaning], seq) for pk, meaning, seq in some if meaning in wanted]
        )


def wanted_keywords() -> dict[str, Keyword]:
    """Map the key of each meaning to its keyword: those with a topic of people who get digests, or
    will after a pause, and asked for neighbours."""
    stopped = (Subscriber.Status.PENDING, Subscriber.Status.UNSUBSCRIBED)
    asked = Subscription.objects.active().filter(subscriber__neighbours=True)
    rows = asked.exclude(subscriber__status__in=stopped)
    return {
        vector_key(keyword.canonical): keyword
        for keyword in distinct_keywords(rows, MAX_MEANINGS)
        if has_topic(keyword)
    }


@dataclass(slots=True)
class _Counter:
    """Counts in one state of the index."""

    index: PaperIndex
    terms: "BoundedCache[int, frozenset[str]]" = field(
        default_factory=lambda: BoundedCache(_PAPERS_KEPT)
    )

    def update(self, rows: list[tuple[int, Keyword, int | None]]) -> None:
        """Bring these rows (id, keyword, number up to which it is counted) up to date."""
        through = self.index.through
        unchanged: dict[int | None, list[int]] = defaultdict(list)
        matched: dict[int, tuple[int | None, list[int]]] = {}
        for pk, keyword, before in rows:
            ids = self._matches(keyword, before)
            if ids:
                matched[pk] = before, ids
            else:
                unchanged[before].append(pk)
        known = KeywordVector.objects.in_bulk(matched)
        counted = {
            pk: self._plus(known[pk], ids) for pk, (_, ids) in matched.items() if pk in known
        }
        with transaction.atomic():
            for before, pks in unchanged.items():
                KeywordVector.objects.skip_to(pks, before, through)
            for pk, counts in counted.items():
                row = CountedTerms(through, counts.matches, counts.papers)
                KeywordVector.objects.record(pk, matched[pk][0], row)

    def _matches(self, keyword: Keyword, before: int | None) -> list[int]:
        """The newest matches among the papers that have not been counted."""
        index = self.index
        bits = index.evaluate(keyword)
        if before is None:
            return index.newest(bits, _NEWEST)
        new = index.window(max(before, index.after), index.through, change=index.change)
        return index.newest(bits & new, _NEWEST)

    def _plus(self, row: KeywordVector, ids: list[int]) -> TermCounts:
        counts = TermCounts(row.matches, row.terms)
        return counts.plus(map(self._terms_of, ids), term_weights(self.index))

    def _terms_of(self, paper_id: int) -> frozenset[str]:
        known = self.terms.get(paper_id)
        return known or self.terms.keep(paper_id, frozenset(paper_terms(self.index, paper_id)))
