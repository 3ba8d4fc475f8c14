"""The keyword preview under the form: what each keyword means, and what it would have brought."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from digest import paper_index
from digest.limits.requests import count_request
from digest.matching.keyword_preview import preview_keywords
from digest.matching.query import MAX_KEYWORDS, split_list
from subscriptions.forms.sign_up import TEXT_LIMIT

MANY_A_DAY = 30


@require_safe
def keyword_preview(request: HttpRequest) -> HttpResponse:
    """The part of the page that htmx puts under the keywords."""
    texts = split_list(request.GET.get("keywords", "")[:TEXT_LIMIT])
    count_request(request, "keywords", cost=min(len(texts), MAX_KEYWORDS) or 1)
    today = timezone.now().date()
    index, within = paper_index.recent_papers(paper_index.PREVIEW_DAYS, today)
    days = paper_index.days_covered(paper_index.PREVIEW_DAYS, today)
    found = preview_keywords(texts, index, within, today)
    context = {
        "lines": found.lines,
        "days": days,
        "paper_count": within.bit_count(),
        "total": found.total,
        "pace": pace(found.total or 0, days),
        "many": MANY_A_DAY * days,
        "too_many": len(texts) > MAX_KEYWORDS,
    }
    return render(request, "digest/keyword_preview.html", context)


def pace(count: int, days: int) -> str:
    """How often that is, in the longest unit that makes it a whole number above one."""
    for name, length in (("day", 1), ("week", 7), ("month", 30)):
        times = round(count * length / days)
        if times > 1:
            return f"about {times} a {name}"
        if times == 1:
            return f"about one a {name}"
    return "less than one a month"
