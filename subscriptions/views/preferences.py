"""The preferences page: keywords, schedule, contents of mails, a sample, and unsubscribing."""

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from digest import tasks
from digest.matching.query import KeywordError, parse
from digest.models import Digest
from digest.sending import planning
from digest.web.signed_pages import allow_get_and_post, for_signed_row, request_token
from subscriptions import changes
from subscriptions.forms.sign_up import FREQUENCIES, PreferencesForm
from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber, Subscription
from subscriptions.schedule import Frequency


@allow_get_and_post
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def preferences(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Show the preferences; save the schedule and the contents of mails."""
    form = PreferencesForm.of(subscriber, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            columns = form.changed_columns()
            changes.save_preferences(subscriber, columns, at=timezone.now())
            return back(request, "mails", saved=",".join(columns) or "nothing")
        except changes.LastKeyword:
            form.add_error("trending_top", "You have no keyword, so this cannot be 0.")
    return render(request, "subscriptions/preferences.html", _context(request, subscriber, form))


def _context(
    request: HttpRequest, subscriber: Subscriber, form: PreferencesForm
) -> dict[str, object]:
    today = timezone.now().astimezone(subscriber.zone).date()
    return {
        "subscriber": subscriber,
        "frequency": FREQUENCIES[Frequency(subscriber.frequency)],
        "weekly": subscriber.frequency == Frequency.WEEKLY,
        "keywords": [
            _meaning(row.text, row.pk) for row in subscriber.subscriptions.active().order_by("pk")
        ],
        "said": request.GET.get("said", ""),
        "touched": _touched(request, subscriber),
        "trending": _trending_touched(request),
        "saved": _saved(request, form),
        "nothing_saved": request.GET.get("saved") == "nothing",
        "form": form,
        "sample": Digest.objects.filter(
            subscriber=subscriber, kind=Digest.Kind.SAMPLE, local_date=today
        ).first(),
        "token": request_token(request),
        "unsubscribe_token": token(Purpose.UNSUBSCRIBE, subscriber.pk),
    }


@allow_get_and_post
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def sample(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Plan a sample of the last 7 days, once a day."""
    if request.method == "POST" and subscriber.status == Subscriber.Status.ACTIVE:
        planning.plan_sample(subscriber, timezone.now())
        tasks.wake(tasks.drain)
    return back(request, "sample")


@allow_get_and_post
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def keyword(request: HttpRequest, subscriber: Subscriber, keyword: int) -> HttpResponse:
    """Drop a keyword of the subscriber, or undo that."""
    row = subscriber.subscriptions.filter(pk=keyword).first()
    if request.method != "POST" or row is None:
        return back(request, "keywords")
    try:
        change = changes.Change(changes.Kind.DROP, (row.pk,))
        if request.POST.get("do") == "keep":
            changes.undo(change, at=timezone.now())
        else:
            changes.drop(row)
    except changes.ChangeRefused as refused:
        last = isinstance(refused, changes.LastKeyword)
        return back(request, "keywords", said="last" if last else "full")
    return back(request, "keywords", keyword=row.pk)


@allow_get_and_post
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def pausing(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Pause for a week, or end the pause."""
    if request.method == "POST" and request.POST.get("do") == "resume":
        changes.resume(subscriber.pk, at=timezone.now())
    elif request.method == "POST":
        # The top of the page says that the subscriber gets nothing anyway.
        with suppress(changes.ChangeRefused):
            changes.pause(subscriber, at=timezone.now())
    return back(request, "pause")


class KeywordMeaning(NamedTuple):
    """A keyword, and its meaning in plain words; `error` says why it cannot be used any more."""

    text: str
    meaning: str = ""
    error: str = ""
    excludes: bool = False
    pk: int | None = None


def meanings(texts: Sequence[str]) -> list[KeywordMeaning]:
    """Return each keyword with its meaning."""
    return [_meaning(text) for text in texts]


def _meaning(text: str, pk: int | None = None) -> KeywordMeaning:
    try:
        keyword = parse(text)
        return KeywordMeaning(text, keyword.meaning(), excludes=keyword.excludes, pk=pk)
    except KeywordError as wrong:
        return KeywordMeaning(text, error=wrong.message, pk=pk)


def _touched(request: HttpRequest, subscriber: Subscriber) -> Subscription | None:
    """Return the keyword that the last request dropped or restored."""
    number = request.GET.get("keyword", "")
    known = number.isascii() and number.isdigit() and len(number) < 19
    return subscriber.subscriptions.filter(pk=int(number)).first() if known else None


def _trending_touched(request: HttpRequest) -> str:
    """Return what the last request did: the number of trending papers it dropped, "on" if it
    restored them, else ""."""
    said = request.GET.get("trending", "")
    number = said.isascii() and said.isdigit() and len(said) < 3
    return said if number or said == "on" else ""


def _saved(request: HttpRequest, form: PreferencesForm) -> list[str]:
    """Return what the last request saved, with its present value: "Abstracts: whole"."""
    names = request.GET.get("saved", "").replace("body_format", "text_only").split(",")
    return [
        f"{form[name].label}: {form.current_value(name)}" for name in names if name in form.fields
    ]


def back(request: HttpRequest, place: str, **said: object) -> HttpResponse:
    """Redirect to the section of the page that changed; `said` becomes the query."""
    query = f"?{urlencode(said)}" if said else ""
    return redirect(f"{reverse('preferences', args=[request_token(request)])}{query}#{place}")
