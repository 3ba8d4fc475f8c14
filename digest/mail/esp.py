"""Providers with an HTTP interface (Mailgun, Postmark, SES, …), through django-anymail.

The send permit is requested just before the HTTP request, and the request is sent once: retries of
the libraries are switched off. A request without a clear answer is UNKNOWN, like a dot without a
reply.
"""

import functools
import importlib
import importlib.util
import re
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage as ParsedMail
from typing import Protocol, Self
from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives

from .esp_outcomes import outcome_of_error, outcome_of_status
from .routing.relay import UrlOptions
from .transport import AskPermit, Blocking, Envelope, Mail, Outcome, Result, Steps, Transport

IDLE = 15.0  # seconds after which a session is opened anew: the server may have closed it
_ESP = re.compile(r"[a-z][a-z0-9_]{1,40}")
# Headers that the provider makes from fields of the payload.
_PROVIDER_FIELDS = {
    "from",
    "to",
    "subject",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
}
# Providers that repeat metadata in their reports; the others accept none.
REPEATS_METADATA = {
    "amazon_ses", "brevo", "mailgun", "mailjet", "mailtrap", "mandrill", "postmark", "resend",
    "scaleway", "sparkpost", "unisender_go",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider, written as `anymail://<provider>?<option>=<value>&…`.

    The options are those of anymail's backend without the provider's name, in lower case
    (MAILGUN_API_KEY is `api_key`).
    """

    esp: str
    options: tuple[tuple[str, str], ...] = field(repr=False)
    name: str = ""
    weight: int = 1

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Raises ValueError if the URL is not valid, anymail missing or the provider unknown."""
        parts = urlsplit(url)
        esp = (parts.hostname or "").lower()
        if parts.path.strip("/") or not _ESP.fullmatch(esp) or esp.startswith(("base", "test")):
            raise ValueError(esp)
        if importlib.util.find_spec("anymail") is None:
            raise ValueError("anymail:// needs the package django-anymail")
        if importlib.util.find_spec(f"anymail.backends.{esp}") is None:
            raise ValueError(f"django-anymail has no provider {esp}")
        fragment = UrlOptions.from_fragment(parts.fragment)
        if fragment.connections:
            raise ValueError("connections= is only for mail servers")
        options = tuple(parse_qsl(parts.query, strict_parsing=True)) if parts.query else ()
        return cls(esp, options, fragment.name or esp, fragment.weight)

    @property
    def location(self) -> str:
        """The provider's name for people, without its keys."""
        return f"the provider {self.esp}"


def configuration_problem(provider: Provider) -> str:
    """Why no request can be made, such as "it lacks api_key"; "" if one can."""
    try:
        _load_backend(provider)
    except ImproperlyConfigured as wrong:
        if option := re.search(rf"'{provider.esp.upper()}_(\w+)'", str(wrong)):
            return f"it lacks {option[1].lower()}"
        return str(wrong).splitlines()[0].rstrip(".")
    return ""


class _Backend(Protocol):
    """Anymail's `EmailBackend`."""

    def open(self) -> object: ...
    def close(self) -> None: ...
    def send_messages(self, messages: list[EmailMultiAlternatives]) -> int: ...
    def post_to_esp(self, payload: object, message: object) -> object: ...


def _load_backend(provider: Provider) -> _Backend:
    module = importlib.import_module(f"anymail.backends.{provider.esp}")
    backend: _Backend = module.EmailBackend(**dict(provider.options))
    return backend


class RequestPrepared(Exception):
    """The request is complete; it was not sent."""


class AnymailTransport(Transport):
    """Sends through one provider. The HTTP request is the point of no return."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.name = provider.name
        self._backend: _Backend | None = None
        self._used_at = 0.0

    def steps(self, mail: Mail) -> Steps:
        """Send one mail; reply codes are those of a corresponding SMTP reply.

        The request is prepared twice, so that its errors show before the permit is requested.
        """
        ready = as_django_mail(mail.envelope, mail.write())
        if self.provider.esp in REPEATS_METADATA:
            ready.metadata = {"mail": mail.envelope.sender}  # type: ignore[attr-defined]
        yield Blocking()
        if (refused := self._post(ready, dry_run=True)) is not None:
            return refused
        if not (yield AskPermit(self.name)):
            return Outcome(Result.NO_PERMIT, "permit")
        outcome = self._post(ready)
        self._used_at = time.monotonic()
        return outcome or Outcome(Result.UNKNOWN, "HTTP", None, "The request got no response.")

    def _post(self, mail: EmailMultiAlternatives, *, dry_run: bool = False) -> Outcome | None:
        """Send the request; with `dry_run` prepare it alone, and return None if that works."""
        begun: list[bool] = []
        try:
            backend = self._open_backend()
        except Exception as wrong:
            # Missing options and packages raise exceptions of many kinds.
            return Outcome(Result.UNREACHED, "connect", None, f"{type(wrong).__name__}: {wrong}")

        def post_to_esp(payload: object, message: object) -> object:
            if dry_run:
                raise RequestPrepared
            begun.append(True)
            return type(backend).post_to_esp(backend, payload, message)

        backend.post_to_esp = post_to_esp  # type: ignore[method-assign]
        try:
            backend.send_messages([mail])
            return outcome_of_status(mail.anymail_status)  # type: ignore[attr-defined]
        except RequestPrepared:
            return None
        except Exception as wrong:
            return outcome_of_error(wrong, bool(begun))

    def _open_backend(self) -> _Backend:
        if self._backend and time.monotonic() - self._used_at > IDLE:
            self.close()
        if not self._backend:
            self._backend = _open_without_retries(_load_backend(self.provider))
        return self._backend

    def close(self) -> None:
        if self._backend:
            self._backend.close()
            self._backend = None


def _open_without_retries(backend: _Backend) -> _Backend:
    """Open the backend's session so that one call is one HTTP request."""
    if params := getattr(backend, "client_params", None):  # Amazon's library tries five times
        config = params["config"]
        params["config"] = config.merge(type(config)(retries={"total_max_attempts": 1}))
    backend.open()
    if session := getattr(backend, "session", None):
        session.request = functools.partial(session.request, allow_redirects=False)
    return backend


def as_django_mail(envelope: Envelope, message: bytes) -> EmailMultiAlternatives:
    """Convert a composed mail to what anymail takes: its parts, and the headers that the provider
    does not make itself."""
    parsed = message_from_bytes(message, policy=policy.default)
    text, html = _part(parsed, "plain"), _part(parsed, "html")
    mail = EmailMultiAlternatives(
        subject=str(parsed["Subject"] or ""),
        body=text,
        from_email=str(parsed["From"] or envelope.sender),
        to=[envelope.recipient],
        headers={k: str(v) for k, v in parsed.items() if k.lower() not in _PROVIDER_FIELDS},
    )
    if html:
        mail.attach_alternative(html, "text/html")
    return mail


def _part(parsed: ParsedMail, kind: str) -> str:
    part = parsed.get_body((kind,))
    return str(part.get_content()) if part else ""
