"""Exclusions: a link at each paper of a mail offers keywords that leave papers like it out."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from digest import paper_index
from digest.matching.index import PaperIndex
from digest.matching.query import Keyword
from digest.models import Digest, Paper
from digest.paper_texts import paper_text
from digest.rendering.paper_card import title_of
from digest.selection.contents import keywords_of
from digest.web.signed_pages import (
    allow_get_and_post,
    for_signed_row,
    paper_not_found_response,
    unless_pruned,
)
from subscriptions import changes
from subscriptions.exclusions import SuggestedExclusions, suggest_exclusions
from subscriptions.links import Purpose

from .keywords import undo_page


@allow_get_and_post
@for_signed_row(Purpose.EXCLUDE, Digest)
@unless_pruned
def exclude(request: HttpRequest, digest: Digest, paper: int) -> HttpResponse:
    """Suggest up to five exclusions from a paper of the digest; add the chosen one."""
    row = Paper.objects.by_any_id([paper]).get(paper)
    entry = digest.entry_of(row.pk, *row.former) if row else None
    if entry is None or row is None:
        return paper_not_found_response(request)
    subscriber = digest.subscriber
    keywords, refused = keywords_of(subscriber), ""
    offered = _offered(row, keywords)
    if request.method == "POST":
        try:
            return undo_page(
                request, changes.exclude(subscriber, _chosen(request, offered, keywords))
            )
        except changes.ChangeRefused as wrong:
            refused = wrong.message
    context = {
        "paper": row,
        "title": title_of(row),
        "choice": offered,
        "rules": _leaving_out(row, keywords),
        "is_trending": not entry.keywords,
        "has_keywords": any(not keyword.excludes for keyword in keywords),
        "refused": refused,
        "days": paper_index.days_covered(paper_index.PREVIEW_DAYS, timezone.now().date()),
    }
    return render(request, "subscriptions/exclude.html", context, status=409 if refused else 200)


def _offered(paper: Paper, keywords: Sequence[Keyword]) -> SuggestedExclusions:
    index, within = paper_index.recent_papers(paper_index.PREVIEW_DAYS, timezone.now().date())
    return suggest_exclusions(paper_text(paper), paper.keywords, keywords, index, within)


def _chosen(request: HttpRequest, offered: SuggestedExclusions, keywords: Sequence[Keyword]) -> str:
    """Return the exclusion that was posted: a suggested one, or an active one (posted twice)."""
    sent = request.POST.get("rule", "")
    active = {keyword.text for keyword in keywords if keyword.excludes}
    if sent in active.union(rule.text for rule in offered.rules):
        return sent
    raise changes.ChangeRefused("Choose one of the exclusions below.")


def _leaving_out(paper: Paper, keywords: Sequence[Keyword]) -> list[str]:
    """Return the active exclusions that leave this paper out already."""
    alone = PaperIndex([paper_text(paper)])
    return [rule.text for rule in keywords if rule.excludes and alone.evaluate(rule)]
