"""Joining, looking at one's digest, leaving. GET shows a page with one button, POST acts."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from digest import assemble, tasks
from digest.matching.keywords import KeywordError, parse
from digest.models import Digest
from digest.views.private import private
from subscriptions import signup
from subscriptions.forms import FREQUENCIES, EmailForm, SignupForm
from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber
from subscriptions.schedule import Frequency
from subscriptions.signup import Asked

page = require_http_methods(["GET", "HEAD", "POST"])


@page
@sensitive_post_parameters("email")
def subscribe(request: HttpRequest) -> HttpResponse:
    """Take a sign-up. The answer does not tell whether, or how, the address is known here."""
    form = SignupForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "subscriptions/subscribe.html", {"form": form})
    if not form.is_trapped:
        signup.request(form.cleaned_data["email"], form.asked(), at=timezone.now())
        tasks.wake(tasks.drain)
    return render(request, "subscriptions/asked.html", {"email": form.cleaned_data["email"]})


@page
@private(Purpose.CONFIRM, Subscriber)
def confirm(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Show what was asked for; start sending it when the button is pressed."""
    if request.method == "POST":
        signup.confirm(subscriber.pk, at=timezone.now())
        return redirect(_preferences_address(subscriber, said="confirmed"))
    asked = Asked.from_json(subscriber.requested) if subscriber.requested else None
    context = {
        "subscriber": subscriber,
        "asked": asked,
        "frequency": FREQUENCIES[Frequency(asked.frequency)] if asked else "",
        "keywords": meanings(asked.keywords) if asked else [],
    }
    return render(request, "subscriptions/confirm.html", context)


@private(Purpose.PREFERENCES, Subscriber)
def preferences(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """What somebody gets and when, with the way to try it and the way out."""
    today = timezone.now().astimezone(subscriber.zone).date()
    context = {
        "subscriber": subscriber,
        "frequency": FREQUENCIES[Frequency(subscriber.frequency)],
        "keywords": meanings(subscriber.active_keywords()),
        "confirmed": request.GET.get("said") == "confirmed",
        "sample": _sample_of(subscriber, today),
        "token": _token(request),
        "unsubscribe_token": token(Purpose.UNSUBSCRIBE, subscriber.pk),
    }
    return render(request, "subscriptions/preferences.html", context)


@page
@private(Purpose.PREFERENCES, Subscriber)
def sample(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Send the last 7 days now, once a day."""
    if request.method == "POST" and subscriber.status == Subscriber.Status.ACTIVE:
        assemble.plan_sample(subscriber, timezone.now())
        tasks.wake(tasks.drain)
    return redirect(reverse("preferences", args=[_token(request)]) + "#sample")


@csrf_exempt  # mailbox providers press this button too, without a cookie (RFC 8058)
@page
@private(Purpose.UNSUBSCRIBE, Subscriber)
def unsubscribe(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Stop every mail at once. The body is never read: the address says all there is to know."""
    if request.method != "POST":
        return render(request, "subscriptions/unsubscribe.html", {"subscriber": subscriber})
    left = signup.unsubscribe(subscriber.pk)
    # The link of a forwarded mail must not bring anybody back: only who left just now may undo.
    undo_token = token(Purpose.UNDO, subscriber.pk) if left else ""
    context = {"subscriber": subscriber, "undo_token": undo_token}
    return render(request, "subscriptions/unsubscribed.html", context)


@page
@private(Purpose.UNDO, Subscriber)
def undo(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Take an unsubscribe back."""
    if request.method != "POST":
        context = {"subscriber": subscriber, "undo_token": _token(request)}
        return render(request, "subscriptions/unsubscribed.html", context)
    signup.undo_unsubscribe(subscriber.pk, at=timezone.now())
    # No link to the preferences from here: an unsubscribe link, however old, gives nothing else.
    return redirect("undo", _token(request))


@page
@sensitive_post_parameters("email")
def fresh_link(request: HttpRequest) -> HttpResponse:
    """Mail a new link to the preferences, if the address is known; say the same if it is not."""
    form = EmailForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "subscriptions/link.html", {"form": form})
    signup.send_preferences_link(form.cleaned_data["email"], at=timezone.now())
    tasks.wake(tasks.drain)
    return render(request, "subscriptions/link_sent.html", {"email": form.cleaned_data["email"]})


def meanings(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Each keyword with its meaning in plain words, or why it cannot be used (any more)."""
    return [{"text": text} | _meaning(text) for text in texts]


def _meaning(text: str) -> dict[str, str]:
    try:
        return {"meaning": parse(text).meaning()}
    except KeywordError as wrong:
        return {"error": wrong.message}


def _sample_of(subscriber: Subscriber, day: date) -> Digest | None:
    return Digest.objects.filter(
        subscriber=subscriber, kind=Digest.Kind.SAMPLE, local_date=day
    ).first()


def _token(request: HttpRequest) -> str:
    """The token the page was opened with: looking at a page must not lengthen a link's life."""
    assert request.resolver_match is not None
    return str(request.resolver_match.kwargs["token"])


def _preferences_address(subscriber: Subscriber, said: str = "") -> str:
    address = reverse("preferences", args=[token(Purpose.PREFERENCES, subscriber.pk)])
    return f"{address}?said={said}" if said else address
