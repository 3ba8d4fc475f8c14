"""Why a paper came, or did not: which words of it which keyword found, or came nearest to."""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from digest import paper_index
from digest.ingest.papers.paper_links import safe_link
from digest.matching.explain import Explanation, Reason, explain
from digest.models import Digest, DigestEntry, Paper, State
from digest.rendering.paper_card import pieces
from digest.selection.contents import keywords_of
from digest.web.signed_pages import (
    for_signed_row,
    paper_not_found_response,
    request_token,
    unless_pruned,
)
from subscriptions.changes import usable_keywords
from subscriptions.links import Purpose, alive, made_at, token

REMEMBERED = timedelta(days=90)


@require_safe
@for_signed_row(Purpose.WHY, Digest)
@unless_pruned
def why(request: HttpRequest, digest: Digest, paper: int) -> HttpResponse:
    """From the mail: any paper, and what may be changed, for the mail holds those links too."""
    row = Paper.objects.filter(pk=paper).first()
    if row is None:
        return paper_not_found_response(request)
    context = _context(digest, row) | _change_links(request, digest, row)
    return render(request, "digest/why.html", context)


@require_safe
@for_signed_row(Purpose.DIGEST, Digest)
@unless_pruned
def why_read(request: HttpRequest, digest: Digest, paper: int) -> HttpResponse:
    """From the reading page, which may be passed on: only what that page shows, no link that
    changes anything. Of another paper it would tell keywords that are not on the page."""
    row = Paper.objects.filter(pk=paper).first() if digest.entry_of(paper) else None
    if row is None:
        return paper_not_found_response(request)
    context = _context(digest, row) | {"digest_token": request_token(request)}
    return render(request, "digest/why.html", context)


def _context(digest: Digest, paper: Paper) -> dict[str, object]:
    entry = digest.entry_of(paper.pk)
    explained = _explained(digest, paper, entry)
    telling = (each for each in explained.reasons if each.hit or not each.keyword.excludes)
    reasons = sorted(telling, key=lambda reason: not reason.hit)
    return {
        "digest": digest,
        "paper": paper,
        "url": safe_link(paper.url),
        "entry": entry,
        "title": pieces(paper.title, _spans(reasons, "title")),
        "abstract": pieces(paper.abstract, _spans(reasons, "abstract")),
        "reasons": reasons,
        "miss": "" if entry else _miss(digest, paper, explained),
        "sent": [digest] if entry else _digests_with(digest, paper),
    }


def _explained(digest: Digest, paper: Paper, entry: DigestEntry | None) -> Explanation:
    """By the keywords that brought it, else by those the person has now."""
    keywords = usable_keywords(entry.keywords) if entry else keywords_of(digest.subscriber)
    return explain(paper_index.paper_text(paper), keywords)


def _spans(reasons: Sequence[Reason], field: str) -> list[tuple[int, int]]:
    """What is marked: not the words for which a paper was left out."""
    hits = (reason for reason in reasons if reason.hit and not reason.keyword.excludes)
    return [(span.start, span.end) for hit in hits for span in hit.spans if span.field == field]


def _miss(digest: Digest, paper: Paper, explained: Explanation) -> str:
    """The nearest reason why the paper is not in this digest."""
    if paper.withdrawn_at:
        return "It was withdrawn, and withdrawn papers are never sent."
    if not explained.selected:
        left_out = any(each.hit and each.keyword.excludes for each in explained.reasons)
        if left_out:
            return "One of your rules leaves it out."
        trending = digest.subscriber.trending_top
        return f"No keyword found its words{', and others were more popular' if trending else ''}."
    return _outside(digest, paper)


def _outside(digest: Digest, paper: Paper) -> str:
    """Why a paper that your keywords hit now is in another digest, or in none."""
    if paper.seq is None:
        return "It came with older papers, which can be read and searched but are never mailed."
    if digest.to_seq is None or paper.seq > digest.to_seq:
        return "It was listed after this digest was made."
    if paper.seq <= (digest.from_seq or 0):
        return "It was listed before the time this digest covers."
    return "Your keywords find it now; when this digest was made they did not."


def _digests_with(digest: Digest, paper: Paper) -> list[Digest]:
    """The person's digests that were sent with the paper, newest first."""
    lately = digest.local_date - REMEMBERED
    sent = Digest.objects.filter(
        Q(state=State.SENT), subscriber_id=digest.subscriber_id, local_date__gt=lately
    )
    rows = sent.only("pk", "local_date", "state", "sent_at", "entries").order_by("-local_date")
    return [row for row in rows if row.entry_of(paper.pk)]


def _change_links(request: HttpRequest, digest: Digest, paper: Paper) -> dict[str, object]:
    """As the mail has them: none lives longer than if it had come with the link to this page."""
    since = made_at(request_token(request))
    if not alive(Purpose.EXCLUDE, since):
        return {}
    entry = digest.entry_of(paper.pk)
    person = digest.subscriber
    trended = entry and not entry.keywords and person.trending_top
    rows = person.subscriptions.active().order_by("pk")
    hits = rows.filter(text__in=entry.keywords) if entry else []
    return {
        "exclude_token": token(Purpose.EXCLUDE, digest.pk, at=since) if entry else "",
        "trending_token": token(Purpose.TRENDING, person.pk, at=since) if trended else "",
        "drops": [(row.text, token(Purpose.KEYWORD, row.pk, at=since)) for row in hits],
    }
