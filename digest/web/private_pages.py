"""Headers of private pages, against caches, search engines and referrers."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponseBase

# First segments of paths that hold a token (see subscriptions.links).
TOKEN_PAGES = (
    "account", "confirm", "digest", "feed", "keyword", "less", "new-address", "pause",
    "preferences", "rate", "trending", "undo", "undo-address", "undo-change", "unsubscribe", "why",
)  # fmt: skip
_PRIVATE = {*TOKEN_PAGES, "admin", "deleted", "outbox"}
HEADERS = {
    "Cache-Control": "no-store, private",
    # With "no-referrer" a browser posts a form with `Origin: null`, which CSRF protection refuses.
    "Referrer-Policy": "strict-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
# A feed reader may keep a feed until it asks again, and nobody posts a form from there.
FEED, _OF_A_FEED = "feed", (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)
FEED_HEADERS = HEADERS | {
    "Cache-Control": "private, max-age=900",
    "Referrer-Policy": "no-referrer",
}


def private_segments() -> list[str]:
    """Return the first segments of the paths of private pages."""
    return sorted(_PRIVATE)


def is_private(path: str) -> bool:
    """Whether a path within the site begins like that of a private page."""
    return path.removeprefix("/").partition("/")[0] in _PRIVATE


class PrivatePagesMiddleware:
    """Sets HEADERS on every response under such a path, redirects and errors included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if is_private(request.path_info):
            for name, value in _headers(request.path_info, response.status_code).items():
                response[name] = value
        return response


def _headers(path: str, status: int) -> dict[str, str]:
    is_feed = path.removeprefix("/").partition("/")[0] == FEED
    return FEED_HEADERS if is_feed and status in _OF_A_FEED else HEADERS
