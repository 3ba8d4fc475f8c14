"""Why a paper was sent or not: the words that each keyword matches, or comes nearest to."""

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
    """The link in the mail: explains any paper, and offers the changes that the mail offers."""
    row = Paper.objects.filter(pk=paper).first()
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
    """Explain by the keywords that selected the paper, else by the subscriber's present ones."""
    keywords = usable_keywords(entry.keywords) if entry else keywords_of(digest.subscriber)
    return explain(paper_index.paper_text(paper), keywords)


def _spans(reasons: Sequence[Reason], field: str) -> list[tuple[int, int]]:
    """Return the spans to highlight; those of exclusions are not."""
    hits = (reason for reason in reasons if reason.hit and not reason.keyword.excludes)
    return [(span.start, span.end) for hit in hits for span in hit.spans if span.field == field]


def _miss(digest: Digest, paper: Paper, explained: Explanation) -> str:
    """Return a sentence that says why the paper is not in this digest."""
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
    """Return a sentence for a paper that the keywords match now, but not in this digest."""
    if paper.seq is None:
        return "It came with older papers, which can be read and searched but are never mailed."
    if digest.to_seq is None or paper.seq > digest.to_seq:
        return "It was listed after this digest was made."
    if paper.seq <= (digest.from_seq or 0):
        return "It was listed before the time this digest covers."
    return "Your keywords find it now; when this digest was made they did not."


def _digests_with(digest: Digest, paper: Paper) -> list[Digest]:
    """Return the subscriber's sent digests with the paper, newest first."""
    lately = digest.local_date - REMEMBERED
    sent = Digest.objects.filter(
        Q(state=State.SENT), subscriber_id=digest.subscriber_id, local_date__gt=lately
    )
    rows = sent.only("pk", "local_date", "state", "sent_at", "entries").order_by("-local_date")
    return [row for row in rows if row.entry_of(paper.pk)]


def _change_links(request: HttpRequest, digest: Digest, paper: Paper) -> dict[str, object]:
    """Tokens of changes, as in the mail; they expire as if they were of the mail."""
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
