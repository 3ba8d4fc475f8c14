"""Decorators and responses of pages behind a signed link, which needs no log-in.
(`digest.web.private_pages` keeps them out of caches.)"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from operator import attrgetter
from typing import Any, TypeVar, cast

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from digest.models import Digest
from subscriptions import links
from subscriptions.forms.addresses import EmailForm
from subscriptions.links import Purpose
from subscriptions.models import Subscriber

View = Callable[..., HttpResponse]
Found = TypeVar("Found")

# Links whose pages lead to the preferences: they change what the subscriber gets, as those do. An
# unsubscribe link, and the page of a digest, may have been forwarded.
_LEAD_TO_PREFERENCES = frozenset(
    {
        Purpose.PREFERENCES,
        Purpose.KEYWORD,
        Purpose.EXCLUDE,
        Purpose.RATE,
        Purpose.TRENDING,
        Purpose.PAUSE,
    }
)


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """The signed link that a page was opened with: its subscriber, and when its lifetime began."""

    purpose: Purpose
    subscriber_id: int
    since: datetime

    @property
    def preferences_token(self) -> str:
        """A token of the preferences that lives no longer than one made with this link would.

        It is "" if this link does not lead there, or its preferences have expired.
        """
        if self.purpose not in _LEAD_TO_PREFERENCES:
            return ""
        if not links.alive(Purpose.PREFERENCES, self.since):
            return ""
        return links.token(Purpose.PREFERENCES, self.subscriber_id, at=self.since)


def note_opened_link(request: HttpRequest, link: OpenedLink) -> None:
    """Note the link that a page is opened with, for `opened_link`."""
    cast("Any", request).opened_link = link


def opened_link(request: HttpRequest) -> OpenedLink | None:
    """Return the valid signed link that a page was opened with, None on all other pages."""
    link = getattr(request, "opened_link", None)
    return link if isinstance(link, OpenedLink) else None


def for_signed_row(purpose: Purpose, model: type[Model]) -> Callable[[View], View]:
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
    purpose: Purpose,
    find: Callable[[str], Found],
    person_of: Callable[[Found], Subscriber],
    *,
    ends_with_address: bool = True,
) -> Callable[[View], View]:
    """Decorate a view to get what `find` returns for the text that its token signs.

    `find` raises ValueError or ObjectDoesNotExist if there is nothing (any more). `person_of`
    returns its subscriber: links made before their address changed have ended, unless
    `ends_with_address` is False.
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
            person, since = person_of(found), links.made_at(token)
            if ends_with_address and person.link_has_ended(since):
                return ended_link_response(request, purpose)
            note_opened_link(request, OpenedLink(purpose, person.pk, since))
            return view(request, found, **named)

        return shown

    return decorate


def _gone(request: HttpRequest, purpose: Purpose) -> HttpResponse:
    """Return the response to a valid link whose row is deleted.

    Unsubscribing an erased person succeeds: mailbox providers, too, must be told that it is done.
    """
    if purpose == Purpose.UNSUBSCRIBE:
        return render(request, "subscriptions/erased.html")
    return refused_link_response(request, purpose, expired=False)


def unless_pruned(view: View) -> View:
    """Decorate a view of a digest to answer 410 if its papers are deleted."""

    @wraps(view)
    def shown(request: HttpRequest, digest: Digest, **named: object) -> HttpResponse:
        if digest.pruned:
            lifetime = links.LIFETIMES[Purpose.DIGEST]
            assert lifetime is not None
            context = {"digest": digest, "days": lifetime.days}
            return render(request, "digest/pruned.html", context, status=410)
        return view(request, digest, **named)

    return shown


def ended_link_response(request: HttpRequest, purpose: Purpose) -> HttpResponse:
    """Return the response to a link that was sent to a former address of the subscriber.

    Unsubscribing with it succeeds: that address gets no mail.
    """
    if purpose == Purpose.UNSUBSCRIBE:
        return render(request, "subscriptions/no_mail.html")
    context = {"purpose": purpose.value, "form": EmailForm()}
    return render(request, "subscriptions/ended.html", context, status=410)


def refused_link_response(request: HttpRequest, purpose: Purpose, *, expired: bool) -> HttpResponse:
    """Return the page that says why a link does not work, and what to do."""
    lifetime = links.LIFETIMES[purpose]
    context: dict[str, object] = {
        "purpose": purpose.value,
        "expired": expired,
        "form": EmailForm(),
        "lifetime": _in_words(lifetime) if lifetime else "",
    }
    return render(request, "subscriptions/refused.html", context, status=410 if expired else 404)


def _in_words(lifetime: timedelta) -> str:
    """Return a lifetime such as "30 days", "1 day" or "30 minutes"."""
    number, unit = lifetime.days, "day"
    if not number:
        number, unit = lifetime.seconds // 60, "minute"
    return f"{number} {unit}{'s' * (number != 1)}"


def paper_not_found_response(request: HttpRequest) -> HttpResponse:
    """Return the response to a link about a paper that is not there (any more)."""
    return render(request, "digest/no_paper.html", status=404)


def request_token(request: HttpRequest) -> str:
    """Return the token of the request, so that a page never renews a link's lifetime."""
    assert request.resolver_match is not None
    return str(request.resolver_match.kwargs["token"])


allow_get_and_post = require_http_methods(["GET", "HEAD", "POST"])
