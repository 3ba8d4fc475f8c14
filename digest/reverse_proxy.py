"""What a reverse proxy in front of the site says of a request, and which of them are believed."""

import logging
import time
from collections.abc import Callable, Iterator
from functools import cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import URLPattern, URLResolver, get_resolver

from digest.limits.client import TrustedProxies, is_private
from digest.limits.requests import note_untrusted
from digest.probes import PROBES

log = logging.getLogger(__name__)

_PROTO = "HTTP_X_FORWARDED_PROTO"
_FORWARDING = (
    "HTTP_FORWARDED", "HTTP_VIA", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_X_REAL_IP",
)  # fmt: skip
# Where no proxy is named, one on the same machine is believed, as gunicorn does by default.
_SAME_MACHINE = TrustedProxies.read("127.0.0.0/8 ::1 unix")
_LOGGED_EACH = 60.0  # seconds
_NO_HEADER = (
    "The proxy in front of the site does not say whether a request came over https. Have it send "
    "the header X-Forwarded-Proto: https with those that did."
)
_NOT_BELIEVED = (
    "The proxy in front of the site sends X-Forwarded-Proto, but its address is not in "
    "TRUSTED_PROXIES. Add it there."
)
_WRONG_HEADER = (
    "The proxy in front of the site says X-Forwarded-Proto: http of a request that the browser "
    "sent over https. Where another proxy in front of it ends TLS, have it pass on the header "
    "that it gets."
)


class ReverseProxyMiddleware:
    """Decides, before anything else looks at a request, what of its headers and path is believed.

    - X-Forwarded-Proto counts only if it comes from one of TRUSTED_PROXIES.
    - The path of SITE_URL is taken off where the proxy has left it on.
    - On an https site a request for which a redirect to https could lead nowhere but back here is
      answered with a sentence for the operator.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._logged_at = float("-inf")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        _strip_site_path(request)
        said = request.META.get(_PROTO)
        believed = _is_believed(_peer(request))
        if said is not None and not believed:
            del request.META[_PROTO]
        is_plain = settings.SECURE_SSL_REDIRECT and not request.is_secure()
        if is_plain and request.path_info not in PROBES and _may_loop(request):
            if said is not None and not believed:
                note_untrusted()
            return self._refuse(_fault(said, believed))
        return self._get_response(request)

    def _refuse(self, fault: str) -> HttpResponse:
        if time.monotonic() > self._logged_at + _LOGGED_EACH:
            self._logged_at = time.monotonic()
            log.error("%s", fault)
        page = render_to_string("https_needed.html", {"site": settings.SITE_URL, "fault": fault})
        response = HttpResponse(page, status=HTTPStatus.SERVICE_UNAVAILABLE)
        response["Cache-Control"] = "no-store"
        return response


def _peer(request: HttpRequest) -> str:
    return request.META.get("REMOTE_ADDR") or ""


def _is_believed(peer: str) -> bool:
    return (settings.TRUSTED_PROXIES or _SAME_MACHINE).include(peer)


def _may_loop(request: HttpRequest) -> bool:
    """Whether a plain request may have been sent over https, so that a redirect to https would
    bring it here again, and again.

    Not if a believed proxy says "http", or if it comes straight from a client. Browsers send
    Sec-Fetch-Site only over https (and to this machine): that tells more than any proxy.
    """
    if "HTTP_SEC_FETCH_SITE" in request.META:
        return True
    if _PROTO in request.META:
        return False
    peer = _peer(request)
    forwarded = any(name in request.META for name in _FORWARDING)
    return forwarded or not peer or is_private(peer) or settings.TRUSTED_PROXIES.include(peer)


def _fault(said: str | None, believed: bool) -> str:
    if said is None:
        return _NO_HEADER
    return _WRONG_HEADER if believed else _NOT_BELIEVED


def _strip_site_path(request: Any) -> None:
    """Take the path of SITE_URL off the request's path, if the proxy has not done it.

    A page's own path may begin like SITE_URL's (/digest/<token>/). It is left alone unless what
    follows begins like a page too.
    """
    prefix = settings.FORCE_SCRIPT_NAME
    if not prefix or not f"{request.path_info}/".startswith(f"{prefix}/"):
        return
    rest = request.path_info.removeprefix(prefix) or "/"
    if rest.split("/")[1] in _first_segments():
        request.path_info = rest
        request.path = prefix + rest


@cache
def _first_segments() -> frozenset[str]:
    """What the paths of pages and static files begin with."""
    static = settings.STATIC_URL.removeprefix(settings.FORCE_SCRIPT_NAME or "").strip("/")
    routes = _routes(get_resolver().url_patterns)
    probes = {path.strip("/") for path in PROBES}
    return frozenset({route.partition("/")[0] for route in routes} | {static} | probes)


def _routes(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for each in patterns:
        route = str(each.pattern)
        if isinstance(each, URLResolver) and not route:
            yield from _routes(each.url_patterns)
        else:
            yield route
