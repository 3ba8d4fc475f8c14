"""Confirming a sign-up, on the page that the letter's link opens."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from digest.limits.counting import LimitReached
from digest.limits.requests import count_request
from digest.web.keyword_lines import KeywordLines, keyword_lines
from digest.web.notices import redirect_with_notice
from digest.web.signed_pages import allow_get_and_post, for_signed_text, request_token
from subscriptions import signup
from subscriptions.forms.addresses import EmailForm
from subscriptions.keyword_report.meanings import meanings
from subscriptions.links import Purpose, made_at, read_confirmation_name, token
from subscriptions.models import Subscriber
from subscriptions.schedule import Frequency
from subscriptions.sign_up_request import SignUpRequest


def _linked(named: str) -> tuple[Subscriber, int]:
    """Return the subscriber, and the count of confirmations when the link was mailed."""
    pk, confirmations = read_confirmation_name(named)
    return Subscriber.objects.resolve(pk), confirmations


@allow_get_and_post
@for_signed_text(Purpose.CONFIRM, _linked, lambda found: found[0])
def confirm(request: HttpRequest, found: tuple[Subscriber, int]) -> HttpResponse:
    """Show the request; on POST confirm exactly what was shown, once."""
    subscriber, confirmations = found
    has_changed = False
    if request.method == "POST":
        try:
            _confirm_posted(request, subscriber, confirmations)
        except signup.LinkUsed:
            subscriber.refresh_from_db()
        except signup.RequestChanged:
            subscriber.refresh_from_db()
            has_changed = True
        else:
            fresh = token(Purpose.PREFERENCES, subscriber.pk)
            return redirect_with_notice(reverse("preferences", args=[fresh]), confirmed="yes")
    if not subscriber.requested or subscriber.confirmations != confirmations:
        context = {"subscriber": subscriber, "form": EmailForm()}
        return render(request, "subscriptions/confirmed.html", context)
    context = _request_context(request, subscriber) | {"has_changed": has_changed}
    status = 409 if has_changed else 200
    return render(request, "subscriptions/confirm.html", context, status=status)


def _confirm_posted(request: HttpRequest, subscriber: Subscriber, confirmations: int) -> None:
    """Confirm what the form says was shown. Raises LinkUsed or RequestChanged."""
    shown = request.POST.get("shown")
    if shown is None and signup.is_older_than(subscriber, made_at(request_token(request))):
        # Programs post without the page's field: they confirm what was mailed.
        shown = signup.fingerprint(subscriber)
    signup.confirm_shown(
        subscriber.pk,
        confirmations,
        shown or "",
        at=timezone.now(),
        takes_schedule=request.POST.get("schedule") == "new",
    )


def _request_context(request: HttpRequest, subscriber: Subscriber) -> dict[str, object]:
    asked = SignUpRequest.from_json(subscriber.requested)
    other = signup.other_schedule(subscriber, asked)
    kept = subscriber.schedule if signup.has_schedule(subscriber) else asked.schedule
    weekly = kept.frequency == Frequency.WEEKLY
    active, wordings = subscriber.active_keywords(), asked.wordings
    return {
        "subscriber": subscriber,
        "shown": signup.fingerprint(subscriber),
        "schedule": kept.in_words(),
        "other_schedule": other.in_words() if other else "",
        "is_addition": signup.has_schedule(subscriber),
        "preview": _preview(request, asked, subscriber.max_papers, weekly),
        "keywords": meanings(asked.keywords, {t: each.pairs for t, each in wordings.items()}),
        "left_out": signup.without_room(active, asked.keywords),
        "earlier": [each for each in active if each not in asked.keywords],
        "top": subscriber.trending_top or asked.trending_top,
        "trending_is_new": bool(asked.trending_top),
        "weekly": weekly,
    }


def _preview(
    request: HttpRequest, asked: SignUpRequest, mail_size: int, weekly: bool
) -> KeywordLines | None:
    """Return what each keyword would bring, None if the client has asked for too many previews:
    they are no reason not to confirm."""
    if not asked.keywords:
        return None
    try:
        count_request(request, "keywords", cost=len(asked.keywords))
    except LimitReached:
        return None
    return keyword_lines(asked.keywords, asked.wordings, mail_size=mail_size, weekly=weekly)
