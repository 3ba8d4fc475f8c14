"""Importing keywords: from pasted alerts of other services, or from a file with one's papers.

A file is read in memory by a process of its own (see digest.libraries); it is not stored, and
neither are the suggestions, which the page sends back with what was ticked. Only if the reader asks
for it, how many papers have each word is kept, for their profile.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from digest import paper_index
from digest.libraries.alerts import read_alerts
from digest.libraries.library import LeftOut, Library, LibraryRefused
from digest.libraries.library_suggestions import suggest_keywords
from digest.libraries.reading_process import read_library
from digest.limits.machine_slots import machine_slot
from digest.limits.requests import count_request
from digest.matching.query import MAX_KEYWORDS
from digest.profiles.library_terms import LibraryTerms
from digest.web.keyword_lines import KeywordLine, keyword_lines
from digest.web.notices import keyword_names, redirect_with_notice
from digest.web.signed_pages import allow_get_and_post, for_signed_row, request_token
from subscriptions import changes
from subscriptions.forms.imports import AlertsForm, LibraryForm
from subscriptions.forms.sign_up import check_keywords
from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber
from subscriptions.profiles import changes as profile_changes
from subscriptions.profiles.report import profile_report
from subscriptions.schedule import Frequency

LIBRARIES_AT_ONCE = 2  # that one machine reads
_LEFT_OUT_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """A keyword that can be ticked: its number on the page, and what it would bring."""

    number: int
    line: KeywordLine
    is_ticked: bool

    @property
    def meaning(self) -> str:
        """What it matches, in words; "" if these would be its own."""
        text, meaning = self.line.found.text, self.line.found.meaning
        return "" if f"“{text.lower()}”" in meaning.lower() else meaning

    @property
    def is_author(self) -> bool:
        return self.line.found.text.startswith("author:")


@dataclass(frozen=True, slots=True)
class Found:
    """What an import found: keywords, the lines or entries left out, and how many these are.

    `learn`: whether the reader wants the library's words to be kept.
    """

    texts: Sequence[str]
    ticked: frozenset[int] = frozenset()
    library: Library | None = None
    learn: bool = False
    left_out: Sequence[LeftOut] = ()
    left_out_count: int = 0


@allow_get_and_post
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def import_keywords(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Ask for alerts or a file, and show the keywords that they suggest.

    Changes nothing but the reader's profile, if they ask for that.
    """
    if subscriber.confirmed_at is None:
        return redirect("preferences", request_token(request))
    alerts, library = AlertsForm(), LibraryForm()
    if request.method == "POST":
        count_request(request, "imports")
        if request.POST.get("door") == "file":
            library = LibraryForm(request.POST, request.FILES)
            if library.is_valid():
                try:
                    found = _read_file(request, learn=library.cleaned_data["learn"])
                    return _results(request, subscriber, found)
                except LibraryRefused as refused:
                    library.add_error("library", str(refused))
        else:
            alerts = AlertsForm(request.POST)
            if alerts.is_valid():
                return _results(request, subscriber, _read_alerts(alerts.cleaned_data["alerts"]))
    context = {
        "token": request_token(request),
        "alerts_form": alerts,
        "library_form": library,
        "profile": profile_report(subscriber),
    }
    return render(request, "reader/import.html", context)


@allow_get_and_post
@for_signed_row(Purpose.PREFERENCES, Subscriber)
def add(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Add the ticked keywords of the offered ones, in one change that can be undone."""
    if request.method != "POST" or subscriber.confirmed_at is None:
        return redirect("reader-import", request_token(request))
    offered = request.POST.getlist("offered")[:MAX_KEYWORDS]
    ticked = frozenset(map(int, filter(_is_number, request.POST.getlist("tick"))))
    chosen = [text.strip() for number, text in enumerate(offered) if number in ticked]
    found = Found(offered, ticked)
    if not chosen:
        return _results(request, subscriber, found, "Tick at least one keyword.")
    try:
        check_keywords(chosen, with_trending=True)
        added = changes.add(subscriber, chosen)
    except ValidationError as wrong:
        return _results(request, subscriber, found, " ".join(wrong.messages))
    except changes.ChangeRefused as refused:
        return _results(request, subscriber, found, refused.message)
    said = {"new": keyword_names(added.new), "known": keyword_names(added.known)}
    if added.change:
        said["undo"] = token(Purpose.UNDO_CHANGE, str(added.change))
    address = reverse("preferences", args=[request_token(request)])
    return redirect_with_notice(f"{address}#keywords", did="added", **said)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3


def _read_alerts(text: str) -> Found:
    alerts = read_alerts(text)
    ticked = frozenset(n for n, each in enumerate(alerts.texts) if each not in alerts.instead)
    left_out = alerts.left_out
    return Found(alerts.texts, ticked, left_out=left_out, left_out_count=len(left_out))


def _read_file(request: HttpRequest, *, learn: bool) -> Found:
    """Read the posted file, and return the keywords that it suggests."""
    file = request.FILES["library"]
    assert not isinstance(file, list)
    with machine_slot("library", LIBRARIES_AT_ONCE):
        library = read_library(file.read())
    index, _ = paper_index.recent_papers(paper_index.PREVIEW_DAYS, timezone.now().date())
    suggested = suggest_keywords(library, index)
    texts = (*suggested.keywords, *suggested.authors)
    return Found(
        texts,
        library=library,
        learn=learn,
        left_out=library.left_out,
        left_out_count=library.left_out_count,
    )


def _learn(subscriber: Subscriber, found: Found) -> LibraryTerms | None:
    """Keep the words of a library if its reader wants that; return what is kept."""
    if not (found.learn and found.library and found.library.terms.terms):
        return None
    terms = found.library.terms
    return terms if profile_changes.use_library(subscriber, terms, timezone.now()) else None


def _results(
    request: HttpRequest, subscriber: Subscriber, found: Found, refused: str = ""
) -> HttpResponse:
    """Return the page of what was found: keywords to tick, and those that are in the list."""
    mine = {changes.meaning_key(text): text for text in subscriber.active_keywords()}
    known = [mine[key] for text in found.texts if (key := changes.meaning_key(text)) in mine]
    places = {
        text: at for at, text in enumerate(found.texts) if changes.meaning_key(text) not in mine
    }
    count_request(request, "keywords", cost=len(places) or 1)
    weekly = subscriber.frequency == Frequency.WEEKLY
    lines = keyword_lines(list(places), mail_size=subscriber.max_papers, weekly=weekly).lines
    unusable = [LeftOut(line.found.text, line.found.error) for line in lines if line.found.error]
    usable = [line for line in lines if not line.found.error]
    offers = [
        Offer(number, line, places[line.found.text] in found.ticked)
        for number, line in enumerate(usable)
    ]
    left_out = [*unusable, *found.left_out][:_LEFT_OUT_SHOWN]
    context = {
        "token": request_token(request),
        "groups": [
            ("Keywords", [each for each in offers if not each.is_author]),
            ("Authors", [each for each in offers if each.is_author]),
        ],
        "offers": offers,
        "known": list(dict.fromkeys(known)),
        "library": found.library,
        "is_asked_to_learn": found.learn,
        "learnt": _learn(subscriber, found),
        "left_out": left_out,
        "left_out_more": len(unusable) + found.left_out_count - len(left_out),
        "room": max(0, MAX_KEYWORDS - len(mine)),
        "most": MAX_KEYWORDS,
        "refused": refused,
        "searched": lines[0] if lines else None,
    }
    return render(request, "reader/import_results.html", context)
