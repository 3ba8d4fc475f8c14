"""Headers that a reverse proxy adds to a request, and which proxies are trusted."""

import logging
import time
from collections.abc import Callable, Iterator
from functools import cache
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import URLPattern, URLResolver, get_resolver

from digest.limits.client_address import TrustedProxies, is_private
from digest.limits.requests import note_untrusted_proxy
from digest.web.probes import PROBES
from digest.web.probes.metrics_page import FORWARDED

log = logging.getLogger(__name__)

_PROTO = "HTTP_X_FORWARDED_PROTO"
_HTTP, _HTTPS = "http", "https"
# Headers that proxies add and browsers do not, with those of Cloudflare, Azure and others.
_FORWARDING = (
    "HTTP_CDN_LOOP", "HTTP_CF_", "HTTP_FASTLY_", "HTTP_FORWARDED", "HTTP_FRONT_END_HTTPS",
    "HTTP_TRUE_CLIENT_IP", "HTTP_VIA", "HTTP_X_AMZN_", "HTTP_X_ARR_", "HTTP_X_AZURE_",
    "HTTP_X_CLIENT_IP", "HTTP_X_CLUSTER_CLIENT_IP", "HTTP_X_FORWARDED", "HTTP_X_ORIGINAL_",
    "HTTP_X_REAL_IP", "HTTP_X_SCHEME", "HTTP_X_URL_SCHEME",
)  # fmt: skip
# Without TRUSTED_PROXIES a proxy on the same machine is trusted, as gunicorn does by default.
_SAME_MACHINE = TrustedProxies.from_text("127.0.0.0/8 ::1 unix")
_LOGGED_EACH = 60.0  # seconds
_NO_HEADER = (
    "The proxy in front of the site does not say whether a request came over https. Make it "
    "send the header X-Forwarded-Proto: https for those that did."
)
_NOT_TRUSTED = (
    "The proxy in front of the site sends X-Forwarded-Proto, but its address is not in "
    "TRUSTED_PROXIES. Add it there."
)
_WRONG_HEADER = (
    "The proxy in front of the site sends X-Forwarded-Proto: http for a request that the "
    "browser made over https. If another proxy before it terminates TLS, make it pass on the "
    "header that it receives."
)
_UNKNOWN_SCHEME = (
    "The proxy in front of the site sends an X-Forwarded-Proto that is neither http nor https. "
    "Make it send what the browser used: X-Forwarded-Proto: https or http."
)
# The page is sent before the middleware that sets these on others.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class ReverseProxyMiddleware:
    """Checks headers and path of a request before all other middleware.

    - X-Forwarded-Proto counts only if it comes from a trusted proxy.
    - The path of SITE_URL is removed if the proxy has not done it.
    - On an https site a request that a redirect to https would send here again, in a loop, is
      answered with a sentence for the operator.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._logged_at = float("-inf")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        _strip_site_path(request)
        request.META[FORWARDED] = any(name.startswith(_FORWARDING) for name in request.META)
        said = request.META.pop(_PROTO, None)
        trusted = (settings.TRUSTED_PROXIES or _SAME_MACHINE).contains(_peer(request))
        if said is not None and trusted:
            request.META[_PROTO] = _scheme(said)
        is_plain = settings.SECURE_SSL_REDIRECT and not request.is_secure()
        if is_plain and request.path_info not in PROBES and _may_loop(request):
            # Only for private peers: a client on the internet may forge the header.
            if said is not None and not trusted and is_private(_peer(request)):
                note_untrusted_proxy()
            return self._refuse(_fault(said, trusted))
        return self._get_response(request)

    def _refuse(self, fault: str) -> HttpResponse:
        if time.monotonic() > self._logged_at + _LOGGED_EACH:
            self._logged_at = time.monotonic()
            log.error("%s", fault)
        page = render_to_string("https_needed.html", {"site": settings.SITE_URL, "fault": fault})
        return HttpResponse(page, status=HTTPStatus.SERVICE_UNAVAILABLE, headers=_HEADERS)


def _peer(request: HttpRequest) -> str:
    return request.META.get("REMOTE_ADDR") or ""


def _scheme(said: str) -> str:
    """Return the scheme that the browser used according to X-Forwarded-Proto.

    Of a list the first value counts if it is https, as in Django; any other list is returned whole,
    because it is unclear which proxy the browser connected to.
    """
    schemes = [each.strip().lower() for each in said.split(",")]
    return schemes[0] if schemes[0] == _HTTPS else ",".join(schemes)


def _may_loop(request: HttpRequest) -> bool:
    """Whether a redirect of a plain request to https may loop, because the browser used https.

    Not if a trusted proxy says exactly "http", or if the request comes directly from a client.
    Browsers send Sec-Fetch-Site only over https (and to localhost), so it overrules any proxy.
    """
    if "HTTP_SEC_FETCH_SITE" in request.META:
        return True
    if _PROTO in request.META:
        return bool(request.META[_PROTO] != _HTTP)
    peer = _peer(request)
    return (
        bool(request.META[FORWARDED])
        or not peer
        or is_private(peer)
        or settings.TRUSTED_PROXIES.contains(peer)
    )


def _fault(said: str | None, trusted: bool) -> str:
    if said is None or (trusted and not said.strip()):
        return _NO_HEADER
    if not trusted:
        return _NOT_TRUSTED
    return _WRONG_HEADER if _scheme(said) == _HTTP else _UNKNOWN_SCHEME


def _strip_site_path(request: HttpRequest) -> None:
    """Remove the path of SITE_URL from the request's path, if the proxy has not done it.

    A page's own path may begin like SITE_URL's (/digest/<token>/). It is kept unless the rest
    begins like a page too.
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
    """Return the first segments of the paths of pages, static files and probes."""
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
