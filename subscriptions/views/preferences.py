"""The preferences page: keywords, schedule, contents of mails, a sample, and unsubscribing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from digest import tasks
from digest.models import Digest
from digest.sending import planning
from digest.web.keyword_lines import KeywordLine
from digest.web.notices import LIFETIME, read_notice, redirect_with_notice, shows_notice
from digest.web.signed_pages import allow_get_and_post, for_signed_row, request_token
from subscriptions import changes
from subscriptions.forms.delivery_settings import PreferencesForm
from subscriptions.forms.keyword_edits import AddKeywordsForm
from subscriptions.forms.pauses import PauseForm
from subscriptions.forms.schedule_fields import FREQUENCIES
from subscriptions.keyword_report.few_matches import with_few_matches
from subscriptions.keyword_report.papers_brought import count_papers_brought
from subscriptions.keyword_report.report_lines import percent_of, report_lines
from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber, Subscription
from subscriptions.profiles.report import profile_report
from subscriptions.schedule import Frequency

from .keyword_editing import EditedKeyword, asked_edit

DROPPED_SHOWN, DROPPED_FOR = 10, timedelta(days=30)  # keywords that can be added back
NOTICED = timedelta(seconds=LIFETIME)


@allow_get_and_post
@shows_notice
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def preferences(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Show the preferences; save the schedule and the contents of mails."""
    if request.method != "POST":
        return preferences_page(request, subscriber, PageState(edited=asked_edit(request)))
    form = PreferencesForm.of(subscriber, request.POST)
    if form.is_valid():
        try:
            columns = form.changed_columns()
            changes.save_preferences(subscriber, columns, at=timezone.now())
            return back(request, "mails", saved=",".join(columns) or "nothing")
        except changes.LastKeyword:
            form.add_error("trending_top", "You have no keywords, so this can’t be 0.")
    return preferences_page(request, subscriber, PageState(form=form))


@dataclass(frozen=True)
class PageState:
    """What a request left to show on the page: forms with errors, or why nothing was changed.

    edited: the keyword that is being edited. refused: a sentence. checks: keyword as typed -> what
    it would have found lately; None if that was not asked for.
    """

    form: PreferencesForm | None = None
    add_form: AddKeywordsForm = field(default_factory=AddKeywordsForm)
    edited: EditedKeyword | None = None
    refused: str = ""
    checks: Mapping[str, KeywordLine] | None = None


def preferences_page(
    request: HttpRequest, subscriber: Subscriber, state: PageState
) -> HttpResponse:
    """Return the preferences page, with status 409 if a change was refused."""
    context = _context(request, subscriber, state)
    status = 409 if state.refused else 200
    return render(request, "subscriptions/preferences.html", context, status=status)


def _context(request: HttpRequest, subscriber: Subscriber, state: PageState) -> dict[str, object]:
    at = timezone.now()
    today = at.astimezone(subscriber.zone).date()
    form, notice = state.form or PreferencesForm.of(subscriber), read_notice(request)
    recently = Q(dropped_at__gt=at - DROPPED_FOR, active=False)
    rows = list(subscriber.subscriptions.filter(Q(active=True) | recently))
    dropped = [row for row in rows if not row.active]
    dropped.sort(key=attrgetter("dropped_at"), reverse=True)
    counts = count_papers_brought(subscriber.pk, today)
    active = [row for row in rows if row.active]
    lines = report_lines(subscriber, active, counts, at)
    checks = state.checks or {}
    return {
        "subscriber": subscriber,
        "frequency": FREQUENCIES[Frequency(subscriber.frequency)],
        "weekly": subscriber.frequency == Frequency.WEEKLY,
        "rows": [(line, checks.get(line.text)) for line in lines],
        "is_checked": state.checks is not None,
        "few_matches": with_few_matches(subscriber, active),
        "dropped": dropped[:DROPPED_SHOWN],
        # Seen without cookies too: what was dropped a moment ago, with a button to add it back.
        "dropped_now": any(_is_dropped_after(row, at - NOTICED) for row in dropped),
        "counts": counts,
        "trending_percent": percent_of(counts.trending, counts),
        "notice": notice,
        "saved": _saved(notice, form),
        "nothing_saved": notice.get("saved") == "nothing",
        "form": form,
        "add_form": state.add_form,
        "edited": state.edited and state.edited.found_in(rows),
        "refused": state.refused,
        "profile": profile_report(subscriber),
        "pause_form": PauseForm.of(subscriber, at),
        "sample": Digest.objects.filter(
            subscriber=subscriber, kind=Digest.Kind.SAMPLE, local_date=today
        )
        .only("state", "sent_at")
        .first(),
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


def _is_dropped_after(row: Subscription, moment: datetime) -> bool:
    return row.dropped_at is not None and row.dropped_at > moment


def _saved(notice: dict[str, str], form: PreferencesForm) -> list[str]:
    """Return what the last request saved, with its present value: "Length: Titles only"."""
    names = notice.get("saved", "").replace("body_format", "text_only").split(",")
    return [
        f"{form[name].label}: {form.current_value(name)}" for name in names if name in form.fields
    ]


def back(request: HttpRequest, place: str, **said: str | int) -> HttpResponse:
    """Redirect to the place on the page that changed; `said` is the notice there."""
    url = reverse("preferences", args=[request_token(request)])
    return redirect_with_notice(f"{url}#{place}", **said) if said else redirect(f"{url}#{place}")
