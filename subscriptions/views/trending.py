"""Trending papers: switched on and off like a keyword."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from digest.web.signed_pages import allow_get_and_post, for_signed_row
from subscriptions import changes
from subscriptions.links import Purpose
from subscriptions.models import TRENDING_LIMIT, TRENDING_USUAL, Subscriber

from .keywords import other_tokens, undo_page
from .preferences import back


@allow_get_and_post
@for_signed_row(Purpose.TRENDING, Subscriber)
def drop(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Switch trending papers off, from a link in a mail."""
    refused: changes.ChangeRefused | None = None
    if request.method == "POST":
        try:
            return undo_page(changes.drop_trending(subscriber))
        except changes.LastKeyword as last:
            refused = last
    context = {
        "subscriber": subscriber,
        "refused": refused,
        **other_tokens(request, subscriber.pk),
    }
    status = 409 if refused else 200
    return render(request, "subscriptions/drop_trending.html", context, status=status)


@allow_get_and_post
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def choose(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Switch trending papers on or off, from the preferences page."""
    if request.method != "POST":
        return back(request, "keywords")
    if request.POST.get("do") == "drop":
        try:
            _, before = changes.drop_trending(subscriber).rows
        except changes.LastKeyword:
            return back(request, "keywords", said="last")
        return back(request, "keywords", trending=before)
    change = changes.Change(changes.Kind.TRENDING, (subscriber.pk, _number(request)))
    changes.undo(change, at=timezone.now())
    return back(request, "keywords", trending="on")


def _number(request: HttpRequest) -> int:
    """Return the number to restore: the one before they were dropped, else the usual one."""
    typed = request.POST.get("top", "")
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 3 else 0
    return number if 0 < number <= TRENDING_LIMIT else TRENDING_USUAL
