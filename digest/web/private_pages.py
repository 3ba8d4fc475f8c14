"""Headers of private pages, against caches, search engines and referrers."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

# First segments of paths that hold a token (see subscriptions.links).
TOKEN_PAGES = (
    "confirm", "digest", "keyword", "less", "pause", "preferences", "trending", "undo",
    "undo-change", "unsubscribe", "why",
)  # fmt: skip
_PRIVATE = {*TOKEN_PAGES, "admin", "outbox"}
HEADERS = {
    "Cache-Control": "no-store, private",
    # With "no-referrer" a browser posts a form with `Origin: null`, which CSRF protection refuses.
    "Referrer-Policy": "strict-origin",
    "X-Robots-Tag": "noindex, nofollow",
}


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
            for name, value in HEADERS.items():
                response[name] = value
        return response
