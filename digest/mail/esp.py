"""Providers with an HTTP interface (Mailgun, Postmark, SES, …), through django-anymail.

The licence is asked right before the request leaves, once: the libraries that send it may not
repeat it. A request that got no clear answer is UNKNOWN, like a dot without a reply.
"""

import functools
import importlib
import importlib.util
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage as ParsedMail
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives

from .routing.relay import UrlOptions
from .transport import AskPermit, Blocking, Envelope, Mail, Outcome, Result, Steps, Transport

IDLE = 15.0  # seconds after which a kept session is opened anew: the other side may have hung up
_ESP = re.compile(r"[a-z][a-z0-9_]{1,40}")
# What the payload says in fields of its own.
_OWN_FIELDS = {"from", "to", "subject", "mime-version", "content-type", "content-transfer-encoding"}
# HTTP status -> phase, code and result, as a mail server would have told them. Those of MAIL are
# between us and the provider. What is not here may or may not have been taken.
_NOT_US = ("MAIL", 535)
_LATER = ("MAIL", 451)
_NOT_THIS_MAIL = ("HTTP", 554)
_STATUS = {
    # Redirects that are no answer to the request itself (RFC 9110, 15.4); 302 and 303 may be.
    **dict.fromkeys((301, 307, 308), _NOT_US),
    **dict.fromkeys((401, 402, 403, 404, 405, 410), _NOT_US),
    **dict.fromkeys((429, 503), _LATER),
    **dict.fromkeys((400, 406, 413, 414, 415, 422, 431), _NOT_THIS_MAIL),
}
# Amazon says by name what is no fault of the mail: its status is 400 for all of these.
_AMAZON = {
    "AccountSuspendedException": _NOT_US,
    "MailFromDomainNotVerifiedException": _NOT_US,
    "SendingPausedException": _NOT_US,
    "LimitExceededException": _LATER,
    "ThrottlingException": _LATER,
}
# Those that repeat in their reports what they were told of a mail; the others take no metadata.
REPEATS_METADATA = {
    "amazon_ses", "brevo", "mailgun", "mailjet", "mailtrap", "mandrill", "postmark", "resend",
    "scaleway", "sparkpost", "unisender_go",
}  # fmt: skip
# What anymail says of a recipient that was not taken.
_RECIPIENT = {
    "invalid": (550, "5.1.3 The provider says that the address is invalid."),
    "rejected": (554, "The provider refuses this address; see its suppression list."),
    "failed": (451, "The provider could not take the mail."),
}


@dataclass(frozen=True, slots=True)
class Provider:
    """`anymail://<provider>?<option>=<value>&…`: the options are those of anymail's backend
    without the provider's name, in lower case (MAILGUN_API_KEY is `api_key`)."""

    esp: str
    options: tuple[tuple[str, str], ...] = field(repr=False)
    name: str = ""
    weight: int = 1

    @classmethod
    def from_url(cls, url: str) -> Self:
        """ValueError where the address cannot be read, or anymail or the provider is unknown."""
        parts = urlsplit(url)
        esp = (parts.hostname or "").lower()
        if parts.path.strip("/") or not _ESP.fullmatch(esp) or esp.startswith(("base", "test")):
            raise ValueError(esp)
        if importlib.util.find_spec("anymail") is None:
            raise ValueError("anymail:// needs the package django-anymail")
        if importlib.util.find_spec(f"anymail.backends.{esp}") is None:
            raise ValueError(f"django-anymail knows no provider {esp}")
        told = UrlOptions.behind(parts)
        if told.connections:
            raise ValueError("connections are of mail servers")
        options = tuple(parse_qsl(parts.query, strict_parsing=True)) if parts.query else ()
        return cls(esp, options, told.name or esp, told.weight)

    @property
    def location(self) -> str:
        """Where it is, without the keys."""
        return f"the provider {self.esp}"


def configuration_problem(provider: Provider) -> str:
    """What keeps it from being asked at all, like "it lacks api_key"; "" for nothing."""
    try:
        _backend_of(provider)
    except ImproperlyConfigured as wrong:
        if option := re.search(rf"'{provider.esp.upper()}_(\w+)'", str(wrong)):
            return f"it lacks {option[1].lower()}"
        return str(wrong).splitlines()[0].rstrip(".")
    return ""


def _backend_of(provider: Provider) -> Any:
    module = importlib.import_module(f"anymail.backends.{provider.esp}")
    return module.EmailBackend(**dict(provider.options))


class RequestPrepared(Exception):
    """The request is ready; nothing was sent."""


class AnymailTransport(Transport):
    """One provider. The request is the point of no return."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.name = provider.name
        self._backend: Any = None
        self._used_at = 0.0

    def steps(self, mail: Mail) -> Steps:
        """Hand one mail over; see `Outcome`. Codes are those a mail server would have given.

        The request is made up twice: what is wrong with it shows before the licence is asked for.
        """
        ready = as_django_mail(mail.envelope, mail.write())
        if self.provider.esp in REPEATS_METADATA:
            ready.metadata = {"mail": mail.envelope.sender}  # type: ignore[attr-defined]
        yield Blocking()
        if (refused := self._posted(ready, _not_yet)) is not None:
            return refused
        if not (yield AskPermit(self.name)):
            return Outcome(Result.NO_PERMIT, "permit")
        outcome = self._posted(ready, None)
        self._used_at = time.monotonic()
        return outcome or Outcome(Result.UNKNOWN, "HTTP", None, "The request has no answer.")

    def _posted(
        self, mail: EmailMultiAlternatives, post: Callable[..., Any] | None
    ) -> Outcome | None:
        """What came of handing it over, where `post` may stand in for the request itself."""
        begun: list[bool] = []
        try:
            backend = self._opened()
        except Exception as wrong:
            # Missing options and packages are told by exceptions of many kinds.
            return Outcome(Result.UNREACHED, "connect", None, f"{type(wrong).__name__}: {wrong}")
        real = type(backend).post_to_esp

        def noted(payload: Any, message: Any) -> Any:
            if post:
                return post(payload, message)
            begun.append(True)
            return real(backend, payload, message)

        backend.post_to_esp = noted
        try:
            backend.send_messages([mail])
            return _told(mail.anymail_status)  # type: ignore[attr-defined]
        except RequestPrepared:
            return None
        except Exception as wrong:
            return _failed(wrong, bool(begun))

    def _opened(self) -> Any:
        if self._backend and time.monotonic() - self._used_at > IDLE:
            self.close()
        if not self._backend:
            self._backend = _opened_to_ask_once(_backend_of(self.provider))
        return self._backend

    def close(self) -> None:
        if self._backend:
            self._backend.close()
            self._backend = None


def _opened_to_ask_once(backend: Any) -> Any:
    """The backend with its session open, in which one call is one request."""
    if params := getattr(backend, "client_params", None):  # Amazon's library tries five times
        config = params["config"]
        params["config"] = config.merge(type(config)(retries={"total_max_attempts": 1}))
    backend.open()
    if session := getattr(backend, "session", None):
        session.request = functools.partial(session.request, allow_redirects=False)
    return backend


def _not_yet(payload: Any, message: Any) -> None:
    raise RequestPrepared


def as_django_mail(envelope: Envelope, message: bytes) -> EmailMultiAlternatives:
    """The composed bytes as what anymail takes: parts, and the headers that are not the
    provider's own business."""
    parsed = message_from_bytes(message, policy=policy.default)
    text, html = _part(parsed, "plain"), _part(parsed, "html")
    mail = EmailMultiAlternatives(
        subject=str(parsed["Subject"] or ""),
        body=text,
        from_email=str(parsed["From"] or envelope.sender),
        to=[envelope.recipient],
        headers={k: str(v) for k, v in parsed.items() if k.lower() not in _OWN_FIELDS},
    )
    if html:
        mail.attach_alternative(html, "text/html")
    return mail


def _part(parsed: ParsedMail, kind: str) -> str:
    part = parsed.get_body((kind,))
    return str(part.get_content()) if part else ""


def _told(status: Any) -> Outcome:
    """What the provider said of the one recipient."""
    told = next(iter(status.status or {"unknown"}))
    if told in ("queued", "sent"):
        return Outcome(Result.ACCEPTED, "HTTP", 250, str(status.message_id or told))
    if told in _RECIPIENT:
        code, text = _RECIPIENT[told]
        return Outcome(Result.REFUSED, "RCPT", code, text)
    response = status.esp_response
    http = getattr(response, "status_code", None)
    if http in _STATUS:
        phase, code = _STATUS[http]
        return Outcome(Result.REFUSED, phase, code, f"HTTP {http}: {response.text[:300]}")
    return Outcome(Result.UNKNOWN, "HTTP", None, "The provider did not say what it did.")


def _failed(wrong: Exception, begun: bool) -> Outcome:
    errors = importlib.import_module("anymail.exceptions")
    if isinstance(wrong, errors.AnymailRecipientsRefused):
        return _told(wrong.email_message.anymail_status)
    told, words = _answer(wrong)
    if told:
        phase, code = told
        return Outcome(Result.REFUSED, phase, code, words)
    if isinstance(wrong, errors.AnymailConfigurationError) or _no_connection(wrong):
        return Outcome(Result.UNREACHED, "connect", None, words)
    of_the_mail = (
        errors.AnymailSerializationError,
        errors.AnymailUnsupportedFeature,
        errors.AnymailInvalidAddress,
    )
    if not begun or isinstance(wrong, of_the_mail):
        return Outcome(Result.REFUSED, "HTTP", 554, words)
    return Outcome(Result.UNKNOWN, "HTTP", None, words)


def _no_connection(wrong: BaseException | None) -> bool:
    """Whether there was no connection, or no key to sign with, so that no request has left."""
    while wrong is not None:
        if {kind.__name__ for kind in type(wrong).__mro__} & {
            "ConnectTimeout", "NewConnectionError", "NameResolutionError",
            "ConnectionRefusedError", "SSLCertVerificationError", "EndpointConnectionError",
            "NoCredentialsError", "PartialCredentialsError",
        }:  # fmt: skip
            return True
        inner = next((each for each in wrong.args if isinstance(each, Exception)), None)
        wrong = wrong.__cause__ or wrong.__context__ or inner
    return False


def _answer(wrong: Exception) -> tuple[tuple[str, int] | None, str]:
    """The phase and code of a clear refusal, and the provider's words; without an answer the kind
    of error: anymail's own words repeat the whole mail."""
    response = getattr(wrong, "response", None)
    if isinstance(response, dict):  # of Amazon's library
        status, error = response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]
        told = _AMAZON.get(error["Code"]) or _STATUS.get(status)
        return told, f"HTTP {status}: {error['Code']}: {error['Message']}"[:300]
    if status := getattr(wrong, "status_code", None):
        return _STATUS.get(status), f"HTTP {status}: {getattr(response, 'text', '')[:300]}"
    return None, f"{type(wrong).__name__}: {str(wrong).splitlines()[0] if str(wrong) else ''}"[:300]
