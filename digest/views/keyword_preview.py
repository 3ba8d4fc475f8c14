"""The keyword preview beside the form: how much each keyword would bring, while it is typed."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from digest.limits.requests import count_request
from digest.matching.query import MAX_KEYWORDS, split_list
from digest.web.keyword_lines import keyword_lines
from subscriptions.changes import resolve_wordings
from subscriptions.forms.sign_up import TEXT_LIMIT
from subscriptions.forms.wording_ticks import chosen_wordings
from subscriptions.schedule import Frequency


@require_POST
def keyword_preview(request: HttpRequest) -> HttpResponse:
    """The part of the page that htmx replaces. A POST, so that no log has the keywords; it changes
    nothing."""
    texts = split_list(request.POST.get("keywords", "")[:TEXT_LIMIT])[: 2 * MAX_KEYWORDS]
    count_request(request, "keywords", cost=min(len(texts), MAX_KEYWORDS) or 1)
    weekly = request.POST.get("frequency") == Frequency.WEEKLY
    is_sign_up = request.POST.get("form") == "sign-up"
    context = {
        "preview": keyword_lines(
            texts, resolve_wordings(texts, chosen_wordings(request.POST)), weekly=weekly
        ),
        "weekly": weekly,
        "with_trending": is_sign_up and (not texts or "trending" in request.POST),
        "is_sign_up": is_sign_up,
    }
    return render(request, "digest/keyword_preview.html", context)
