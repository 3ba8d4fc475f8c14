"""Searching every stored paper for a keyword: candidates of the full text, each verified."""

from contextlib import closing
from dataclasses import dataclass
from datetime import date
from time import monotonic

from django.conf import settings
from django.utils import timezone

from digest import paper_index
from digest.matching.full_text import StoredPaper, candidates, day_of
from digest.matching.query import Keyword
from digest.matching.ranking import rank
from digest.models import Catalogue

from .full_text import TimeUp, has_full_text, newest_candidates, time_limit
from .verified import best_first, verified

MAX_RESULTS = 1_000
MAX_CANDIDATES = 20_000  # of one search
SECONDS = 1.5  # for one search


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found, in order: at most 1,000 papers, the newest ones.

    `has_more`: older papers match as well. `stopped_at`: the day back to which it searched before
    its budget was used up, None if it came to the end. `days`: how many days back the papers that
    were searched go, 0 for all. `is_filling`: papers from before an upgrade are still being added.
    """

    paper_ids: tuple[int, ...]
    has_more: bool = False
    stopped_at: date | None = None
    days: int = 0
    is_filling: bool = False


def search(
    keyword: Keyword,
    *,
    best: bool = False,
    first: date | None = None,
    last: date | None = None,
    most: int = MAX_RESULTS,
) -> SearchResult:
    """Search the stored papers for a keyword, the newest `most` that match.

    `best`: in the order of relevance, instead of newest first. `first` and `last`: only papers
    listed (if that is not known, published) on these days and those between. Looks for papers for
    SECONDS at most; ordering them by relevance reads texts for READ_SECONDS at most.
    Raises ValueError if the keyword only excludes papers.
    """
    if keyword.excludes:
        raise ValueError(f"{keyword.text} only excludes papers")
    today = timezone.now().date()
    if not has_full_text():
        return _search_index(keyword, best, first, last, most, today)
    found: dict[int, StoredPaper] = {}
    reached, seen, is_over = today, 0, False
    end = monotonic() + SECONDS
    pages = newest_candidates(candidates(keyword.tree), first, last, today, MAX_CANDIDATES)
    try:
        with time_limit(SECONDS), closing(pages):
            for some in pages:
                found |= verified(keyword, some, end)
                seen += len(some)
                reached = day_of(some[-1].id) or date.min
                if len(found) > most:
                    break
                if seen >= MAX_CANDIDATES or monotonic() > end:
                    is_over = True
                    break
    except TimeUp:
        is_over = True
    newest = dict(list(found.items())[:most])
    return SearchResult(
        best_first(keyword, newest, today) if best else tuple(newest),
        has_more=len(found) > most,
        stopped_at=reached if is_over else None,
        is_filling=Catalogue.current().unsearchable_through > 0,
    )


def _search_index(
    keyword: Keyword, best: bool, first: date | None, last: date | None, most: int, today: date
) -> SearchResult:
    """Search the index in memory, where the database has no full text."""
    days = paper_index.days_covered(settings.INDEX_DAYS, today)
    index, within = paper_index.recent_papers(settings.INDEX_DAYS, today)
    found = map(index.metadata, index.ids(index.evaluate(keyword) & within))
    dated = [(paper.listed_on or paper.published_on or date.min, paper.id) for paper in found]
    first, last = first or date.min, last or date.max
    newest = sorted((each for each in dated if first <= each[0] <= last), reverse=True)
    ids = [pk for _, pk in newest[:most]]
    if best:
        hits = dict.fromkeys(ids, (keyword,))
        ids = [match.paper_id for match in rank(index, hits, today=today)]
    return SearchResult(tuple(ids), has_more=len(newest) > most, days=days)
