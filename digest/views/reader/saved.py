"""Papers saved for later: the list, and files of it for reference managers."""

from collections.abc import Iterator

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from digest.limits.requests import count_request
from digest.references import Reference, bibtex_file, ris_file
from digest.rendering.paper_card import address_of, title_of
from digest.web.notices import shows_notice
from digest.web.paper_page.references import reference_of
from digest.web.signed_pages import for_signed_row, request_token
from subscriptions.links import Purpose
from subscriptions.models import SavedPaper, Subscriber
from subscriptions.reader_papers import SAVED_LIMIT

from .marking import done

PAPERS_A_PAGE = 50
_FILES = {"papers.bib": bibtex_file, "papers.ris": ris_file}


@require_safe
@shows_notice
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def saved(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """The list, newest first; removing one is a POST to its own page."""
    page = Paginator(_rows(subscriber), PAPERS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": [(row, title_of(row.paper), address_of(row.paper)) for row in page],
        "page": page,
        "done": done(request),
        "back": f"saved:{page.number}",
        "files": list(_FILES),
        "saved_limit": SAVED_LIMIT,
        "token": request_token(request),
    }
    return render(request, "reader/saved.html", context)


@require_safe
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def export(request: HttpRequest, subscriber: Subscriber, name: str) -> HttpResponse:
    """Return the whole list as a file to download."""
    if name not in _FILES:
        raise Http404("There is no such file.")
    # To write a paper takes about as long as to preview a keyword.
    count_request(request, "keywords", cost=subscriber.saved_papers.count() or 1)
    content = _FILES[name].write(_references(subscriber))
    response = HttpResponse(content, content_type=f"{_FILES[name].CONTENT_TYPE}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _rows(subscriber: Subscriber) -> QuerySet[SavedPaper]:
    return subscriber.saved_papers.select_related("paper").order_by("-saved_at", "-pk")


def _references(subscriber: Subscriber) -> Iterator[Reference]:
    return (reference_of(row.paper) for row in _rows(subscriber).iterator(200))
