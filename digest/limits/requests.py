"""Counting a request under the limits of its client."""

import logging
import time
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest

from .client_address import client_key, is_private
from .counting import check, count

log = logging.getLogger(__name__)

# File whose mtime is when a private peer last forwarded a request without being trusted.
UNTRUSTED_MARKER = "untrusted-proxy"
_NOTED_EACH = 60.0  # seconds
_noted_at = float("-inf")


def client_of(request: HttpRequest) -> str | None:
    """Return the key that limits count this client under, None if the client is unknown."""
    peer = request.META.get("REMOTE_ADDR") or ""
    forwarded = [each for each in request.headers.get("X-Forwarded-For", "").split(",") if each]
    if forwarded and not settings.TRUSTED_PROXIES and is_private(peer):
        note_untrusted_proxy()
    return client_key(peer, forwarded, settings.TRUSTED_PROXIES)


def count_request(request: HttpRequest, name: str, cost: int = 1) -> None:
    """Count a request of a client. Raises LimitReached, which the middleware answers with 429."""
    count(name, client_of(request), cost)


def check_request(request: HttpRequest, name: str) -> None:
    """Raise LimitReached if the limit has no room for the client of a request."""
    check(name, client_of(request))


def last_untrusted_forwarding() -> datetime | None:
    """Return when a private peer last forwarded a request without being trusted, None if never."""
    try:
        return datetime.fromtimestamp((settings.DATA_DIR / UNTRUSTED_MARKER).stat().st_mtime, UTC)
    except OSError:
        return None


def note_untrusted_proxy() -> None:
    """Touch the marker file for `manage.py doctor`, which is another process."""
    global _noted_at
    if time.monotonic() < _noted_at + _NOTED_EACH:
        return
    _noted_at = time.monotonic()
    try:
        (settings.DATA_DIR / UNTRUSTED_MARKER).touch()
    except OSError as wrong:
        log.warning("It cannot be noted that a proxy is not trusted (%s).", wrong.strerror)
