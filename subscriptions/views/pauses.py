"""Pausing mail until a date, and ending the pause: from a mail's link, and from the preferences."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from digest.web.notices import read_notice, redirect_with_notice, shows_notice
from digest.web.signed_pages import allow_get_and_post, for_signed_row, request_token
from subscriptions import changes
from subscriptions.forms.pauses import PauseForm
from subscriptions.links import Purpose
from subscriptions.models import Subscriber
from subscriptions.pause_days import end_of_pause, first_due_after_pause

from .keywords import undo_page


@allow_get_and_post
@shows_notice
@for_signed_row(Purpose.PAUSE, Subscriber)
def pause(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Pause for a week or until a date, or show the pause with a button that ends it.

    The buttons name what they do, so that posting twice has the effect of posting once.
    """
    at = timezone.now()
    if request.method != "POST":
        return _page(request, subscriber, PauseForm.of(subscriber, at), at)
    here = reverse("pause", args=[request_token(request)])
    if request.POST.get("do") == "resume":
        said = "resumed" if changes.resume(subscriber.pk, at=at) else ""
        return redirect_with_notice(here, pause=said)
    was_paused = subscriber.status == Subscriber.Status.PAUSED
    form = _sent_form(request, subscriber, at)
    if form.is_bound and not form.is_valid():
        return _page(request, subscriber, form, at)
    try:
        change = _pause(subscriber, form, at)
    except changes.ChangeRefused:
        return redirect_with_notice(here)
    return redirect_with_notice(here, pause="paused") if was_paused else undo_page(request, change)


@allow_get_and_post
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def preferences_pause(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Pause or end a pause, and return to the preferences. A wrong date is shown on a page of its
    own."""
    at, said = timezone.now(), ""
    if request.method == "POST" and request.POST.get("do") == "resume":
        said = "resumed" if changes.resume(subscriber.pk, at=at) else ""
    elif request.method == "POST":
        form = _sent_form(request, subscriber, at)
        if form.is_bound and not form.is_valid():
            return _page(request, subscriber, form, at)
        try:
            _pause(subscriber, form, at)
            said = "paused"
        except changes.ChangeRefused:
            pass  # The page says that the subscriber gets nothing.
    url = reverse("preferences", args=[request_token(request)])
    return redirect_with_notice(f"{url}#pause", **{"pause": said} if said else {})


def _sent_form(request: HttpRequest, subscriber: Subscriber, at: datetime) -> PauseForm:
    """Return the form with the date that was sent, unbound if there was none: then the usual
    pause is meant."""
    return PauseForm.of(subscriber, at, request.POST if "until" in request.POST else None)


def _pause(subscriber: Subscriber, form: PauseForm, at: datetime) -> changes.Change:
    day = form.cleaned_data["until"] if form.is_bound else None
    return changes.pause(subscriber, at=at, until=day)


def _page(
    request: HttpRequest, subscriber: Subscriber, form: PauseForm, at: datetime
) -> HttpResponse:
    end = end_of_pause(subscriber, form.days.usual)
    context = {
        "subscriber": subscriber,
        "form": form,
        "notice": read_notice(request),
        "until": end,
        "next_due": first_due_after_pause(subscriber, subscriber.paused_until or end),
    }
    return render(request, "subscriptions/pause.html", context)
