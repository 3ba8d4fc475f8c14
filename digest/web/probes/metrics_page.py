"""The page of metrics, for clients of this machine or with METRICS_TOKEN."""

import hmac
import time
from http import HTTPStatus
from threading import Lock
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from digest.environment import is_loopback
from digest.limits.client_address import read_address
from digest.monitoring.metrics import CONTENT_TYPE, render_metrics

# Set by ReverseProxyMiddleware, which hides some of the headers.
FORWARDED = "digest.forwarded"
# A page is reused for so many seconds: several scrapers at once read the database once.
METRICS_SECONDS = 1.0
_lock = Lock()
_page = b""
_page_until = 0.0


def metrics_response(request: HttpRequest) -> HttpResponse:
    """Return the metrics, in Prometheus's text format.

    A stranger gets 404 where METRICS_TOKEN is not set, as from a page that is none, else 403.
    """
    if not (_is_local(request) or _has_token(request)):
        status = HTTPStatus.FORBIDDEN if settings.METRICS_TOKEN else HTTPStatus.NOT_FOUND
        return HttpResponse(f"{status.phrase}\n", status=status, content_type="text/plain")
    return HttpResponse(_metrics(), content_type=CONTENT_TYPE)


def _is_local(request: HttpRequest) -> bool:
    """Whether the client is a program on this machine.

    A proxy on this machine has a loopback address too, and forwards requests of strangers: its
    headers, and the name of the site that it was asked for, tell them apart.
    """
    peer = read_address(request.META.get("REMOTE_ADDR") or "")
    if peer is None or not peer.is_loopback or request.META.get(FORWARDED, True):
        return False
    return is_loopback(urlsplit(f"//{request.META.get('HTTP_HOST', '')}").hostname or "")


def _has_token(request: HttpRequest) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    wanted: str = settings.METRICS_TOKEN
    if not wanted or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.strip().encode(), wanted.encode())


def _metrics() -> bytes:
    global _page, _page_until
    with _lock:
        if time.monotonic() >= _page_until:
            _page = render_metrics()
            _page_until = time.monotonic() + METRICS_SECONDS
        return _page
