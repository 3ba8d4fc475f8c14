"""Decorators and responses of pages behind a signed link, which needs no log-in.
(`digest.web.private_pages` keeps them out of caches.)"""

from collections.abc import Callable
from functools import wraps
from operator import attrgetter
from typing import TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from digest.models import Digest
from subscriptions import links
from subscriptions.forms.addresses import EmailForm
from subscriptions.models import Subscriber

View = Callable[..., HttpResponse]
Found = TypeVar("Found")


def for_signed_row(purpose: links.Purpose, model: type[Model]) -> Callable[[View], View]:
    """Decorate a view to get the row that its token names, a subscriber or one with a subscriber.

    An invalid, expired or ended link gets a page that says why, and what to do.
    """
    if model is Subscriber:
        return for_signed_text(purpose, Subscriber.objects.resolve, lambda person: person)
    of_person = model._default_manager.select_related("subscriber")
    return for_signed_text(
        purpose, lambda named: of_person.get(pk=int(named)), attrgetter("subscriber")
    )


def for_signed_text(
    purpose: links.Purpose, find: Callable[[str], Found], person_of: Callable[[Found], Subscriber]
) -> Callable[[View], View]:
    """Decorate a view to get what `find` returns for the text that its token signs.

    `find` raises ValueError or ObjectDoesNotExist if there is nothing (any more). `person_of`
    returns its subscriber: links made before their address changed have ended.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def shown(request: HttpRequest, token: str, **named: object) -> HttpResponse:
            try:
                found = find(links.read_text(purpose, token))
            except links.ExpiredLink:
                return refused_link_response(request, purpose, expired=True)
            except ObjectDoesNotExist:
                return _gone(request, purpose)
            except ValueError:
                return refused_link_response(request, purpose, expired=False)
            if person_of(found).link_has_ended(links.made_at(token)):
                return ended_link_response(request, purpose)
            return view(request, found, **named)

        return shown

    return decorate


def _gone(request: HttpRequest, purpose: links.Purpose) -> HttpResponse:
    """Return the response to a valid link whose row is deleted.

    Unsubscribing an erased person succeeds: mailbox providers, too, must be told that it is done.
    """
    if purpose == links.Purpose.UNSUBSCRIBE:
        return render(request, "subscriptions/erased.html")
    return refused_link_response(request, purpose, expired=False)


def unless_pruned(view: View) -> View:
    """Decorate a view of a digest to answer 410 if its papers are deleted."""

    @wraps(view)
    def shown(request: HttpRequest, digest: Digest, **named: object) -> HttpResponse:
        if digest.pruned:
            lifetime = links.LIFETIMES[links.Purpose.DIGEST]
            assert lifetime is not None
            context = {"digest": digest, "days": lifetime.days}
            return render(request, "digest/pruned.html", context, status=410)
        return view(request, digest, **named)

    return shown


def ended_link_response(request: HttpRequest, purpose: links.Purpose) -> HttpResponse:
    """Return the response to a link that was sent to a former address of the subscriber.

    Unsubscribing with it succeeds: that address gets no mail.
    """
    if purpose == links.Purpose.UNSUBSCRIBE:
        return render(request, "subscriptions/no_mail.html")
    context = {"purpose": purpose.value, "form": EmailForm()}
    return render(request, "subscriptions/ended.html", context, status=410)


def refused_link_response(
    request: HttpRequest, purpose: links.Purpose, *, expired: bool
) -> HttpResponse:
    """Return the page that says why a link does not work, and what to do."""
    lifetime = links.LIFETIMES[purpose]
    context: dict[str, object] = {
        "purpose": purpose.value,
        "expired": expired,
        "form": EmailForm(),
        "days": lifetime.days if lifetime else None,
    }
    return render(request, "subscriptions/refused.html", context, status=410 if expired else 404)


def paper_not_found_response(request: HttpRequest) -> HttpResponse:
    """Return the response to a link about a paper that is not there (any more)."""
    return render(request, "digest/no_paper.html", status=404)


def request_token(request: HttpRequest) -> str:
    """Return the token of the request, so that a page never renews a link's lifetime."""
    assert request.resolver_match is not None
    return str(request.resolver_match.kwargs["token"])


allow_get_and_post = require_http_methods(["GET", "HEAD", "POST"])
