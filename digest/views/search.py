"""The page of a search."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from digest.web.search import result_sentences
from digest.web.search.form import SearchForm, SearchRequest
from digest.web.search.results import (
    cards_by_day,
    lacks_categories,
    page_of,
    papers_named,
    result_of,
)

EXAMPLES = (
    ("diffusion model", "these words next to each other, in any spelling"),
    ("robot AND (language OR vision)", "both, anywhere in a paper"),
    ("speech -music", "speech, without papers that mention music"),
    ("title:benchmark", "only in the title; also abstract: author: org: category:"),
    ("quantiz*", "words that start like this"),
)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The form, and the papers that match `?q=`; a GET, so that it can be shared and kept."""
    form = SearchForm(request.GET)
    asked = form.search_request()
    context = _found(request, asked) if asked else {"examples": EXAMPLES}
    named = papers_named(request, form)
    response = render(request, "digest/search.html", {"form": form, "named": named, **context})
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _found(request: HttpRequest, asked: SearchRequest) -> dict[str, object]:
    result = result_of(request, asked)
    page = page_of(result, request.GET.get("page"))
    return {
        "asked": asked,
        "result": result,
        "title": result_sentences.title(asked),
        "description": result_sentences.description(result),
        "total": result_sentences.total(result),
        "remarks": result_sentences.remarks(asked, result),
        "instead": [] if result.paper_ids else result_sentences.instead(asked),
        "lacks_categories": lacks_categories(asked, result),
        "page": page,
        "days": cards_by_day(asked, page),
        "previous": asked.address(page.number - 1),
        "next": asked.address(page.number + 1),
    }
