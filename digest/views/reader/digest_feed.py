"""The private Atom feed of a subscriber's digests."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from digest.feeds.atom import CONTENT_TYPE
from digest.feeds.digest_feed import current_etag, write_feed
from digest.web.signed_pages import refused_link_response
from subscriptions import links
from subscriptions.account import feed_links
from subscriptions.forms.addresses import EmailForm
from subscriptions.links import Purpose


@require_safe
def digest_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The papers of the newest digests. A poll takes three short queries while there is no newer
    digest, and leaves no trace."""
    try:
        link = feed_links.find(links.read_text(Purpose.FEED, token))
    except ValueError:
        return refused_link_response(request, Purpose.FEED, expired=False)
    if link is None:  # feed readers stop asking then
        return render(request, "reader/feed_ended.html", {"form": EmailForm()}, status=410)
    etag = current_etag(link)
    response: HttpResponse | None = get_conditional_response(request, etag)
    response = response or HttpResponse(write_feed(link), content_type=CONTENT_TYPE)
    response["ETag"] = etag
    return response
