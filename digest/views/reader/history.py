"""The history of a subscriber's digests, and one of them with its papers to rate and save."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from digest.models import Digest, DigestEntry, Paper
from digest.rendering.digest_message import cards
from digest.rendering.paper_card import title_of
from digest.web.digest_outcomes import outcome_of
from digest.web.notices import shows_notice
from digest.web.signed_pages import for_signed_row, request_token
from subscriptions.links import Purpose
from subscriptions.models import Subscriber
from subscriptions.reader_papers import SAVED_LIMIT, marks_of

from .marking import done

DIGESTS_A_PAGE = 30
PAPERS_A_PAGE = 25
TITLES_SHOWN = 3
_COLUMNS = ("subscriber_id", "kind", "local_date", "state", "entries", "pruned", "sent_at")


@dataclass(frozen=True, slots=True)
class PastDigest:
    """One line of the history. `outcome`: what became of it, "" if it was sent. `matches`,
    `trending`: how many papers it has that keywords match, and how many besides."""

    digest: Digest
    name: str
    outcome: str
    matches: int
    trending: int
    titles: Sequence[str]


@require_safe
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def history(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """All digests whose rows are kept, newest first, with the titles of their first papers."""
    rows = Digest.objects.filter(subscriber=subscriber).only(*_COLUMNS)
    page = Paginator(rows.order_by("-local_date", "-pk"), DIGESTS_A_PAGE).get_page(
        request.GET.get("page")
    )
    shown = list(page)
    first = {entry.paper for digest in shown for entry in digest.entries[:TITLES_SHOWN]}
    papers = Paper.objects.only("title").by_any_id(first)
    context = {
        "digests": [_past_digest(digest, papers) for digest in shown],
        "page": page,
        "token": request_token(request),
    }
    return render(request, "reader/history.html", context)


def _past_digest(digest: Digest, papers: dict[int, Paper]) -> PastDigest:
    first = [entry.paper for entry in digest.entries[:TITLES_SHOWN]]
    titles = [title_of(papers[pk]) for pk in first if pk in papers]
    name = {Digest.Kind.SAMPLE: "Sample", Digest.Kind.COPY: "Sent again"}.get(
        Digest.Kind(digest.kind), ""
    )
    matches = sum(bool(entry.keywords) for entry in digest.entries)
    trending = len(digest.entries) - matches
    return PastDigest(digest, name, outcome_of(digest), matches, trending, titles)


@require_safe
@shows_notice
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def past_digest(request: HttpRequest, subscriber: Subscriber, digest: int) -> HttpResponse:
    """One digest of the history, with its papers to rate and save."""
    row = Digest.objects.filter(subscriber=subscriber, pk=digest).first()
    if row is None:
        raise Http404("There is no such digest.")
    row.subscriber = subscriber
    entries = current_entries(row)
    page = Paginator(entries, PAPERS_A_PAGE).get_page(request.GET.get("page"))
    row.entries = list(page)
    found = cards(row)
    marks = marks_of(subscriber, (card.paper.pk for card in found))
    context = {
        "digest": row,
        "outcome": outcome_of(row),
        "count": len(entries),
        "cards": [(card, title_of(card.paper), marks[card.paper.pk]) for card in found],
        "page": page,
        "done": done(request),
        "pks": list(marks),
        "back": f"digest:{row.pk}:{page.number}",
        "saved_limit": SAVED_LIMIT,
        "token": request_token(request),
    }
    return render(request, "reader/digest.html", context)


def current_entries(digest: Digest) -> list[DigestEntry]:
    """Return the entries of a digest, each paper once and as it is known now; deleted ones left
    out."""
    papers = Paper.objects.only("pk").by_any_id(entry.paper for entry in digest.entries)
    found: dict[int, DigestEntry] = {}
    for entry in digest.entries:
        if entry.paper in papers:
            pk = papers[entry.paper].pk
            found.setdefault(pk, replace(entry, paper=pk))
    return list(found.values())
