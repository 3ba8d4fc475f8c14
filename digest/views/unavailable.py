"""The response while the database is unavailable, read-only, or of another suppression key."""

import logging
import sys
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.views.defaults import server_error as program_error

from digest.database_errors import UNAVAILABLE
from digest.limits.url_limits import Format, url_limit
from subscriptions.suppression_key import WrongSuppressionKey

log = logging.getLogger(__name__)

_RETRY_SECONDS = 60
SENTENCE = "Our database isn’t responding, so nothing was saved. Please try again in a few minutes."
NOT_NOW = "This isn’t possible right now, so nothing was saved. Please try again in a few minutes."


def server_error(request: HttpRequest) -> HttpResponse:
    """Handle exceptions, also of middleware: 503 if the database cannot be used, in the format of
    the URL, else 500."""
    wrong = sys.exception()
    if not isinstance(wrong, (*UNAVAILABLE, WrongSuppressionKey)):
        return program_error(request)
    if isinstance(wrong, WrongSuppressionKey):
        log.error("%s", wrong)
        response = _written(request, NOT_NOW)
    else:
        response = _written(request, SENTENCE)
    response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    response["Retry-After"] = str(_RETRY_SECONDS)
    response["Cache-Control"] = "no-store, private"
    return response


def _written(request: HttpRequest, sentence: str) -> HttpResponse:
    form = _format(request)
    if form is Format.JSON:
        return JsonResponse({"error": sentence})
    if form is Format.TEXT:
        return HttpResponse(f"{sentence}\n", content_type="text/plain")
    if "HX-Request" in request.headers:
        return HttpResponse(render_to_string("limits/part.html", {"sentence": sentence}))
    return HttpResponse(render_to_string("503.html", {"sentence": sentence}))


def _format(request: HttpRequest) -> Format:
    try:
        match = request.resolver_match or resolve(request.path_info)
    except Resolver404:
        return Format.PAGE
    return url_limit(match.view_name).format
