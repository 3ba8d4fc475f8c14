"""What the answers of providers with an HTTP interface mean, in terms of SMTP replies."""

import importlib
from collections.abc import Collection
from typing import Protocol

from .transport import Outcome, Result

# HTTP status -> phase and code of the corresponding SMTP reply; MAIL means that the account is
# refused, not this mail. A mail with any other status may have been accepted.
_ACCOUNT = ("MAIL", 535)
_LATER = ("MAIL", 451)
_MAIL = ("HTTP", 554)
_STATUS = {
    # Redirects that ask for the request again (RFC 9110 15.4); after 302 and 303 it may be done.
    **dict.fromkeys((301, 307, 308), _ACCOUNT),
    **dict.fromkeys((401, 402, 403, 404, 405, 410), _ACCOUNT),
    **dict.fromkeys((429, 503), _LATER),
    **dict.fromkeys((400, 406, 413, 414, 415, 422, 431), _MAIL),
}
# Errors of Amazon SES that are not about the mail; the status of all of them is 400.
_AMAZON = {
    "AccountSuspendedException": _ACCOUNT,
    "MailFromDomainNotVerifiedException": _ACCOUNT,
    "SendingPausedException": _ACCOUNT,
    "LimitExceededException": _LATER,
    "ThrottlingException": _LATER,
}
# Anymail's status of a recipient that was not accepted -> code and text.
_RECIPIENT = {
    "invalid": (550, "5.1.3 The provider says that the address is invalid."),
    "rejected": (554, "The provider refuses this address; see its suppression list."),
    "failed": (451, "The provider could not accept the e-mail."),
}


class AnymailStatus(Protocol):
    """What is read of the class of this name in anymail."""

    status: Collection[str] | None
    message_id: object
    esp_response: object


def outcome_of_status(status: AnymailStatus) -> Outcome:
    """The outcome for the mail's one recipient."""
    recipient = next(iter(status.status or {"unknown"}))
    if recipient in ("queued", "sent"):
        return Outcome(Result.ACCEPTED, "HTTP", 250, str(status.message_id or recipient))
    if recipient in _RECIPIENT:
        code, text = _RECIPIENT[recipient]
        return Outcome(Result.REFUSED, "RCPT", code, text)
    response = status.esp_response
    http = getattr(response, "status_code", None)
    if http in _STATUS:
        phase, code = _STATUS[http]
        return Outcome(Result.REFUSED, phase, code, f"HTTP {http}: {_text(response)}")
    return Outcome(Result.UNKNOWN, "HTTP", None, "The provider did not say what it did.")


def outcome_of_error(wrong: Exception, begun: bool) -> Outcome:
    """The outcome of a call that raised; `begun`: the request may have been sent."""
    errors = importlib.import_module("anymail.exceptions")
    if isinstance(wrong, errors.AnymailRecipientsRefused):
        return outcome_of_status(wrong.email_message.anymail_status)
    refusal, words = _answer(wrong)
    if refusal:
        phase, code = refusal
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
    """Whether no request was sent, for there was no connection, or no key to sign it with."""
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
    """Return phase and code of a definite refusal (else None), and the provider's words.

    Without an answer the words are the error's first line: anymail repeats the whole mail below.
    """
    response = getattr(wrong, "response", None)
    if isinstance(response, dict):  # of Amazon's library
        status, error = response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]
        refusal = _AMAZON.get(error["Code"]) or _STATUS.get(status)
        return refusal, f"HTTP {status}: {error['Code']}: {error['Message']}"[:300]
    if status := getattr(wrong, "status_code", None):
        return _STATUS.get(status), f"HTTP {status}: {_text(response)}"
    return None, f"{type(wrong).__name__}: {str(wrong).splitlines()[0] if str(wrong) else ''}"[:300]


def _text(response: object) -> str:
    """The first characters of a response's body."""
    return str(getattr(response, "text", ""))[:300]
