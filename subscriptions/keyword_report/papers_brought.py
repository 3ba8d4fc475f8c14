"""How many papers each keyword brought, counted from the digests that were sent.

Nothing is known, or needed, of which papers were opened.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db.models import F, TextField, Window
from django.db.models.aggregates import Sum
from django.db.models.functions import Cast, Length

from digest.models import Digest, State

PERIOD = timedelta(days=92)  # that the contents of digests are kept, at least
MOST_BYTES = 250_000  # of contents that are read: some 2,500 papers


@dataclass(frozen=True, slots=True)
class PapersBrought:
    """The papers of a subscriber's scheduled digests that were sent.

    mails: how many digests, of `papers` papers together. by_keyword: keyword as typed -> papers
    that it hit. trending: papers that no keyword hit. days: dates of the digests that were sent or
    held nothing, the newest first.
    """

    mails: int = 0
    papers: int = 0
    by_keyword: Mapping[str, int] = field(default_factory=dict)
    trending: int = 0
    days: tuple[date, ...] = ()

    @property
    def since(self) -> date | None:
        """The date of the oldest digest that is counted."""
        return self.days[-1] if self.days else None


def count_papers_brought(subscriber_id: int, today: date) -> PapersBrought:
    """Count a subscriber's papers of the last 92 days, in one query.

    Of digests with very many papers only the newest are read, up to MOST_BYTES.
    """
    ended = Digest.objects.scheduled().filter(
        subscriber=subscriber_id,
        state__in=(State.SENT, State.EMPTY),
        local_date__gt=today - PERIOD,
        pruned=False,
    )
    size = Length(Cast("entries", TextField()))
    newest_first = [F("local_date").desc(), F("pk").desc()]
    rows = (
        ended.annotate(size=size, read=Window(Sum(size), order_by=newest_first))
        .filter(read__lte=MOST_BYTES + F("size"))
        .order_by("-local_date", "-pk")
        .values_list("state", "local_date", "entries")
    )
    days, papers, hits, mails, trending = [], 0, Counter[str](), 0, 0
    for state, day, entries in rows:
        days.append(day)
        mails += state == State.SENT
        papers += len(entries)
        for entry in entries:
            hits.update(entry.keywords)
            trending += not entry.keywords
    return PapersBrought(mails, papers, dict(hits), trending, tuple(days))
