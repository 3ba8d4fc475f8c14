"""Whether the process answers, and whether it can serve requests."""

import time
from http import HTTPStatus
from threading import Lock

from django.db import Error, connection
from django.http import HttpRequest, HttpResponse

from digest.database_errors import is_read_only, missing_migrations
from digest.monitoring.health.reachability import check_broker

# A 200 and the state of the broker are reused for so many seconds: frequent probes cost nothing.
READY_SECONDS = 1.0
BROKER_SECONDS = 15.0


def alive_response(request: HttpRequest) -> HttpResponse:
    """Return 200: the process answers. Asks nothing of the database."""
    return _answer("ok")


def ready_response(request: HttpRequest) -> HttpResponse:
    """Return 503 if the database does not answer, cannot be written, or lacks a migration.

    Without the broker pages are served, and what they ask for waits: the answer is 200, and names
    it. A newer database is as good, for a release may run beside the next one.
    """
    if time.monotonic() >= _ready.until:
        if sentence := _database_fault():
            return _answer(sentence, HTTPStatus.SERVICE_UNAVAILABLE)
        _ready.until = time.monotonic() + READY_SECONDS
    broken = _broker_fault()
    return _answer(f"degraded: {broken}" if broken else "ok")


class _Kept:
    """A sentence that holds until a time of the monotonic clock."""

    def __init__(self) -> None:
        self.until, self.sentence, self.lock = 0.0, "", Lock()


_ready, _broker = _Kept(), _Kept()


def forget() -> None:
    """Forget what was found, so that the next probe looks again."""
    _ready.until = _broker.until = 0.0


def _database_fault() -> str:
    try:
        missing = len(missing_migrations())
        if is_read_only(connection):
            return "The database is read-only."
    except Error:
        return "The database cannot be used."
    if not missing:
        return ""
    count = "1 migration is" if missing == 1 else f"{missing} migrations are"
    return f"{count} not applied: run manage.py migrate."


def _broker_fault() -> str:
    """Return a sentence if the broker cannot be reached, as of at most BROKER_SECONDS ago; while
    one request looks, the others take what was found last."""
    if time.monotonic() >= _broker.until and _broker.lock.acquire(blocking=False):
        try:
            _broker.sentence = next(check_broker(), "")
            _broker.until = time.monotonic() + BROKER_SECONDS
        finally:
            _broker.lock.release()
    return _broker.sentence


def _answer(sentence: str, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")
