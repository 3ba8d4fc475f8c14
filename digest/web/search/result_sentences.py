"""What the page of a search says about its results."""

from dataclasses import dataclass
from datetime import date

from django.utils.timezone import now

from digest import paper_index
from digest.matching.query import Keyword
from digest.matching.query.variants import words_anywhere
from digest.matching.suggestions import corrected_spelling
from digest.matching.work_budget import TooBroad, WorkBudget
from digest.rendering.paper_card import clipped, isolated
from digest.search import MAX_RESULTS, SearchResult

from .form import SearchRequest

_TITLE_LIMIT = 100  # characters of a query in the page's title
_SPELLING_STEPS = 100_000


@dataclass(frozen=True, slots=True)
class Instead:
    """Another text to search for: `label` says why."""

    label: str
    text: str
    address: str


def title(asked: SearchRequest) -> str:
    """Return the page's title, like "Papers on “graph neural networks”"."""
    return f"Papers on “{isolated(clipped(asked.query.text, _TITLE_LIMIT))}”"


def total(result: SearchResult) -> str:
    """Return how many papers match, as far as that is known."""
    count = len(result.paper_ids)
    if not count:
        return "no papers so far" if result.stopped_at else "no papers"
    papers = f"{count:,} paper{'' if count == 1 else 's'}"
    if result.has_more:
        return f"more than {papers}"
    return f"at least {papers}" if result.stopped_at else papers


def description(result: SearchResult) -> str:
    """Return what a link to the page says about it."""
    count = len(result.paper_ids)
    matching = f"{total(result)} match{'es' if count == 1 else ''}" if count else "no papers yet"
    return f"{matching.capitalize()}. Get new ones by e-mail each morning."


def remarks(asked: SearchRequest, result: SearchResult) -> list[str]:
    """Return sentences about what was not searched, or not ordered."""
    said = []
    if result.has_more and asked.best:
        said.append(f"These are the newest {MAX_RESULTS:,} papers, the best matches first.")
    elif result.has_more:
        said.append(f"These are the newest {MAX_RESULTS:,}. Choose days to see older ones.")
    if result.stopped_at:
        said.append(
            f"So many papers come close that we searched only {_back_to(result.stopped_at)}. Add "
            "a word, or choose days."
        )
    if result.days:
        said.append(f"Only papers of the last {result.days} days can be searched here.")
    if result.is_filling:
        said.append("Older papers are still being added to the search.")
    return said


def _back_to(day: date) -> str:
    """How far a search came; nothing is known of one that ended before it found any candidate."""
    is_known = date.min < day < now().date()
    return f"back to {day.day} {day:%B %Y}" if is_known else "some of them"


def instead(asked: SearchRequest) -> list[Instead]:
    """Return what to search for instead of a text that found nothing: another spelling, the words
    of a phrase anywhere in a paper, all days."""
    keyword = asked.query.keyword
    found = []
    if spelling := _spelling(keyword):
        found.append(Instead("Did you mean", spelling, asked.for_text(spelling)))
    if wider := words_anywhere(keyword):
        found.append(Instead("Words anywhere:", wider.text, asked.for_text(wider.text)))
    if asked.of_days:
        found.append(Instead("On any day:", asked.query.text, asked.of_all_days.address()))
    return found


def _spelling(keyword: Keyword) -> str | None:
    """A likely spelling, if an index is there: building one would take longer than a search."""
    index = paper_index.built_index()
    if index is None:
        return None
    try:
        return corrected_spelling(index, keyword, WorkBudget(_SPELLING_STEPS))
    except TooBroad:
        return None
