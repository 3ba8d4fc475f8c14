"""Notices: what the last POST did, shown once on the page that it redirects to.

They are in a signed cookie for the path of that page alone, so that no other page, no bookmark and
no log has them. Without cookies the page still shows the new state, only not what changed.
"""

import json
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

COOKIE = "notice"
LIFETIME = 300  # seconds
MOST_BYTES = 3_000  # browsers keep 4,096 with name and signature
_NAMES_SHOWN = 300  # characters of keywords in a notice
_SALT = "notice"
Rest = ParamSpec("Rest")


def redirect_with_notice(url: str, **said: str | int) -> HttpResponseRedirect:
    """Redirect to a page of this site, which reads `said` with `read_notice`.

    A notice over MOST_BYTES is dropped: the page shows the new state without it.
    """
    response = HttpResponseRedirect(url)
    value = json.dumps({name: str(each) for name, each in said.items()})
    if said and len(value) <= MOST_BYTES:
        response.set_signed_cookie(
            COOKIE,
            value,
            salt=_SALT,
            max_age=LIFETIME,
            path=urlsplit(url).path,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


def keyword_names(texts: Sequence[str]) -> str:
    """Return keywords in quotes, or how many they are if a notice has no room for them."""
    names = ", ".join(f"“{text}”" for text in texts)
    return names if len(names) <= _NAMES_SHOWN else f"{len(texts)} keywords"


def read_notice(request: HttpRequest) -> dict[str, str]:
    """Return what `redirect_with_notice` said, {} if there is nothing that was signed here."""
    raw = request.get_signed_cookie(COOKIE, "", salt=_SALT, max_age=LIFETIME)
    return dict(json.loads(raw)) if raw else {}


def shows_notice(
    view: Callable[Concatenate[HttpRequest, Rest], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Rest], HttpResponse]:
    """Decorate a view that reads the notice: it is deleted with the page that shows it."""

    @wraps(view)
    def shown(request: HttpRequest, /, *args: Rest.args, **named: Rest.kwargs) -> HttpResponse:
        response = view(request, *args, **named)
        if request.method == "GET" and COOKIE in request.COOKIES:
            response.delete_cookie(COOKIE, path=request.path, samesite="Lax")
            response["Cache-Control"] = "no-store, private"
        return response

    return shown
