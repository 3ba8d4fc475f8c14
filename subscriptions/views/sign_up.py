"""Signing up, confirming, and a new link to the preferences."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from digest import tasks
from digest.limits.requests import count_request
from digest.web.signed_pages import (
    allow_get_and_post,
    for_signed_text,
    request_token,
)
from subscriptions import request_queue, signup
from subscriptions.forms.addresses import EmailForm, LinkForm
from subscriptions.forms.sign_up import FREQUENCIES, SignupForm
from subscriptions.links import Purpose, made_at, token
from subscriptions.models import Subscriber
from subscriptions.schedule import Frequency
from subscriptions.signup import SignUpRequest
from subscriptions.zones import zone_label

from .preferences import meanings


@allow_get_and_post
@sensitive_post_parameters("email")
def subscribe(request: HttpRequest) -> HttpResponse:
    """Queue a sign-up. The answer does not tell whether, or how, the address is known."""
    form = SignupForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "subscriptions/subscribe.html", {"form": form})
    if not form.is_from_bot:
        count_request(request, "letters")
        request_queue.queue_sign_up(
            form.cleaned_data["email"], form.sign_up_request(), at=timezone.now()
        )
        tasks.wake(tasks.take_requests)
    return render(request, "subscriptions/asked.html", {"email": form.cleaned_data["email"]})


def _linked(named: str) -> tuple[Subscriber, int]:
    """Return the subscriber, and the count of confirmations when the link was mailed."""
    pk, confirmations = signup.read_confirmation_name(named)
    return Subscriber.objects.resolve(pk), confirmations


@allow_get_and_post
@for_signed_text(Purpose.CONFIRM, _linked, lambda found: found[0])
def confirm(request: HttpRequest, found: tuple[Subscriber, int]) -> HttpResponse:
    """Show the request; on POST confirm exactly what was shown, once."""
    subscriber, confirmations = found
    has_changed = False
    if request.method == "POST":
        try:
            shown = request.POST.get("shown")
            if shown is None and signup.is_older_than(subscriber, made_at(request_token(request))):
                # Programs post without the page's field: they confirm what was mailed.
                shown = signup.fingerprint(subscriber)
            signup.confirm_shown(subscriber.pk, confirmations, shown or "", at=timezone.now())
        except signup.LinkUsed:
            subscriber.refresh_from_db()
        except signup.RequestChanged:
            subscriber.refresh_from_db()
            has_changed = True
        else:
            fresh = token(Purpose.PREFERENCES, subscriber.pk)
            return redirect(reverse("preferences", args=[fresh]) + "?said=confirmed")
    if not subscriber.requested or subscriber.confirmations != confirmations:
        context = {"subscriber": subscriber, "form": EmailForm()}
        return render(request, "subscriptions/confirmed.html", context)
    context = _request_context(subscriber) | {"has_changed": has_changed}
    status = 409 if has_changed else 200
    return render(request, "subscriptions/confirm.html", context, status=status)


def _request_context(subscriber: Subscriber) -> dict[str, object]:
    asked = SignUpRequest.from_json(subscriber.requested)
    return {
        "subscriber": subscriber,
        "shown": signup.fingerprint(subscriber),
        "asked": asked,
        "zone": zone_label(asked.timezone),
        "frequency": FREQUENCIES[Frequency(asked.frequency)],
        "keywords": meanings(asked.keywords),
        "earlier": [each for each in subscriber.active_keywords() if each not in asked.keywords],
        **_trending(subscriber, asked),
    }


def _trending(subscriber: Subscriber, asked: SignUpRequest) -> dict[str, object]:
    """Context of the trending papers: how many a mail will have, and whether that is new."""
    before = subscriber.trending_top
    return {
        "top": before or asked.trending_top,
        "trending_is_new": bool(asked.trending_top),
        "weekly": asked.frequency == Frequency.WEEKLY,
    }


@allow_get_and_post
@sensitive_post_parameters("email")
def fresh_link(request: HttpRequest) -> HttpResponse:
    """Queue a new link to the preferences; the answer is the same for unknown addresses."""
    form = LinkForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "subscriptions/link.html", {"form": form})
    count_request(request, "letters")
    request_queue.queue_preferences_link(form.cleaned_data["email"], at=timezone.now())
    tasks.wake(tasks.take_requests)
    return render(request, "subscriptions/link_sent.html", {"email": form.cleaned_data["email"]})
