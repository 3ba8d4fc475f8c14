"""The results of a search: found once for all its pages."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from hashlib import sha256
from itertools import groupby

from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.utils.timezone import now

from digest.ingest.papers.lookup import clean_text, find_by_address
from digest.limits.requests import count_request
from digest.matching.index.highlighting import hit_spans
from digest.matching.keyword_preview import asks_for_category
from digest.models import Paper
from digest.paper_texts import paper_text
from digest.rendering.paper_card import Card
from digest.search import SearchResult, search
from digest.web.shared_values import shared_value

from .form import SearchForm, SearchRequest

PAPERS_A_PAGE = 30
_NEWEST_SEEN = 200  # papers among which one with categories is looked for


@dataclass(frozen=True, slots=True)
class DayOfResults:
    """Cards of one day; None in a list that is not in the order of days, or for papers without."""

    day: date | None
    cards: list[Card]


def result_of(request: HttpRequest, asked: SearchRequest) -> SearchResult:
    """Search, or return what the same search found within the last minute.

    Raises LimitReached if the client has searched too often; a kept result does not count.
    """

    def found() -> SearchResult:
        count_request(request, "search")
        return search(asked.query.keyword, best=asked.best, first=asked.first, last=asked.last)

    name = repr((asked.query.keyword.canonical, asked.best, asked.first, asked.last))
    return shared_value(f"search {sha256(name.encode()).hexdigest()}", found)


def papers_named(request: HttpRequest, form: SearchForm) -> list[Paper]:
    """Return the papers whose id or address was typed, which no keyword can name.

    Raises LimitReached, as a search does.
    """
    if "q" not in form.errors:
        return []
    count_request(request, "search")
    return find_by_address(clean_text(form.data["q"]), now().date())


def lacks_categories(asked: SearchRequest, result: SearchResult) -> bool:
    """Whether nothing is found because no source of this site has categories."""
    if result.paper_ids or not asks_for_category(asked.query.keyword):
        return False
    newest = Paper.objects.numbered().order_by("-seq").values_list("categories", flat=True)
    return not any(newest[:_NEWEST_SEEN])


def page_of(result: SearchResult, number: str | None) -> Page[int]:
    """Return a page of the papers' ids; the last one for a number beyond the end."""
    return Paginator(result.paper_ids, PAPERS_A_PAGE).get_page(number)


def cards_by_day(asked: SearchRequest, page: Page[int]) -> list[DayOfResults]:
    """Return the cards of a page with the hits marked, under their days if newest come first."""
    papers = Paper.objects.in_bulk(list(page.object_list))
    cards = [_card(asked, papers[pk]) for pk in page.object_list if pk in papers]
    if asked.best:
        return [DayOfResults(None, cards)]
    return [DayOfResults(day, list(some)) for day, some in groupby(cards, _day)]


def _day(card: Card) -> date | None:
    """The day under which a paper is found, as in its document."""
    return card.paper.listed_on or card.paper.published_on


def _card(asked: SearchRequest, paper: Paper) -> Card:
    return Card(paper, (), "", partial(hit_spans, asked.query.keyword, paper_text(paper)))
