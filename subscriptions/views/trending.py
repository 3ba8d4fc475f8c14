"""Trending papers: switched on and off like a keyword."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from digest.web.signed_pages import allow_get_and_post, for_signed_row
from subscriptions import changes
from subscriptions.links import Purpose, token
from subscriptions.models import TRENDING_USUAL, Subscriber

from .keywords import other_tokens, undo_page
from .preferences import PageState, back, preferences_page


@allow_get_and_post
@for_signed_row(Purpose.TRENDING, Subscriber)
def drop(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Switch trending papers off, from a link in a mail."""
    refused: changes.ChangeRefused | None = None
    if request.method == "POST":
        try:
            return undo_page(request, changes.drop_trending(subscriber))
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
    if request.POST.get("do") != "drop":
        usual = changes.Change(changes.Kind.TRENDING, (subscriber.pk, TRENDING_USUAL))
        changes.undo(usual, at=timezone.now())
        return back(request, "keywords", did="trending-on")
    try:
        change = changes.drop_trending(subscriber)
    except changes.LastKeyword as last:
        sentence = (
            f"Trending papers were not removed. {last.message} Add a keyword first. You can also "
            "pause or unsubscribe."
        )
        return preferences_page(request, subscriber, PageState(refused=sentence))
    undo = token(Purpose.UNDO_CHANGE, str(change))
    return back(request, "keywords", did="trending-dropped", undo=undo)
