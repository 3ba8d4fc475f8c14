"""Pages of the archive: a month as a calendar, and what is shown for a day without a listing."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from digest.models import Dump
from digest.web.archive import WEEKDAYS, calendar_month, gap, last_of_month
from digest.web.shared_values import shared_value


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """The newest month with a listing."""
    newest = Dump.objects.listed_days().first()
    if newest is None:
        return render(request, "digest/archive.html", {"month": None})
    return month(request, newest.replace(day=1))


@require_safe
def month(request: HttpRequest, month: date) -> HttpResponse:
    """The days of a month, each with a listing linked to its page."""
    found = shared_value(f"archive {month}", lambda: calendar_month(month))
    if found is None:
        return no_listing_response(request, month, last_of_month(month))
    return render(request, "digest/archive.html", {"month": found, "weekdays": WEEKDAYS})


def no_listing_response(request: HttpRequest, first: date, last: date) -> HttpResponse:
    """Return the response to a day or a month without a listing: the nearest days that have one."""
    context = {"gap": gap(first, last), "today": now().date()}
    return render(request, "digest/no_listing.html", context, status=404)
