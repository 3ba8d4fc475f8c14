"""Exclusions: a link at each paper of a mail offers keywords that leave papers like it out."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from digest import paper_index
from digest.matching.index import PaperIndex
from digest.models import Digest, Paper
from digest.rendering.paper_card import title_of
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
    entry = digest.entry_of(paper)
    row = Paper.objects.filter(pk=paper).first() if entry else None
    if entry is None or row is None:
        return paper_not_found_response(request)
    subscriber = digest.subscriber
    texts, refused = subscriber.active_keywords(), ""
    offered = _offered(row, texts)
    if request.method == "POST":
        try:
            return undo_page(changes.exclude(subscriber, _chosen(request, offered, texts)))
        except changes.ChangeRefused as wrong:
            refused = wrong.message
    context = {
        "paper": row,
        "title": title_of(row),
        "choice": offered,
        "rules": _leaving_out(row, texts),
        "is_trending": not entry.keywords,
        "has_keywords": any(not keyword.excludes for keyword in changes.usable_keywords(texts)),
        "refused": refused,
        "days": paper_index.days_covered(paper_index.PREVIEW_DAYS, timezone.now().date()),
    }
    return render(request, "subscriptions/exclude.html", context, status=409 if refused else 200)


def _offered(paper: Paper, texts: list[str]) -> SuggestedExclusions:
    index, within = paper_index.recent_papers(paper_index.PREVIEW_DAYS, timezone.now().date())
    keywords = changes.usable_keywords(texts)
    return suggest_exclusions(
        paper_index.paper_text(paper), paper.keywords, keywords, index, within
    )


def _chosen(request: HttpRequest, offered: SuggestedExclusions, texts: list[str]) -> str:
    """Return the exclusion that was posted: a suggested one, or an active one (posted twice)."""
    sent = request.POST.get("rule", "")
    if sent in {rule.text for rule in offered.rules} or (sent.startswith("-") and sent in texts):
        return sent
    raise changes.ChangeRefused("That is none of the rules below. Choose one of them.")


def _leaving_out(paper: Paper, texts: list[str]) -> list[str]:
    """Return the active exclusions that leave this paper out already."""
    alone = PaperIndex([paper_index.paper_text(paper)])
    rules = (keyword for keyword in changes.usable_keywords(texts) if keyword.excludes)
    return [rule.text for rule in rules if alone.evaluate(rule)]
