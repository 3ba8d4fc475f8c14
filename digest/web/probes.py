"""Health probes: whether the process answers, and whether the database can be used.

Load balancers and service managers request them by IP address and without TLS, so they are
answered before the redirect to https and the check of ALLOWED_HOSTS.
"""

import time
from collections.abc import Callable
from http import HTTPStatus

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from digest.database_errors import is_read_only

READY_SECONDS = 1.0  # seconds
_ready_until = 0.0


class ProbeMiddleware:
    """Answers `/healthz` and `/readyz`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = PROBES.get(request.path_info)
        if probe is None or request.method not in ("GET", "HEAD"):
            return self._get_response(request)
        response = probe()
        response["Cache-Control"] = "no-store"
        return response


def alive_response() -> HttpResponse:
    """Return 200: the process answers."""
    return _answer("ok")


def ready_response() -> HttpResponse:
    """Return 200 if the database answers, has its tables and can be written, else 503. A 200 is
    reused for READY_SECONDS, so that frequent probes cost no queries."""
    global _ready_until
    if time.monotonic() < _ready_until:
        return _answer("ok")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
            cursor.fetchone()
        if is_read_only(connection):
            return _answer("The database can only be read.", HTTPStatus.SERVICE_UNAVAILABLE)
    except Error:
        return _answer("The database cannot be used.", HTTPStatus.SERVICE_UNAVAILABLE)
    _ready_until = time.monotonic() + READY_SECONDS
    return _answer("ok")


def _answer(sentence: str, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")


PROBES = {"/healthz": alive_response, "/readyz": ready_response}
