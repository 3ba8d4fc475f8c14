"""What was changed a moment ago, and the button that takes it back."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from digest.web.signed_pages import allow_get_and_post, for_signed_text, request_token
from subscriptions import changes
from subscriptions.changes import Change, Kind
from subscriptions.links import Purpose
from subscriptions.models import Subscriber

from .preferences import meanings


def _found(text: str) -> tuple[Change, dict[str, Any]]:
    """The change and the rows it is about. Raises DoesNotExist for one that is deleted."""
    change = Change.read(text)
    context: dict[str, Any] = {"kind": change.kind.value, "stands": changes.is_in_force(change)}
    if change.kind in (Kind.PAUSE, Kind.TRENDING):
        return change, context | {"subscriber": Subscriber.objects.get(pk=change.rows[0])}
    keyword = changes.keyword_of(change)
    context |= {"keyword": keyword, "known": meanings([keyword.text])[0]}
    if change.kind == Kind.WIDEN:
        context |= {"wide": changes.keyword_of(change, wide=True), "kept": change.rows[2]}
    return change, context


def _person(found: tuple[Change, dict[str, Any]]) -> Subscriber:
    context = found[1]
    person: Subscriber = context.get("subscriber") or context["keyword"].subscriber
    return person


@allow_get_and_post
@for_signed_text(Purpose.UNDO_CHANGE, _found, _person)
def undo_change(request: HttpRequest, found: tuple[Change, dict[str, Any]]) -> HttpResponse:
    """Say what changed; take it back."""
    change, context = found
    if request.method == "POST":
        try:
            changes.undo(change, at=timezone.now())
            return redirect("undo-change", request_token(request))
        except changes.ChangeRefused as refused:
            context["refused"] = refused
    status = 409 if "refused" in context else 200
    return render(request, "subscriptions/changed.html", context, status=status)
