"""Changes of the keyword list on the preferences page: add, edit, drop, move, keep, undo, check."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from digest.limits.requests import count_request
from digest.matching.query import MAX_KEYWORDS
from digest.web.keyword_lines import keyword_lines
from digest.web.notices import keyword_names
from digest.web.signed_pages import allow_get_and_post, for_signed_row
from subscriptions import changes, links
from subscriptions.changes import Change, ChangeRefused, Kind
from subscriptions.forms.keyword_edits import AddKeywordsForm, EditKeywordForm
from subscriptions.forms.wording_ticks import chosen_wordings
from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber, Subscription
from subscriptions.schedule import Frequency

from .keyword_editing import LONGEST_NUMBER, EditedKeyword
from .preferences import PageState, back, preferences_page


@allow_get_and_post
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def add(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Add keywords."""
    if request.method != "POST":
        return back(request, "keywords")
    form = AddKeywordsForm(request.POST)
    if form.is_valid():
        try:
            texts, choices = form.cleaned_data["keywords"], chosen_wordings(request.POST)
            added = changes.add(subscriber, texts, choices)
        except ChangeRefused as refused:
            form.add_error("keywords", refused.message)
        else:
            said = {"new": keyword_names(added.new), "known": keyword_names(added.known)}
            if added.change:
                return _said(request, added.change, did="added", **said)
            return back(request, "keywords", did="added", **said)
    return preferences_page(request, subscriber, PageState(add_form=form))


@allow_get_and_post
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def change(request: HttpRequest, subscriber: Subscriber, keyword: int) -> HttpResponse:
    """Change one keyword of the subscriber: the button that was pressed says how."""
    row = subscriber.subscriptions.filter(pk=keyword).first()
    if request.method != "POST" or row is None:
        return back(request, "keywords")
    try:
        if "keywords" in request.POST:
            return _edit(request, subscriber, row)
        for way in ("up", "down"):
            if way in request.POST:
                return _move(request, row, way)
        return _act(request, row)
    except ChangeRefused as refused:
        return _refusal(request, subscriber, row, refused)


@allow_get_and_post
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def undo(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Undo a change that the page has offered to undo."""
    if request.method != "POST":
        return back(request, "keywords")
    try:
        undone = Change.read(links.read_text(Purpose.UNDO_CHANGE, request.POST.get("change", "")))
        if not changes.is_of(undone, subscriber):
            raise Subscription.DoesNotExist
        changes.undo(undone, at=timezone.now())
    except ChangeRefused as refused:
        return preferences_page(request, subscriber, PageState(refused=refused.message))
    except (ValueError, Subscription.DoesNotExist):
        sentence = "This can no longer be undone here."
        return preferences_page(request, subscriber, PageState(refused=sentence))
    return back(request, "keywords", did="undone")


@allow_get_and_post
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def check(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Show what each keyword would find, and spelling hints: for htmx only these."""
    rows = list(subscriber.subscriptions.active()[:MAX_KEYWORDS])
    count_request(request, "keywords", cost=len(rows) or 1)
    found = keyword_lines(
        [row.text for row in rows],
        {row.text: row.wordings for row in rows},
        mail_size=subscriber.max_papers,
        weekly=subscriber.frequency == Frequency.WEEKLY,
    )
    checks = {line.found.text: line for line in found.lines}
    if request.headers.get("HX-Request") != "true":
        return preferences_page(request, subscriber, PageState(checks=checks))
    context = {"rows": [(row.pk, checks.get(row.text)) for row in rows]}
    return render(request, "subscriptions/keyword_checks.html", context)


def _edit(request: HttpRequest, subscriber: Subscriber, row: Subscription) -> HttpResponse:
    form = EditKeywordForm(request.POST)
    if form.is_valid():
        text, *more = form.cleaned_data["keywords"]
        try:
            with transaction.atomic():
                choices = chosen_wordings(request.POST)
                done = changes.edit(row, text, choices)
                is_reworded = done is None and changes.choose_wordings(row, choices)
                changes.add(subscriber, more, choices)
        except ChangeRefused as refused:
            form.add_error("keywords", refused.message)
        else:
            if is_reworded:
                return back(request, f"keyword-{row.pk}", did="reworded", text=row.text)
            if done is None:
                return back(request, "keywords", did="added", new=keyword_names(more))
            return _said(request, done, did="edited", former=row.text, text=text)
    return preferences_page(request, subscriber, PageState(edited=EditedKeyword(row.pk, form)))


def _move(request: HttpRequest, row: Subscription, way: str) -> HttpResponse:
    """Move a keyword; the button that was pressed gets the focus again, unless it is gone now."""
    sent = request.POST[way]
    if sent == "end":
        changes.move(row, before=None)
    elif sent.isascii() and sent.isdigit() and len(sent) <= LONGEST_NUMBER:
        changes.move(row, before=int(sent))
    order = list(row.subscriber.subscriptions.active().values_list("pk", flat=True))
    if order and row.pk == (order[0] if way == "up" else order[-1]):
        way = "down" if way == "up" else "up"
    return back(request, f"{way}-{row.pk}", did="moved", text=row.text)


def _act(request: HttpRequest, row: Subscription) -> HttpResponse:
    """Drop, restore, keep or widen a keyword."""
    match request.POST.get("do"):
        case "drop":
            return _said(request, changes.drop(row), did="dropped", text=row.text)
        case "restore":
            changes.undo(Change(Kind.DROP, (row.pk,)), at=timezone.now())
            return back(request, "keywords", did="restored", text=row.text)
        case "keep":
            changes.keep(row, at=timezone.now())
            return back(request, f"keyword-{row.pk}", did="kept", text=row.text)
        case "also":
            changes.choose_wordings(row, dict.fromkeys(row.wordings.offers, True))
            return back(request, f"keyword-{row.pk}", did="reworded", text=row.text)
        case "as-typed":
            changes.choose_wordings(row, dict.fromkeys(row.wordings.offers, False))
            return back(request, f"keyword-{row.pk}", did="kept", text=row.text)
        case "widen":
            done = changes.widen(row)
            text = changes.keyword_of(done, wide=True).text
            return _said(request, done, did="edited", former=row.text, text=text)
        case _:
            return back(request, "keywords")


def _refusal(
    request: HttpRequest, subscriber: Subscriber, row: Subscription, refused: ChangeRefused
) -> HttpResponse:
    sentence = refused.message
    if isinstance(refused, changes.LastKeyword):
        sentence = (
            f"“{row.text}” was not removed. {sentence} Add another keyword or trending papers "
            "first. You can also pause or unsubscribe."
        )
    return preferences_page(request, subscriber, PageState(refused=sentence))


def _said(request: HttpRequest, done: Change, **said: str) -> HttpResponse:
    """Return to the keywords, with a notice that can undo the change."""
    return back(request, "keywords", undo=token(Purpose.UNDO_CHANGE, str(done)), **said)
