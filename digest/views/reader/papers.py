"""The page of one paper for its reader: why it came or not, and forms to rate and save it."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import now

from digest.ingest.papers.lookup import clean_text
from digest.matching.explain import Reason
from digest.matching.query import KeywordError, parse
from digest.models import Digest, Paper
from digest.rendering.paper_card import address_of, title_of
from digest.selection.catching_keywords import catching_keywords
from digest.selection.contents import keywords_of
from digest.web.explanations import highlighted
from digest.web.notices import read_notice, redirect_with_notice, shows_notice
from digest.web.paper_page.facts import paper_facts
from digest.web.paper_verdict import Kind, verdict_on
from digest.web.signed_pages import (
    allow_get_and_post,
    for_signed_row,
    paper_not_found_response,
    request_token,
    unless_pruned,
)
from subscriptions import changes
from subscriptions.links import Purpose, made_at, token
from subscriptions.models import Subscriber
from subscriptions.reader_papers import SAVED_LIMIT, marks_of

from .marking import done, list_page, marked

REASONS_SHOWN = 5
AUTHORS_SHOWN = 8  # the paper's public page shows more
# No keyword would have changed these.
_NO_KEYWORD_HELPS = {Kind.WITHDRAWN, Kind.EXCLUDED, Kind.BACKFILL, Kind.PENDING, Kind.SENT}


@allow_get_and_post
@shows_notice
@for_signed_row(Purpose.RATE, Digest)
@unless_pruned
def rate(request: HttpRequest, digest: Digest, paper: int) -> HttpResponse:
    """The link in the mail: a paper of the digest, to rate or save."""
    row = _paper(paper) if digest.entry_of(paper) else None
    if row is None:
        return paper_not_found_response(request)
    if request.method == "POST":
        return marked(request, digest.subscriber, row, request.path)
    context = {
        **_marks_context(request, digest.subscriber, row),
        "title": title_of(row),
        "url": address_of(row),
        "less": token(Purpose.EXCLUDE, digest.pk, at=made_at(request_token(request))),
    }
    return render(request, "reader/rate.html", context)


@allow_get_and_post
@shows_notice
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def paper(request: HttpRequest, subscriber: Subscriber, paper: int) -> HttpResponse:
    """Any paper, opened from the preferences: whether it was sent, and why."""
    row = _paper(paper)
    if row is None:
        return paper_not_found_response(request)
    if request.method == "POST" and request.POST.get("do") in ("add", "drop"):
        return _changed_keyword(request, subscriber)
    if request.method == "POST":
        page = list_page(request)
        return marked(request, subscriber, row, f"{page}#paper-{row.pk}" if page else request.path)
    verdict = verdict_on(subscriber, row, now())
    context = {
        **_marks_context(request, subscriber, row),
        **highlighted(row, verdict.explanation),
        "plain_title": title_of(row),
        "facts": paper_facts(row, AUTHORS_SHOWN),
        "verdict": verdict,
        "catching": [],
        "keyword_notice": _keyword_notice(request, subscriber),
        "token": request_token(request),
    }
    reasons = verdict.explanation.reasons
    context |= _shown_reasons(reasons)
    if verdict.entry or any(each.hit for each in reasons):
        context["far"] = 0
    if verdict.kind not in _NO_KEYWORD_HELPS and not any(each.hit for each in reasons):
        own = keywords_of(subscriber)
        context["catching"] = catching_keywords(row, own, now().date())
    return render(request, "reader/paper.html", context)


def _paper(pk: int) -> Paper | None:
    return Paper.objects.by_any_id([pk]).get(pk)


def _marks_context(request: HttpRequest, person: Subscriber, row: Paper) -> dict[str, object]:
    return {
        "paper": row,
        "marks": marks_of(person, [row.pk])[row.pk],
        "done": done(request),
        "action": request.path,
        "saved_limit": SAVED_LIMIT,
    }


def _shown_reasons(reasons: Sequence[Reason]) -> dict[str, object]:
    """Return the reasons to show: keywords that match, else those that come closest."""
    hits = [each for each in reasons if each.hit]
    near = [each for each in reasons if not (each.keyword.excludes or "not found:" in each.text)]
    shown = hits or near[:REASONS_SHOWN]
    wanted = sum(not each.keyword.excludes for each in reasons)
    return {"reasons": shown, "far": wanted - len(shown)}


def _changed_keyword(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Add a keyword that would have matched the paper, or drop it again."""
    text = clean_text(request.POST.get("keyword", ""))
    try:
        if request.POST["do"] == "add":
            parse(text)
            changes.add(subscriber, [text])
            return redirect_with_notice(request.path, keyword=text)
        row = subscriber.subscriptions.active().filter(text=text).first()
        if row is not None:
            changes.drop(row)
    except KeywordError as wrong:
        return redirect_with_notice(request.path, refused=wrong.message)
    except changes.ChangeRefused as wrong:
        return redirect_with_notice(request.path, refused=wrong.message)
    return redirect_with_notice(request.path)


def _keyword_notice(request: HttpRequest, subscriber: Subscriber) -> dict[str, str]:
    """Return what the last request did with a keyword: "added" with its text, or "refused"."""
    said = read_notice(request)
    text = said.get("keyword", "")
    if text and subscriber.subscriptions.active().filter(text=text).exists():
        return {"added": text}
    return {"refused": said["refused"]} if "refused" in said else {}
