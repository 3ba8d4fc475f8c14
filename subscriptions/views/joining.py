"""Joining, leaving, and a fresh link for who has lost theirs."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters

from digest import tasks
from digest.delivery.events import record_click
from digest.delivery.leaving import ASKED_IN
from digest.limits.requests import count_request
from digest.views.private import private, token_of
from subscriptions import signup
from subscriptions.forms import FREQUENCIES, EmailForm, SignupForm
from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber
from subscriptions.schedule import Frequency
from subscriptions.signup import Asked

from .page import page
from .preferences import meanings


@page
@sensitive_post_parameters("email")
def subscribe(request: HttpRequest) -> HttpResponse:
    """Take a sign-up. The answer does not tell whether, or how, the address is known here."""
    form = SignupForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "subscriptions/subscribe.html", {"form": form})
    if not form.is_trapped:
        count_request(request, "letters")
        signup.request(form.cleaned_data["email"], form.asked(), at=timezone.now())
        tasks.wake(tasks.drain)
    return render(request, "subscriptions/asked.html", {"email": form.cleaned_data["email"]})


@page
@private(Purpose.CONFIRM, Subscriber)
def confirm(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Show what was asked for; start sending it when the button is pressed."""
    if request.method == "POST":
        signup.confirm(subscriber.pk, at=timezone.now())
        fresh = token(Purpose.PREFERENCES, subscriber.pk)
        return redirect(reverse("preferences", args=[fresh]) + "?said=confirmed")
    asked = Asked.from_json(subscriber.requested) if subscriber.requested else None
    new = asked.keywords if asked else ()
    context = {
        "subscriber": subscriber,
        "asked": asked,
        "frequency": FREQUENCIES[Frequency(asked.frequency)] if asked else "",
        "keywords": meanings(new),
        "earlier": [text for text in subscriber.active_keywords() if text not in new],
        **_trending(subscriber, asked),
    }
    return render(request, "subscriptions/confirm.html", context)


def _trending(subscriber: Subscriber, asked: Asked | None) -> dict[str, Any]:
    """How many trending papers a mail will have, and whether that is new."""
    before = subscriber.trending_top
    return {
        "top": before or (asked.trending_top if asked else 0),
        "trending_is_new": bool(asked and asked.trending_top),
        "weekly": (asked or subscriber).frequency == Frequency.WEEKLY,
    }


@csrf_exempt  # mailbox providers press this button too, without a cookie (RFC 8058)
@page
@private(Purpose.UNSUBSCRIBE, Subscriber)
def unsubscribe(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Stop every mail at once. The body is never read: the address says all there is to know."""
    if request.method != "POST":
        return render(request, "subscriptions/unsubscribe.html", {"subscriber": subscriber})
    left = signup.unsubscribe(subscriber.pk)
    record_click(subscriber, request.GET.get(ASKED_IN, ""), timezone.now())
    # The link of a forwarded mail must not bring anybody back: only who left just now may undo.
    undo_token = token(Purpose.UNDO, subscriber.pk) if left else ""
    context = {"subscriber": subscriber, "undo_token": undo_token}
    return render(request, "subscriptions/unsubscribed.html", context)


@page
@private(Purpose.UNDO, Subscriber)
def undo(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Take an unsubscribe back."""
    if request.method != "POST":
        is_back = subscriber.status != Subscriber.Status.UNSUBSCRIBED
        context = {"subscriber": subscriber, "undo_token": token_of(request)}
        template = "subscriptions/back.html" if is_back else "subscriptions/unsubscribed.html"
        return render(request, template, context)
    signup.undo_unsubscribe(subscriber.pk, at=timezone.now())
    # No link to the preferences from here: an unsubscribe link, however old, gives nothing else.
    return redirect("undo", token_of(request))


@page
@sensitive_post_parameters("email")
def fresh_link(request: HttpRequest) -> HttpResponse:
    """Mail a new link to the preferences, if the address is known; say the same if it is not."""
    form = EmailForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "subscriptions/link.html", {"form": form})
    count_request(request, "letters")
    signup.send_preferences_link(form.cleaned_data["email"], at=timezone.now())
    tasks.wake(tasks.drain)
    return render(request, "subscriptions/link_sent.html", {"email": form.cleaned_data["email"]})
