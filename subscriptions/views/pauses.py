"""The link that pauses mail for a week. Stands alone: it is one of the pages of links in mails."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from digest.web.signed_pages import allow_get_and_post, for_signed_row, request_token
from subscriptions import changes
from subscriptions.links import Purpose
from subscriptions.models import Subscriber

from .keywords import undo_page


@allow_get_and_post
@for_signed_row(Purpose.PAUSE, Subscriber)
def pause(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Pause for a week, or show until when mail is paused, with a button that resumes it.

    The buttons name what they do, so that posting twice has the effect of posting once.
    """
    now = timezone.now()
    if request.method == "POST" and request.POST.get("do") == "resume":
        changes.resume(subscriber.pk, at=now)
        return redirect("pause", request_token(request))
    if request.method == "POST":
        try:
            return undo_page(changes.pause(subscriber, at=now))
        except changes.ChangeRefused:
            subscriber.refresh_from_db()
    context = {"subscriber": subscriber, "until": now + changes.PAUSE_LENGTH}
    return render(request, "subscriptions/pause.html", context)
