"""Links at the foot of a mail that change one keyword: drop it, or widen it to its words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from digest import paper_index
from digest.matching.query import parse
from digest.web.signed_pages import allow_get_and_post, for_signed_row, request_token
from subscriptions import changes
from subscriptions.keyword_report.meanings import meanings
from subscriptions.links import Purpose, made_at, token
from subscriptions.models import Subscription

SINCE = "~"  # in the text of an undo link, between the change and a time in Unix seconds


@allow_get_and_post
@for_signed_row(Purpose.KEYWORD, Subscription)
def drop(request: HttpRequest, keyword: Subscription) -> HttpResponse:
    """Ask, and switch the keyword off."""
    refused: changes.ChangeRefused | None = None
    if request.method == "POST":
        try:
            return undo_page(request, changes.drop(keyword))
        except changes.LastKeyword as last:
            refused = last
    context = {
        "keyword": keyword,
        "known": meanings([keyword.text])[0],
        "refused": refused,
        **other_tokens(request, keyword.subscriber_id),
    }
    status = 409 if refused else 200
    return render(request, "subscriptions/drop.html", context, status=status)


@allow_get_and_post
@for_signed_row(Purpose.KEYWORD, Subscription)
def widen(request: HttpRequest, keyword: Subscription) -> HttpResponse:
    """Compare, and replace the keyword by its words anywhere."""
    refused: changes.ChangeRefused | None = None
    if request.method == "POST":
        try:
            return undo_page(request, changes.widen(keyword))
        except changes.ChangeRefused as wrong:
            refused = wrong
    known = meanings([keyword.text])[0]
    context = {"keyword": keyword, "known": known, "refused": refused, **_compared(keyword)}
    status = 409 if refused else 200
    return render(request, "subscriptions/widen.html", context, status=status)


def undo_page(request: HttpRequest, change: changes.Change) -> HttpResponse:
    """Redirect to the page that shows the change and can undo it.

    Its link begins now, and holds since when the link of the request lives.
    """
    since = int(made_at(request_token(request)).timestamp())
    return redirect("undo-change", token(Purpose.UNDO_CHANGE, f"{change}{SINCE}{since}"))


def other_tokens(request: HttpRequest, subscriber_id: int) -> dict[str, str]:
    """Tokens to pause and to unsubscribe, offered where the last keyword cannot be dropped."""
    since = made_at(request_token(request))
    return {
        "pause_token": token(Purpose.PAUSE, subscriber_id, at=since),
        "unsubscribe_token": token(Purpose.UNSUBSCRIBE, subscriber_id),
    }


def _compared(keyword: Subscription) -> dict[str, object]:
    """How many papers of the last 30 days the phrase matches, and its words anywhere."""
    wide = changes.wider(keyword.text)
    if not wide:
        return {"wide": ""}
    today = timezone.now().date()
    index, within = paper_index.recent_papers(paper_index.PREVIEW_DAYS, today)
    days = paper_index.days_covered(paper_index.PREVIEW_DAYS, today)
    now, then = (
        (index.evaluate(parse(text, keyword.pairs)) & within).bit_count()
        for text in (keyword.text, wide)
    )
    return {"wide": wide, "now": now, "then": then, "read": within.bit_count(), "days": days}
