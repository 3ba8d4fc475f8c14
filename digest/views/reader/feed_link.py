"""The page of the preferences for the private feed: its link, and how to replace or revoke it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from digest.web.notices import read_notice, redirect_with_notice, shows_notice
from digest.web.signed_pages import allow_get_and_post, for_signed_row, request_token
from subscriptions.account import feed_links
from subscriptions.links import Purpose
from subscriptions.models import Subscriber

_MOST_DIGITS = 9


@allow_get_and_post
@shows_notice
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def feed_link(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Show the link; make, replace or revoke it."""
    if request.method == "POST":
        return redirect_with_notice(request.path, did=_act(request, subscriber))
    link = feed_links.feed_link(subscriber)
    context = {
        "subscriber": subscriber,
        "gets_digests": subscriber.status in feed_links.GETS_DIGESTS,
        "serial": link.serial,
        "made_at": link.made_at,
        "address": feed_links.feed_address(link),
        "did": read_notice(request).get("did", ""),
        "token": request_token(request),
    }
    return render(request, "reader/feed_link.html", context)


def _act(request: HttpRequest, subscriber: Subscriber) -> str:
    """Carry out what was posted; return "made", "off" or, if nothing was changed, "nothing"."""
    action, typed = request.POST.get("do"), request.POST.get("serial", "")
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= _MOST_DIGITS):
        return "nothing"
    seen = int(typed)
    if action == "make" and subscriber.status in feed_links.GETS_DIGESTS:
        return "made" if feed_links.make(subscriber, seen=seen, at=timezone.now()) else "nothing"
    if action == "off":
        return "off" if feed_links.turn_off(subscriber, seen=seen) else "nothing"
    return "nothing"
