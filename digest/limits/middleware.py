"""Middleware that applies `url_limits` to each request before any of its body is read."""

import math
from collections.abc import Callable
from contextlib import ExitStack
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render

from subscriptions import links
from subscriptions.suppression_key import WrongSuppressionKey

from .bodies import RETRY_SECONDS, BodyRefused, check_body, large_body_slot
from .counting import LimitReached, count
from .requests import count_request
from .url_limits import Body, Format, UrlLimit, url_limit

_TITLES = {
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "That’s too long",
    HTTPStatus.LENGTH_REQUIRED: "The length is missing",
    HTTPStatus.SERVICE_UNAVAILABLE: "One moment, please",
}


class LimitsMiddleware:
    """Must come after the session's middleware and before CSRF's, which reads forms."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with ExitStack() as places:
            request.META["digest.places"] = places
            return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, object]
    ) -> HttpResponse | None:
        """Count the request and check the headers of its body."""
        limit = _limit_of(request)
        try:
            if limit.rate:
                count_request(request, limit.rate)
            elif limit.body is Body.IGNORED:
                _count_unsubscribe(request, str(kwargs.get("token", "")))
            by_reader = limit.body is Body.LIBRARY and _is_reader(str(kwargs.get("token", "")))
            if check_body(request, limit, by_reader=by_reader):
                request.META["digest.places"].enter_context(large_body_slot(request))
        except (LimitReached, BodyRefused) as refused:
            return refusal_response(request, refused)
        return None

    def process_exception(self, request: HttpRequest, wrong: Exception) -> HttpResponse | None:
        """Answer a limit that a view raises."""
        return (
            refusal_response(request, wrong)
            if isinstance(wrong, LimitReached | BodyRefused)
            else None
        )


def refusal_response(request: HttpRequest, refused: LimitReached | BodyRefused) -> HttpResponse:
    """Return the response to a refused request, in the format of its URL."""
    if isinstance(refused, LimitReached):
        status, sentence = HTTPStatus.TOO_MANY_REQUESTS, _try_again(refused.seconds)
    else:
        status, sentence = refused.status, str(refused)
    response = _written(request, status, sentence)
    if isinstance(refused, LimitReached):
        response["Retry-After"] = str(refused.seconds)
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = str(RETRY_SECONDS)
    response["Cache-Control"] = "no-store, private"
    return response


def _written(request: HttpRequest, status: HTTPStatus, sentence: str) -> HttpResponse:
    form = _limit_of(request).format
    if form is Format.JSON:
        return JsonResponse({"error": sentence}, status=status)
    if form is Format.TEXT:
        return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain")
    context = {"title": _TITLES.get(status, status.phrase), "sentence": sentence}
    template = "limits/part.html" if "HX-Request" in request.headers else "limits/page.html"
    return render(request, template, context, status=status)


def _try_again(seconds: int) -> str:
    minutes = math.ceil(seconds / 60)
    if seconds < 60:
        wait = "in a minute"
    else:
        wait = f"in {minutes} minutes" if minutes < 100 else f"in {math.ceil(minutes / 60)} hours"
    return f"Too many requests came from your network. Please try again {wait}."


def _limit_of(request: HttpRequest) -> UrlLimit:
    match = request.resolver_match
    return url_limit(match.view_name if match else "")


def _is_reader(token: str) -> bool:
    """Whether a token of the preferences is valid."""
    try:
        links.read(links.Purpose.PREFERENCES, token)
    except links.BadLink:
        return False
    return True


def _count_unsubscribe(request: HttpRequest, token: str) -> None:
    """Count by link if the token is valid, else by client."""
    try:
        named = links.read_text(links.Purpose.UNSUBSCRIBE, token)
    except (links.BadLink, WrongSuppressionKey):
        count_request(request, "pages")
    else:
        count("unsubscribe", named)
