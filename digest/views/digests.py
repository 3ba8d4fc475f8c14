"""A digest as a page: everything it holds, also what the mail left behind "and 14 more"."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from digest.delivery.compose import cards
from digest.models import Digest
from digest.views.private import private
from subscriptions.links import Purpose


@require_safe
@private(Purpose.DIGEST, Digest)
def digest(request: HttpRequest, digest: Digest) -> HttpResponse:
    """All papers of one digest, each with its reason."""
    found = cards(digest)
    context = {
        "digest": digest,
        "matched": [card for card in found if card.keywords],
        "trending": [card for card in found if not card.keywords],
    }
    return render(request, "digest/digest.html", context)
