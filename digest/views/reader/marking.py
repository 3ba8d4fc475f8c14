"""Forms that rate or save a paper: what they do, where they lead back, and what is said then."""

import re
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import now

from digest.models import Paper
from digest.web.notices import read_notice, redirect_with_notice
from digest.web.signed_pages import paper_not_found_response, request_token
from subscriptions.models import Subscriber
from subscriptions.reader_papers import Action, Marks, SavedListFull, mark, marks_of

_LISTS = re.compile(r"(?:saved|digest:(?P<digest>\d{1,18})):(?P<page>\d{1,6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Done:
    """What the last request did with a paper: an Action, or "full"; `undo`: the Action that undoes
    it, "" for none."""

    paper: Paper
    did: str
    undo: str


def list_page(request: HttpRequest) -> str:
    """Return the address of the list that the form is on, "" if it is on the paper's own page.

    Lists name themselves: "saved:2" is the second page of the saved papers, "digest:7:1" the first
    of that digest.
    """
    found = _LISTS.fullmatch(request.POST.get("back", "")[:60])
    if found is None:
        return ""
    args = [request_token(request), *filter(None, [found["digest"]])]
    view = "reader-digest" if found["digest"] else "reader-saved"
    return f"{reverse(view, args=args)}?page={found['page']}"


def marked(request: HttpRequest, person: Subscriber, row: Paper, back: str) -> HttpResponse:
    """Carry out the posted action, and redirect to `back`, which says so."""
    typed = request.POST.get("do", "")
    if typed not in list(Action):
        return redirect_with_notice(back)
    action = Action(typed)
    before = marks_of(person, [row.pk])[row.pk]
    try:
        mark(person, row, action, now())
    except SavedListFull:
        return redirect_with_notice(back, paper=row.pk, did="full")
    except Paper.DoesNotExist:
        return paper_not_found_response(request)
    return redirect_with_notice(back, paper=row.pk, did=action, undo=_undo(action, before))


def _undo(action: Action, before: Marks) -> str:
    """Return the action that restores what was before, "" if nothing changed."""
    match action:
        case Action.SAVE:
            return "" if before.saved else Action.REMOVE
        case Action.REMOVE:
            return Action.SAVE if before.saved else ""
        case _:
            after = "" if action == Action.UNRATE else action
            return "" if after == before.rating else before.rating or Action.UNRATE


def done(request: HttpRequest) -> Done | None:
    """Return what the last request did, None if nothing."""
    said = read_notice(request)
    number, did = said.get("paper", ""), said.get("did", "")
    row = Paper.objects.filter(pk=int(number)).first() if number else None
    return Done(row, did, said.get("undo", "")) if row else None
