"""The page that shows a change made a moment ago, with the button that undoes it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from digest.web.signed_pages import (
    OpenedLink,
    allow_get_and_post,
    for_signed_text,
    note_opened_link,
    request_token,
)
from subscriptions import changes
from subscriptions.changes import Change, Kind
from subscriptions.keyword_report.meanings import meanings
from subscriptions.links import Purpose
from subscriptions.models import Subscriber

from .keywords import SINCE


@dataclass
class _Found:
    """A change, the person whose list it is about, and what the page shows of it."""

    change: Change
    person: Subscriber
    context: dict[str, object]
    since: datetime | None = None  # of the link that made the change


def _found(text: str) -> _Found:
    """Read the change of a link, and the time of the link that made it."""
    change, _, since = text.partition(SINCE)
    found = _changed(Change.read(change))
    found.since = datetime.fromtimestamp(int(since), UTC) if since else None
    return found


def _changed(change: Change) -> _Found:
    """Read the rows of a change. Raises DoesNotExist if one of them is deleted."""
    context: dict[str, object] = {
        "kind": change.kind.value,
        "is_in_force": changes.is_in_force(change),
    }
    if change.kind in (Kind.PAUSE, Kind.TRENDING):
        person = Subscriber.objects.get(pk=change.rows[0])
        return _Found(change, person, context | {"subscriber": person})
    keyword = changes.keyword_of(change)
    context |= {"keyword": keyword, "known": meanings([keyword.text])[0]}
    if change.kind in (Kind.WIDEN, Kind.EDIT):
        context |= {"wide": changes.keyword_of(change, wide=True), "kept": change.rows[2]}
    return _Found(change, keyword.subscriber, context)


@allow_get_and_post
@for_signed_text(Purpose.UNDO_CHANGE, _found, lambda found: found.person)
def undo_change(request: HttpRequest, found: _Found) -> HttpResponse:
    """Show what was changed; undo it on POST."""
    if found.since:
        note_opened_link(request, OpenedLink(Purpose.KEYWORD, found.person.pk, found.since))
    refused: changes.ChangeRefused | None = None
    if request.method == "POST":
        try:
            changes.undo(found.change, at=timezone.now())
            return redirect("undo-change", request_token(request))
        except changes.ChangeRefused as wrong:
            refused = wrong
    context = found.context | {"refused": refused}
    status = 409 if refused else 200
    return render(request, "subscriptions/changed.html", context, status=status)
