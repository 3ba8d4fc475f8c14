"""Whether the broker and the mail servers can be reached now."""

import smtplib
import ssl
from collections.abc import Iterator

from django.conf import settings
from kombu.connection import Connection

from digest.mail.esp import Provider, configuration_problem
from digest.mail.routing.relay import Relay

TIMEOUT = 5.0  # seconds for a connection and for each reply


def check_broker() -> Iterator[str]:
    """Yield a sentence if the broker cannot be reached."""
    try:
        with Connection(settings.CELERY_BROKER_URL, connect_timeout=2) as link:
            link.ensure_connection(max_retries=1, interval_start=0.1, timeout=3)
    except Exception as wrong:  # each kind of broker has errors of its own
        cause = type(wrong).__name__
        yield (
            f"The broker cannot be reached ({cause}): start manage.py up, or check REDIS_URL. "
            "Until then nothing is done, and nothing is lost."
        )


def check_relays() -> Iterator[str]:
    """Yield a sentence for each mail server of EMAIL_URL that does not answer.

    Providers with an HTTP API are not called, because that would count as a request; only their
    configuration is checked.
    """
    for backend in settings.MAIL_RELAYS:
        if isinstance(backend, Provider):
            if cause := configuration_problem(backend):
                yield f"The provider {backend.name} cannot be used ({cause}): complete EMAIL_URL."
        elif cause := _ehlo_error(backend):
            yield (
                f"The mail server {backend.name} ({backend.location}) does not answer ({cause}): "
                "check EMAIL_URL and the network."
            )


def _ehlo_error(relay: Relay) -> str:
    """Connect and say EHLO; return what went wrong, "" if nothing."""
    try:
        with _connected(relay) as server:
            code, _ = server.ehlo()
            return "" if 200 <= code < 300 else f"it answered EHLO with {code}"
    except smtplib.SMTPResponseException as wrong:
        return f"it answered {wrong.smtp_code}"
    except (OSError, smtplib.SMTPException, UnicodeError) as wrong:
        return type(wrong).__name__


def _connected(relay: Relay) -> smtplib.SMTP:
    if relay.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(relay.host, relay.port, timeout=TIMEOUT, context=context)
    return smtplib.SMTP(relay.host, relay.port, timeout=TIMEOUT)
