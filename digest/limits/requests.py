"""Limits of one request: by its client, its token or its link."""

import logging
import time
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest

from .client_address import client_key, is_private
from .counting import check, count

log = logging.getLogger(__name__)

# Its time says when a private peer last forwarded for somebody without being trusted.
UNTRUSTED_MARKER = "untrusted-proxy"
_NOTED_EACH = 60.0  # seconds
_noted_at = float("-inf")


def client_of(request: HttpRequest) -> str | None:
    """What the limits count this client under; None if it cannot be known."""
    peer = request.META.get("REMOTE_ADDR") or ""
    forwarded = [each for each in request.headers.get("X-Forwarded-For", "").split(",") if each]
    if forwarded and not settings.TRUSTED_PROXIES and is_private(peer):
        note_untrusted_proxy()
    return client_key(peer, forwarded, settings.TRUSTED_PROXIES)


def count_request(request: HttpRequest, name: str, cost: int = 1) -> None:
    """Count what the client of a request does; raises LimitReached, which becomes a 429."""
    count(name, client_of(request), cost)


def check_request(request: HttpRequest, name: str) -> None:
    """Raise LimitReached if nothing more is allowed to the client of a request."""
    check(name, client_of(request))


def last_untrusted_forwarding() -> datetime | None:
    """When a private peer last forwarded for somebody without being trusted; None if never."""
    try:
        return datetime.fromtimestamp((settings.DATA_DIR / UNTRUSTED_MARKER).stat().st_mtime, UTC)
    except OSError:
        return None


def note_untrusted_proxy() -> None:
    """Leave a note for `manage.py doctor`, which is another process."""
    global _noted_at
    if time.monotonic() < _noted_at + _NOTED_EACH:
        return
    _noted_at = time.monotonic()
    try:
        (settings.DATA_DIR / UNTRUSTED_MARKER).touch()
    except OSError as wrong:
        log.warning("It cannot be noted that a proxy is not trusted (%s).", wrong.strerror)
