"""Files that robots, browsers and security researchers look for at fixed addresses."""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from digest.web.private_pages import private_segments
from subscriptions.links import address

# Open to everybody, and without end: a page for each query.
NOT_FOR_CRAWLERS = ("feeds", "search")
A_DAY = 86_400  # seconds
EXPIRES_AFTER = timedelta(days=180)  # RFC 9116 recommends less than a year
_ICON = Path(__file__).resolve().parents[1] / "static" / "digest" / "favicon.ico"


@require_safe
@cache_control(public=True, max_age=A_DAY)
def favicon(request: HttpRequest) -> HttpResponse:
    """The icon, for what does not read the page's link to it."""
    return HttpResponse(_icon(), content_type="image/x-icon")


@require_safe
@cache_control(public=True, max_age=A_DAY)
def robots(request: HttpRequest) -> HttpResponse:
    """Ask crawlers to stay away from private pages and searches (RFC 9309); no token is named."""
    root = settings.SITE_PATH
    segments = sorted([*private_segments(), *NOT_FOR_CRAWLERS])
    return _text(["User-agent: *", *(f"Disallow: {root}/{each}/" for each in segments)])


@require_safe
@cache_control(public=True, max_age=A_DAY)
def opensearch(request: HttpRequest) -> HttpResponse:
    """The search as browsers add it to theirs: https://github.com/dewitt/opensearch."""
    context = {"search": address("search"), "icon": address("favicon")}
    kind = "application/opensearchdescription+xml; charset=utf-8"
    return render(request, "digest/opensearch.xml", context, content_type=kind)


@require_safe
@cache_control(public=True, max_age=A_DAY)
def security(request: HttpRequest) -> HttpResponse:
    """Where to report a vulnerability (RFC 9116), if that is known."""
    if not settings.SECURITY_CONTACT:
        raise Http404("SECURITY_CONTACT is empty.")
    day = datetime.combine(timezone.now().date() + EXPIRES_AFTER, time(tzinfo=UTC))
    return _text(
        [
            *(f"Contact: {each}" for each in settings.SECURITY_CONTACT),
            f"Expires: {day:%Y-%m-%dT%H:%M:%SZ}",
            "Preferred-Languages: en",
            f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
        ]
    )


@cache
def _icon() -> bytes:
    return _ICON.read_bytes()


def _text(lines: list[str]) -> HttpResponse:
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")
