"""Pages of the newest papers, of one day's papers, and of one paper."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import F, Min, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from digest.models import Dump, Listing, Paper
from digest.references import bibtex_file, ris_file
from digest.references.bibtex_file import citation_key
from digest.web.paper_page import paper_page
from digest.web.paper_page.references import reference_of
from digest.web.shared_values import shared_value
from subscriptions.forms.sign_up import SignupForm

from .archive import no_listing_response

PAPERS_A_PAGE = 30
OLDER_DAYS = 7
LONGEST_FILE_NAME = 60  # without its ending
MOVED_SECONDS = 3_600
REFERENCE_FILES = {"bib": bibtex_file, "ris": ris_file}


def home(request: HttpRequest) -> HttpResponse:
    """The sign-up form and the papers of the newest listing, or the newest papers if no listing
    has a date."""
    newest = Dump.objects.newest_listing()
    day = newest.listed_on if newest else None

    def papers() -> str:
        return render_to_string("digest/home_papers.html", _listing(request, day))

    # Almost every visitor opens the first page.
    shown = papers() if request.GET.get("page") else shared_value(f"papers {day}", papers)
    return render(request, "digest/home.html", {"papers": shown, "form": SignupForm()})


def day(request: HttpRequest, day: date) -> HttpResponse:
    """The papers listed on that day."""
    context = _listing(request, day)
    if not context["page"].paginator.count:
        return no_listing_response(request, day, day)
    newer = Dump.objects.listed_days().filter(listed_on__gt=day).reverse().first()
    return render(request, "digest/day.html", context | {"newer": newer})


@require_safe
def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that is known about a paper."""
    found = Paper.objects.by_any_id([pk]).get(pk)
    if found is None:
        return render(request, "digest/paper_not_found.html", status=404)
    if found.pk != pk:
        return _moved(reverse("paper", args=[found.pk]))
    days = Dump.objects.listed_days().filter(listings__paper=found)[:OLDER_DAYS]
    context = {"paper": found, "days": days, "about": paper_page(found)}
    return render(request, "digest/paper.html", context)


@require_safe
def reference(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """A paper as a file for reference managers. `kind`: a name in REFERENCE_FILES."""
    found = Paper.objects.by_any_id([pk]).get(pk)
    if found is None:
        return render(request, "digest/paper_not_found.html", status=404)
    if found.pk != pk:
        return _moved(reverse(f"paper-{kind}", args=[found.pk]))
    written = REFERENCE_FILES[kind]
    details = reference_of(found)
    name = f"{citation_key(details)[:LONGEST_FILE_NAME]}.{kind}"
    return HttpResponse(
        written.write([details]),
        content_type=f"{written.CONTENT_TYPE}; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Robots-Tag": "noindex",
        },
    )


def _moved(address: str) -> HttpResponse:
    """Lead from the former id of a paper to the paper that it proved to be. An operator may part
    the two again, so nobody keeps it for long."""
    response = HttpResponsePermanentRedirect(address)
    response["Cache-Control"] = f"max-age={MOVED_SECONDS}"
    return response


def _ids_of(day: date) -> QuerySet[Listing, int]:
    """Return the papers of a day in the order of its listing, each once."""
    dumps = Dump.objects.listings().filter(listed_on=day)
    listed = Listing.objects.filter(dump__in=dumps)
    in_order = listed.values("paper").annotate(place=Min("position")).order_by("place", "paper")
    return in_order.values_list("paper", flat=True)


def _listing(request: HttpRequest, day: date | None) -> dict[str, Any]:
    newest = Paper.objects.listed().order_by(F("seq").desc(nulls_last=True), "-pk")
    ids = _ids_of(day) if day else newest.values_list("pk", flat=True)
    page = Paginator(ids, PAPERS_A_PAGE).get_page(request.GET.get("page"))
    # Ids first: to sort whole papers with their abstracts takes ten times as long.
    found = Paper.objects.in_bulk(list(page.object_list))
    papers = [found[pk] for pk in page.object_list if pk in found]
    older = Dump.objects.listed_days().filter(listed_on__lt=day)[:OLDER_DAYS] if day else []
    return {"day": day, "page": page, "papers": papers, "older": older}
