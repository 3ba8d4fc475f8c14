"""Pages behind a signed link: who holds the link may see them. (`digest.web.private_pages` keeps
them out of caches.)"""

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
    """Give the view the row its token names; answer a bad link with a sentence and the cure."""
    if model is Subscriber:
        return for_signed_text(purpose, Subscriber.objects.resolve, lambda person: person)
    of_person = model._default_manager.select_related("subscriber")
    return for_signed_text(
        purpose, lambda named: of_person.get(pk=int(named)), attrgetter("subscriber")
    )


def for_signed_text(
    purpose: links.Purpose, find: Callable[[str], Found], person_of: Callable[[Found], Subscriber]
) -> Callable[[View], View]:
    """Give the view what `find` makes of the text its token signs. `find` raises ValueError or
    ObjectDoesNotExist for what is not there (any more); `person_of` says whose it is, for a link
    from before their address changed went to somebody else."""

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
    """The answer to a link of ours whose row is deleted. Who was erased, and wants no mail, has
    what they want: mailbox providers, too, must hear that it is done."""
    if purpose == links.Purpose.UNSUBSCRIBE:
        return render(request, "subscriptions/erased.html")
    return refused_link_response(request, purpose, expired=False)


def unless_pruned(view: View) -> View:
    """Answer that a digest's papers are no longer kept, instead of showing none."""

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
    """The answer to a link that went to an address which has been changed since. Who unsubscribes
    with one has what they want: that address gets no mail."""
    if purpose == links.Purpose.UNSUBSCRIBE:
        return render(request, "subscriptions/no_mail.html")
    context = {"purpose": purpose.value, "form": EmailForm()}
    return render(request, "subscriptions/ended.html", context, status=410)


def refused_link_response(
    request: HttpRequest, purpose: links.Purpose, *, expired: bool
) -> HttpResponse:
    """The page that says why a link does not work, and what to do."""
    lifetime = links.LIFETIMES[purpose]
    context: dict[str, object] = {
        "purpose": purpose.value,
        "expired": expired,
        "form": EmailForm(),
        "days": lifetime.days if lifetime else None,
    }
    return render(request, "subscriptions/refused.html", context, status=410 if expired else 404)


def paper_not_found_response(request: HttpRequest) -> HttpResponse:
    """The answer to a private link about a paper that is not, or no longer, to be found there."""
    return render(request, "digest/no_paper.html", status=404)


def request_token(request: HttpRequest) -> str:
    """The token the page was opened with: looking at a page must not lengthen a link's life."""
    assert request.resolver_match is not None
    return str(request.resolver_match.kwargs["token"])


allow_get_and_post = require_http_methods(["GET", "HEAD", "POST"])
