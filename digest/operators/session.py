"""How long a log-in lasts."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone


def end_session_later(sender: object, request: HttpRequest, **kwargs: object) -> None:
    """Let the session end at a fixed hour: by itself Django counts SESSION_COOKIE_AGE anew
    whenever something is written to it."""
    age = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    request.session.set_expiry(timezone.now() + age)
