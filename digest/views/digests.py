"""A digest as a page, with the papers that the mail leaves out ("and 14 more")."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from digest.models import Digest, Paper
from digest.rendering.digest_message import cards
from digest.rendering.digest_summary import DigestSummary
from digest.rendering.footnotes import (
    follow_up_footnotes,
    footnote_papers,
    near_miss_footnotes,
    neighbour_footnotes,
)
from digest.rendering.paper_card import Card
from digest.rendering.sections import TRENDING, group_id, grouped
from digest.rendering.wording import opening
from digest.selection.contents import keywords_of
from digest.web.signed_pages import for_signed_row, request_token, unless_pruned
from subscriptions.links import Purpose

PAPERS_A_PAGE = 50


class PageGroup(NamedTuple):
    """Cards under one heading ("" for none); `name` is its anchor, `size` how many there are on all
    pages, `continued` whether some are on the page before."""

    title: str
    name: str
    cards: list[Card]
    size: int
    continued: bool = False


class GroupCount(NamedTuple):
    """A keyword or the trending papers, how many papers there are, and whether it is shown."""

    title: str
    name: str
    size: int
    shown: bool


@require_safe
@for_signed_row(Purpose.DIGEST, Digest)
@unless_pruned
def digest(request: HttpRequest, digest: Digest) -> HttpResponse:
    """Show all papers of a digest with their reasons, or those of one group (`?group=`), in pages.
    Readers forward its URL, so no link on the page changes anything."""
    found = cards(digest)
    matched = [card for card in found if card.keywords]
    trending = [card for card in found if not card.keywords]
    summary = _summary(digest, matched, trending)
    counts = _counts(summary, request.GET.get("group", ""))
    chosen = next((each for each in counts if each.shown), None)
    whole = _groups(summary, matched, trending) if chosen is None else [_group(chosen, found)]
    page = _page(whole, request.GET.get("page"))
    context = {
        "digest": digest,
        "opening": " ".join(opening(summary)) if digest.composed_at else "",
        "matched": matched,
        "trending": trending,
        "counts": counts,
        "chosen": chosen,
        "page": page,
        "groups": _of_page(whole, page),
        "token": request_token(request),
        **({} if chosen or page.has_next() else _footnotes(digest)),
    }
    return render(request, "digest/digest.html", context)


def _summary(digest: Digest, matched: list[Card], trending: list[Card]) -> DigestSummary:
    wanted = sum(not keyword.excludes for keyword in keywords_of(digest.subscriber))
    return DigestSummary(digest, [card.keywords for card in matched], len(trending), wanted)


def _counts(summary: DigestSummary, shown: str) -> list[GroupCount]:
    """Each keyword that hit, and how many papers; the counts of the papers that are there."""
    hits = Counter(keyword for keywords in summary.matched for keyword in keywords)
    found = [(each, group_id(each), hits[each]) for each in summary.hits if hits[each]]
    if summary.trending:
        found.append((summary.trending_title, TRENDING, summary.trending))
    return [GroupCount(title, name, size, name == shown) for title, name, size in found]


def _group(chosen: GroupCount, found: Sequence[Card]) -> PageGroup:
    """All papers of one group, also those that are in another one of the whole digest."""
    if chosen.name == TRENDING:
        inside = [card for card in found if not card.keywords]
    else:
        inside = [card for card in found if chosen.title in card.keywords]
    return PageGroup(chosen.title, chosen.name, inside, len(inside))


def _groups(
    summary: DigestSummary, matched: Sequence[Card], trending: list[Card]
) -> list[PageGroup]:
    groups = [
        PageGroup(keyword, group_id(keyword) if keyword else "", inside, len(inside))
        for keyword, inside in grouped(matched)
    ]
    if trending:
        groups.append(PageGroup(summary.trending_title, TRENDING, trending, len(trending)))
    return groups


def _page(groups: Sequence[PageGroup], number: str | None) -> Page[Card]:
    every = [card for group in groups for card in group.cards]
    return Paginator(every, PAPERS_A_PAGE).get_page(number)


def _of_page(groups: Sequence[PageGroup], page: Page[Card]) -> list[PageGroup]:
    """The groups as far as they are on the page."""
    first = (page.number - 1) * PAPERS_A_PAGE  # its place in the group, from here on
    found = []
    for group in groups:
        inside = group.cards[max(first, 0) : max(first + PAPERS_A_PAGE, 0)]
        if inside:
            found.append(group._replace(cards=inside, continued=first > 0))
        first -= len(group.cards)
    return found


def _footnotes(digest: Digest) -> dict[str, Any]:
    """Follow-ups, near misses and neighbours; they are on the last page."""
    papers = Paper.objects.in_bulk(footnote_papers(digest))
    return {
        "follow_ups": follow_up_footnotes(digest, papers),
        "near_misses": list(near_miss_footnotes(digest, papers, {})),
        "neighbours": neighbour_footnotes(digest, papers),
    }
