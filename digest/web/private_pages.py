"""Pages of one reader: no cache keeps them, no search engine lists them, no site learns of them."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

# The first part of the addresses that hold a token (see subscriptions.links).
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
    """Whether a path within the site is of such a page, or would be if it were complete."""
    return path.removeprefix("/").partition("/")[0] in _PRIVATE


class PrivatePagesMiddleware:
    """Gives every answer under such an address the headers: refusals, redirects and errors too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if is_private(request.path_info):
            for name, value in HEADERS.items():
                response[name] = value
        return response
