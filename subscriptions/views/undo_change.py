"""The page that shows a change made a moment ago, with the button that undoes it."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from digest.web.signed_pages import allow_get_and_post, for_signed_text, request_token
from subscriptions import changes
from subscriptions.changes import Change, Kind
from subscriptions.links import Purpose
from subscriptions.models import Subscriber

from .preferences import meanings


@dataclass
class _Found:
    """A change, the person whose list it is about, and what the page shows of it."""

    change: Change
    person: Subscriber
    context: dict[str, object]


def _found(text: str) -> _Found:
    """Read the change of a link and its rows. Raises DoesNotExist if one of them is deleted."""
    change = Change.read(text)
    context: dict[str, object] = {
        "kind": change.kind.value,
        "is_in_force": changes.is_in_force(change),
    }
    if change.kind in (Kind.PAUSE, Kind.TRENDING):
        person = Subscriber.objects.get(pk=change.rows[0])
        return _Found(change, person, context | {"subscriber": person})
    keyword = changes.keyword_of(change)
    context |= {"keyword": keyword, "known": meanings([keyword.text])[0]}
    if change.kind == Kind.WIDEN:
        context |= {"wide": changes.keyword_of(change, wide=True), "kept": change.rows[2]}
    return _Found(change, keyword.subscriber, context)


@allow_get_and_post
@for_signed_text(Purpose.UNDO_CHANGE, _found, lambda found: found.person)
def undo_change(request: HttpRequest, found: _Found) -> HttpResponse:
    """Show what was changed; undo it on POST."""
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
