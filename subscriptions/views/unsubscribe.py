"""Unsubscribing, and taking that back within a day."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from digest.mail_events.recording import record_click
from digest.web.signed_pages import allow_get_and_post, for_signed_row, request_token
from subscriptions import unsubscribing
from subscriptions.digest_links import DIGEST_PARAMETER
from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber

_FROM_PAGE = "page"  # the query parameter of the page's own form


@csrf_exempt  # mailbox providers post here too, without a cookie (RFC 8058)
@allow_get_and_post
@for_signed_row(Purpose.UNSUBSCRIBE, Subscriber)
def unsubscribe(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Stop all mail at once. The request's body is ignored: the URL says everything.

    The page's own form is redirected to the page that can undo it. Mailbox providers, who post to
    the URL of the header, are not: they take only an answer of 200 for done (RFC 8058, 3.1).
    """
    reference = request.GET.get(DIGEST_PARAMETER, "")
    if request.method != "POST":
        context = {"subscriber": subscriber, "reference": reference}
        return render(request, "subscriptions/unsubscribe.html", context)
    left = unsubscribing.unsubscribe(subscriber.pk)
    record_click(subscriber, reference, timezone.now())
    # The link in a forwarded mail must not resubscribe anybody: undo is offered only right now.
    undo_token = token(Purpose.UNDO, subscriber.pk) if left else ""
    if _FROM_PAGE in request.GET:
        return redirect("undo", undo_token) if left else redirect(request.path)
    context = {"subscriber": subscriber, "undo_token": undo_token}
    return render(request, "subscriptions/unsubscribed.html", context)


@allow_get_and_post
@for_signed_row(Purpose.UNDO, Subscriber)
def undo(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Undo an unsubscription."""
    if request.method != "POST":
        is_back = subscriber.status != Subscriber.Status.UNSUBSCRIBED
        context = {"subscriber": subscriber, "undo_token": request_token(request)}
        template = "subscriptions/back.html" if is_back else "subscriptions/unsubscribed.html"
        return render(request, template, context)
    unsubscribing.undo_unsubscribe(subscriber.pk, at=timezone.now())
    # No link to the preferences: an unsubscribe link must give access to nothing else.
    return redirect("undo", request_token(request))
