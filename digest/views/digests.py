"""A digest as a page, with the papers that the mail leaves out ("and 14 more")."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from digest.models import Digest, Paper
from digest.rendering.digest_message import cards
from digest.rendering.digest_summary import DigestSummary
from digest.rendering.footnotes import follow_up_footnotes, footnote_papers, near_miss_footnotes
from digest.rendering.paper_card import Card
from digest.rendering.sections import grouped
from digest.rendering.wording import opening
from digest.selection.contents import keywords_of
from digest.web.signed_pages import for_signed_row, request_token, unless_pruned
from subscriptions.links import Purpose


@require_safe
@for_signed_row(Purpose.DIGEST, Digest)
@unless_pruned
def digest(request: HttpRequest, digest: Digest) -> HttpResponse:
    """Show all papers of a digest with their reasons. Readers forward its URL, so no link on the
    page changes anything."""
    found = cards(digest)
    matched = [card for card in found if card.keywords]
    trending = [card for card in found if not card.keywords]
    papers = Paper.objects.in_bulk(footnote_papers(digest))
    summary = _summary(digest, matched, trending)
    context = {
        "digest": digest,
        "opening": " ".join(opening(summary)) if digest.composed_at else "",
        "trending_title": summary.trending_title,
        "matched": matched,
        "groups": grouped(matched),
        "trending": trending,
        "follow_ups": follow_up_footnotes(digest, papers),
        "near_misses": list(near_miss_footnotes(digest, papers, {})),
        "token": request_token(request),
    }
    return render(request, "digest/digest.html", context)


def _summary(digest: Digest, matched: list[Card], trending: list[Card]) -> DigestSummary:
    wanted = sum(not keyword.excludes for keyword in keywords_of(digest.subscriber))
    return DigestSummary(digest, [card.keywords for card in matched], len(trending), wanted)
