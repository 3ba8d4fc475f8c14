"""The answer while the database is gone, busy or may only be read."""

import sys
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.views.defaults import server_error as program_error

from digest.database_errors import UNAVAILABLE
from digest.limits.doors import Format, door

_RETRY_SECONDS = 60
SENTENCE = "The database does not answer just now: nothing was saved. Try again in a few minutes."


def server_error(request: HttpRequest) -> HttpResponse:
    """The handler of exceptions, of middleware too: 503 where the database cannot be used, in the
    form that the URL answers in, and 500 otherwise."""
    if not isinstance(sys.exception(), UNAVAILABLE):
        return program_error(request)
    response = _written(request)
    response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
    response["Retry-After"] = str(_RETRY_SECONDS)
    response["Cache-Control"] = "no-store, private"
    return response


def _written(request: HttpRequest) -> HttpResponse:
    form = _format(request)
    if form is Format.JSON:
        return JsonResponse({"error": SENTENCE})
    if form is Format.TEXT:
        return HttpResponse(f"{SENTENCE}\n", content_type="text/plain")
    if "HX-Request" in request.headers:
        return HttpResponse(render_to_string("limits/part.html", {"sentence": SENTENCE}))
    return HttpResponse(render_to_string("503.html", {"sentence": SENTENCE}))


def _format(request: HttpRequest) -> Format:
    try:
        match = request.resolver_match or resolve(request.path_info)
    except Resolver404:
        return Format.PAGE
    return door(match.view_name).format
