"""Why a paper was sent or not: the words that each keyword matches, or comes nearest to."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from digest.matching.explain import Explanation
from digest.models import Digest, Paper, State
from digest.web.explanations import REMEMBERED, digests_with, explain_paper, highlighted
from digest.web.signed_pages import (
    for_signed_row,
    paper_not_found_response,
    request_token,
    unless_pruned,
)
from subscriptions.links import Purpose, alive, made_at, token


@require_safe
@for_signed_row(Purpose.WHY, Digest)
@unless_pruned
def why(request: HttpRequest, digest: Digest, paper: int) -> HttpResponse:
    """The link in the mail: explains any paper, and offers the changes that the mail offers."""
    row = Paper.objects.by_any_id([paper]).get(paper)
    if row is None:
        return paper_not_found_response(request)
    context = _context(digest, row) | _change_links(request, digest, row)
    return render(request, "digest/why.html", context)


@require_safe
@for_signed_row(Purpose.DIGEST, Digest)
@unless_pruned
def why_read(request: HttpRequest, digest: Digest, paper: int) -> HttpResponse:
    """The link on the digest's page, whose URL may be forwarded: explains only papers of the
    digest, whose keywords the page shows, and offers no changes."""
    row = Paper.objects.by_any_id([paper]).get(paper) if digest.entry_of(paper) else None
    if row is None:
        return paper_not_found_response(request)
    context = _context(digest, row) | {"digest_token": request_token(request)}
    return render(request, "digest/why.html", context)


def _context(digest: Digest, paper: Paper) -> dict[str, object]:
    entry = digest.entry_of(paper.pk, *paper.former)
    explained = explain_paper(digest.subscriber, paper, entry)
    return highlighted(paper, explained) | {
        "digest": digest,
        "entry": entry,
        "miss": "" if entry else _miss(digest, paper, explained),
        "sent": [digest] if entry else digests_with(paper, _sent_lately(digest)),
    }


def _miss(digest: Digest, paper: Paper, explained: Explanation) -> str:
    """Return a sentence that says why the paper is not in this digest."""
    if paper.unlisted_on:
        return "The list that it came from has been withdrawn."
    if paper.withdrawn_at:
        return "It has been withdrawn, and we never send withdrawn papers."
    if not explained.selected:
        left_out = any(each.hit and each.keyword.excludes for each in explained.reasons)
        if left_out:
            return "One of your exclusions leaves it out."
        trending = digest.subscriber.trending_top
        return (
            "None of your keywords match "
            f"it{', and other papers were more popular' if trending else ''}."
        )
    return _outside(digest, paper)


def _outside(digest: Digest, paper: Paper) -> str:
    """Return a sentence for a paper that the keywords match now, but not in this digest."""
    if paper.seq is None:
        return (
            "It was added with older papers, which you can read here but which are never e-mailed."
        )
    if digest.to_seq is None or paper.seq > digest.to_seq:
        return "It was listed after this digest was made."
    if paper.seq <= (digest.from_seq or 0):
        return "It was listed before the time this digest covers."
    return "Your keywords match it now, but they didn’t when this digest was made."


def _sent_lately(digest: Digest) -> QuerySet[Digest]:
    """Return the subscriber's sent digests of about the last 90 days."""
    return Digest.objects.filter(
        subscriber_id=digest.subscriber_id,
        state=State.SENT,
        local_date__gt=digest.local_date - REMEMBERED,
    )


def _change_links(request: HttpRequest, digest: Digest, paper: Paper) -> dict[str, object]:
    """Tokens of changes, as in the mail; they expire as if they were of the mail."""
    since = made_at(request_token(request))
    if not alive(Purpose.EXCLUDE, since):
        return {}
    entry = digest.entry_of(paper.pk, *paper.former)
    person = digest.subscriber
    trended = entry and not entry.keywords and person.trending_top
    rows = person.subscriptions.active()
    hits = rows.filter(text__in=entry.keywords) if entry else []
    return {
        "exclude_token": token(Purpose.EXCLUDE, digest.pk, at=since) if entry else "",
        "rate_token": token(Purpose.RATE, digest.pk, at=since) if entry else "",
        "trending_token": token(Purpose.TRENDING, person.pk, at=since) if trended else "",
        "drops": [(row.text, token(Purpose.KEYWORD, row.pk, at=since)) for row in hits],
    }
