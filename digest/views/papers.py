"""Pages of the newest papers, of one day's papers, and of one paper."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import F, Min, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from digest.models import Dump, Paper
from subscriptions.forms.sign_up import SignupForm

PAPERS_A_PAGE = 100
OLDER_DAYS = 7
AUTHORS_SHOWN = 40


def home(request: HttpRequest) -> HttpResponse:
    """The sign-up form and the papers of the newest listing, or the newest papers if no listing
    has a date."""
    newest = Dump.objects.newest_listing()
    context = _listing(request, newest.listed_on if newest else None)
    return render(request, "digest/home.html", context | {"form": SignupForm()})


def day(request: HttpRequest, day: date) -> HttpResponse:
    """The papers listed on that day."""
    context = _listing(request, day)
    if not context["papers"].paginator.count:
        raise Http404("No papers were listed on that day.")
    newer = listed_days().filter(listed_on__gt=day).order_by("listed_on").first()
    return render(request, "digest/day.html", context | {"newer": newer})


def paper(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that is known about a paper."""
    found = get_object_or_404(Paper, pk=pk)
    context = {
        "paper": found,
        "authors": found.authors[:AUTHORS_SHOWN],
        "more_authors": found.authors[AUTHORS_SHOWN:],
        "days": listed_days().filter(listings__paper=found)[:OLDER_DAYS],
    }
    return render(request, "digest/paper.html", context)


def listed_days() -> QuerySet[Dump, date | None]:
    """Return the dates with a listing, newest first."""
    return (
        Dump.objects.listings()
        .order_by("-listed_on")
        .values_list("listed_on", flat=True)
        .distinct()
    )


def _papers_of(day: date) -> QuerySet[Paper]:
    """Return the papers of a day in the order of its listing, each once."""
    on_page = Paper.objects.filter(
        listings__dump__listed_on=day, listings__dump__state=Dump.State.PARSED
    )
    return on_page.annotate(place=Min("listings__position")).order_by("place", "pk")


def _listing(request: HttpRequest, day: date | None) -> dict[str, Any]:
    papers = (
        _papers_of(day) if day else Paper.objects.order_by(F("seq").desc(nulls_last=True), "-pk")
    )
    page = Paginator(papers, PAPERS_A_PAGE).get_page(request.GET.get("page"))
    older = listed_days().filter(listed_on__lt=day)[:OLDER_DAYS] if day else []
    return {"day": day, "papers": page, "older": older}
