"""Did I miss this? A reader pastes a title, an address, a DOI or an arXiv id."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import now

from digest.ingest.papers.lookup import LONGEST, clean_text, find_papers
from digest.limits.requests import count_request
from digest.models import Source
from digest.rendering.paper_card import title_of
from digest.web.signed_pages import allow_get_and_post, for_signed_row, request_token
from subscriptions.links import Purpose
from subscriptions.models import Subscriber

SOURCES_SHOWN = 20
_SHOWN_KINDS = (Source.Kind.URL, Source.Kind.MAILBOX)
# Operators may name a source by its address, which can hold a key.
_NOT_SHOWN = re.compile(r"[@?=&%\\]|://")


@dataclass(frozen=True, slots=True)
class SourcesRead:
    """Names of sources that are switched on; `more`: how many besides."""

    names: Sequence[str]
    more: int


@allow_get_and_post
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def missed(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Ask which paper, and lead to its page.

    What is pasted comes as a POST, which changes nothing, so that it is in no log; if it names one
    paper, the answer is a redirect, else this page again.
    """
    context: dict[str, object] = {"token": request_token(request), "longest": LONGEST}
    if request.method == "POST":
        count_request(request, "search")
        text = clean_text(request.POST.get("paper", ""))
        papers = find_papers(text, now().date()) if text else []
        if len(papers) == 1:
            return redirect("reader-paper", request_token(request), papers[0].pk)
        context |= {
            "asked": True,
            "typed": text,
            "papers": [(paper, title_of(paper)) for paper in papers],
            "sources": _sources_read() if text and not papers else None,
        }
    return render(request, "reader/missed.html", context)


def _sources_read() -> SourcesRead:
    rows = Source.objects.filter(enabled=True, kind__in=_SHOWN_KINDS).order_by("name")
    names = [name for name in rows.values_list("name", flat=True) if not _NOT_SHOWN.search(name)]
    return SourcesRead(names[:SOURCES_SHOWN], max(0, len(names) - SOURCES_SHOWN))
