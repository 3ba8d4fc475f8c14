"""Delays after failed log-ins, for each pair of user name and client.

A user name alone is never delayed, so that nobody can lock out an operator. A client alone falls
under the limit "failures" of the setting LIMITS.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from .requests import check_request, client_of, count_request

Credentials = Mapping[str, object]  # what was typed into the log-in form, by field

FREE_FAILURES = 4
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=1)
# After the last failure; then counting starts at zero.
FORGOTTEN_AFTER = timedelta(days=1)
_MOST_DOUBLINGS = 20  # LONGEST_DELAY is reached long before
_LONGEST_NAME = 255  # characters that axes' column takes


def delay_after(failures: int) -> timedelta:
    """Return the delay after that many failures in a row: doubled by each one from the fifth."""
    if failures <= FREE_FAILURES:
        return timedelta(0)
    doublings = min(failures - FREE_FAILURES - 1, _MOST_DOUBLINGS)
    return min(FIRST_DELAY * int(2**doublings), LONGEST_DELAY)


class GrowingDelays(AxesDatabaseHandler):
    """Axes handler that counts failures in its table of attempts, one row for each user name and
    client, and stores nothing else of the request."""

    def is_allowed(self, request: HttpRequest, credentials: Credentials | None = None) -> bool:
        """Whether a password may be tried. Raises LimitReached if the client failed too often with
        any user names."""
        check_request(request, "failures")
        return bool(super().is_allowed(request, credentials))

    def is_locked(self, request: HttpRequest, credentials: Credentials | None = None) -> bool:
        """Whether the delay after the last failure is not over yet."""
        return wait_for(request, credentials) > timedelta(0)

    def get_failures(self, request: HttpRequest, credentials: Credentials | None = None) -> int:
        attempt = last_attempt(request, credentials)
        return attempt.failures_since_start if attempt else 0

    def user_login_failed(
        self,
        sender: object,
        credentials: Credentials,
        request: Any = None,  # with the attributes that axes' middleware adds
        **kwargs: object,
    ) -> None:
        """Count a failure, except during the delay, which further attempts do not lengthen."""
        if request is None:
            return
        request.axes_credentials = credentials
        if request.axes_locked_out:
            return
        count_failure(request, credentials)
        request.axes_locked_out = self.is_locked(request, credentials)
        count_request(request, "failures")


def last_attempt(request: HttpRequest, credentials: Credentials | None) -> AccessAttempt | None:
    """Return the row that counts the failures of this user name and client, None if there is none.

    An unknown client has no row: it would count for the user name alone.
    """
    client = client_address(request)
    if client is None:
        return None
    recent = timezone.now() - FORGOTTEN_AFTER
    return AccessAttempt.objects.filter(
        **_key(client, credentials), attempt_time__gt=recent
    ).first()


def count_failure(request: HttpRequest, credentials: Credentials | None) -> None:
    """Count one more failure of this user name and client."""
    client, now = client_address(request), timezone.now()
    if client is None:
        return
    key = _key(client, credentials)
    rows = AccessAttempt.objects.filter(**key)
    rows.filter(attempt_time__lte=now - FORGOTTEN_AFTER).delete()
    _, created = AccessAttempt.objects.get_or_create(**key, defaults={"failures_since_start": 1})
    if not created:
        one_more = F("failures_since_start") + 1
        rows.update(failures_since_start=one_more, attempt_time=now)


def wait_for(request: HttpRequest, credentials: Credentials | None) -> timedelta:
    """Return how long this client must wait before trying this user name again."""
    attempt = last_attempt(request, credentials)
    if attempt is None:
        return timedelta(0)
    ends_at: datetime = attempt.attempt_time + delay_after(attempt.failures_since_start)
    return ends_at - timezone.now()


def client_address(request: HttpRequest) -> str | None:
    """Return the client key as an address; of an IPv6 network its first address."""
    client = client_of(request)
    return client.partition("/")[0] if client else None


def _key(client: str, credentials: Credentials | None) -> dict[str, str]:
    username = str((credentials or {}).get("username") or "")[:_LONGEST_NAME]
    return {"username": username, "ip_address": client, "user_agent": ""}


def locked_out(
    request: HttpRequest, response: HttpResponse | None, credentials: Credentials | None
) -> HttpResponse:
    """Return the page that says how long to wait (setting AXES_LOCKOUT_CALLABLE)."""
    seconds = max(1, math.ceil(wait_for(request, credentials).total_seconds()))
    wait = f"{seconds} seconds" if seconds < 100 else f"{math.ceil(seconds / 60)} minutes"
    context = {
        "title": "Too many failed log-ins",
        "sentence": f"Please try again in {wait}.",
    }
    page = render(request, "limits/page.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
    page["Retry-After"] = str(seconds)
    page["Cache-Control"] = "no-store, private"
    return page
