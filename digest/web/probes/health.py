"""Whether the process answers, and whether it can serve requests."""

import pkgutil
import time
from functools import cache
from http import HTTPStatus
from importlib import import_module
from threading import Lock

from django.apps import apps
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse

from digest.database_errors import is_read_only
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
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            applied = set(cursor.fetchall())
        if is_read_only(connection):
            return "The database is read-only."
    except Error:
        return "The database cannot be used."
    missing = len(_migrations() - applied)
    return f"{missing} migrations are not applied: run manage.py migrate." if missing else ""


@cache
def _migrations() -> frozenset[tuple[str, str]]:
    """Return app and name of every migration of this release, by the names of their files: to
    import them all would take memory in each process."""
    found = set()
    for config in apps.get_app_configs():
        module, _ = MigrationLoader.migrations_module(config.label)
        if module is None:
            continue
        try:
            paths = import_module(module).__path__
        except (ImportError, AttributeError):
            continue
        names = (each.name for each in pkgutil.iter_modules(paths) if not each.ispkg)
        found |= {(config.label, name) for name in names if name[0] not in "_~"}
    return frozenset(found)


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
