"""Pages behind a signed link: who holds the link may see them, and nobody keeps a copy."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from subscriptions import links

View = Callable[..., HttpResponse]


def private(purpose: links.Purpose, model: type[Model]) -> Callable[[View], View]:
    """Give the view the row its token names; answer a bad link with a sentence and the cure."""

    def decorate(view: View) -> View:
        @wraps(view)
        def shown(request: HttpRequest, token: str) -> HttpResponse:
            try:
                row = model._default_manager.get(pk=links.read(purpose, token))
            except links.ExpiredLink:
                return unlisted(refused(request, purpose, expired=True))
            except (links.BadLink, model.DoesNotExist):  # type: ignore[attr-defined]
                return unlisted(refused(request, purpose, expired=False))
            return unlisted(view(request, row))

        return shown

    return decorate


def refused(request: HttpRequest, purpose: links.Purpose, *, expired: bool) -> HttpResponse:
    """The page that says why a link does not work, and what to do."""
    lifetime = links.LIFETIMES[purpose]
    context: dict[str, Any] = {
        "purpose": purpose.value,
        "expired": expired,
        "days": lifetime.days if lifetime else None,
    }
    return render(request, "subscriptions/refused.html", context, status=410 if expired else 404)


def unlisted(response: HttpResponse) -> HttpResponse:
    """Keep a page out of caches and search engines."""
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
