"""Parsing of messages to the bounce address: bytes in, a frozen value out.

Delivery status notifications (RFC 3464, in UTF-8 RFC 6533), complaints (RFC 5965), automatic
replies (RFC 3834), and bounces in free text (free_text_bounces.py). Which mail a message is about
is not decided here, for anybody can write one.
"""

import email
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from email.message import Message
from email.utils import getaddresses
from enum import StrEnum

from . import free_text_bounces
from .reply_codes import Meaning, any_status, basic_code, classify, own_status

log = logging.getLogger(__name__)

# Fields in which servers record the recipient of the envelope at delivery.
_ENVELOPE = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To")
_AUTOMATIC = ("X-Autoreply", "X-Autorespond", "X-Autoresponse", "X-AutoReply-From")
_IMPERSONAL = {"auto_reply", "auto-reply", "bulk", "junk", "list"}
# "not-spam" takes a complaint back, "auth-failure" (RFC 6591) is about signatures.
_COMPLAINTS = {"abuse", "fraud", "virus", "other", "miscategorized", "opt-out", "opt-out-list"}


class ReportKind(StrEnum):
    """What a message to the bounce address is."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    AUTOMATIC = "automatic"
    OTHER = "other"


class Bounce(StrEnum):
    """What a delivery status means for the address."""

    HARD = "hard"  # it does not exist
    REFUSED = "refused"  # a permanent failure that may be the address's
    SOFT = "soft"  # a temporary failure
    POLICY = "policy"  # the mail or its sender was refused; says nothing about the address
    DELAYED = "delayed"  # the server keeps trying
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Report:
    """A message to the bounce address.

    `to`: the addresses that it was delivered to. `returned`: the envelope senders of the mail that
    a complaint is about. `about`: the address that a bounce in free text names, "" for any other.
    """

    kind: ReportKind
    subject: str
    to: tuple[str, ...]
    returned: tuple[str, ...] = ()
    bounce: Bounce | None = None
    status: str = ""
    about: str = ""


def parse_report(raw: bytes) -> Report:
    """Parse a message. Never raises: what cannot be read is ReportKind.OTHER."""
    try:
        report = _read(email.message_from_bytes(raw))
    except Exception as wrong:  # email raises many; one message must not stop the others
        log.warning("A message could not be read (%s).", type(wrong).__name__)
        return Report(ReportKind.OTHER, "", ())
    return (
        _in_free_text(raw, report)
        if report.kind in (ReportKind.AUTOMATIC, ReportKind.OTHER)
        else report
    )


def _in_free_text(raw: bytes, report: Report) -> Report:
    """Return the report of a bounce in free text, else `report`."""
    try:
        failure = free_text_bounces.parse_bounce(raw)
    except Exception as wrong:
        log.warning("A message could not be read as free text (%s).", type(wrong).__name__)
        return report
    if failure is None:
        return report
    quotes_reply = basic_code(failure.words) is not None
    status = any_status(failure.words) if quotes_reply else own_status(failure.words)
    bounce = Bounce.DELAYED if failure.is_delay else classify_failure(status, failure.words)
    return replace(
        report, kind=ReportKind.BOUNCE, bounce=bounce, status=status, about=failure.address
    )


def _read(message: Message) -> Report:
    subject = _field(message, "Subject")
    to = tuple(_addresses(message, (*_ENVELOPE, "To")))
    if (part := _part(message, "delivery-status")) is not None:
        bounce, status = _delivery(_groups(part))
        if bounce:
            return Report(ReportKind.BOUNCE, subject, to, bounce=bounce, status=status)
    if (part := _part(message, "feedback-report")) is not None:
        fields = _groups(part)[:1]
        if fields and _field(fields[0], "Feedback-Type").lower() in _COMPLAINTS:
            return Report(ReportKind.COMPLAINT, subject, to, tuple(_returned(message, fields[0])))
    return Report(ReportKind.AUTOMATIC if _is_automatic(message) else ReportKind.OTHER, subject, to)


_BOUNCES = {
    Meaning.NO_SUCH_ADDRESS: Bounce.HARD,
    Meaning.MAILBOX: Bounce.REFUSED,
    Meaning.UNSPECIFIED: Bounce.REFUSED,
    Meaning.POLICY: Bounce.POLICY,
    Meaning.CONTENT: Bounce.POLICY,
    Meaning.SIZE: Bounce.POLICY,
}


def classify_failure(status: str, text: str = "") -> Bounce:
    """Classify a final failure by its enhanced status code and the server's words.

    SOFT if neither says that it is permanent, as for mails that were tried for days.
    """
    code = basic_code(text)
    klass = status[:1] or str(code or "")[:1]
    if klass == "4":
        return Bounce.SOFT
    found = classify(text, code, status)
    if found == Meaning.UNSPECIFIED and klass != "5":
        return Bounce.SOFT
    return _BOUNCES.get(found, Bounce.SOFT)


def _field(message: Message, name: str) -> str:
    """A header field in one line, "" if it is missing."""
    return " ".join(str(message.get(name, "")).split())


def _addresses(message: Message, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        fields = [str(value) for value in message.get_all(name, [])]
        yield from (address for _, address in getaddresses(fields) if address)


def _parts(message: Message) -> list[Message]:
    """The direct parts: deeper ones belong to the returned mail."""
    payload = message.get_payload()
    return (
        [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []
    )


def _part(message: Message, subtype: str) -> Message | None:
    if message.get_content_type() != "multipart/report":
        return None
    wanted = (f"message/{subtype}", f"message/global-{subtype}")
    return next((part for part in _parts(message) if part.get_content_type() in wanted), None)


def _groups(part: Message) -> list[Message]:
    """The groups of fields of a report: one for the message, then one for each recipient."""
    groups = _parts(part)
    if len(groups) == 1 and isinstance(rest := groups[0].get_payload(), str):
        # The email package splits groups only in message/delivery-status.
        groups += [email.message_from_string(text) for text in rest.split("\n\n") if text.strip()]
    return groups


def _delivery(groups: list[Message]) -> tuple[Bounce | None, str]:
    """The result and the status of the mail; with one recipient there is one group."""
    group = next((group for group in groups if _field(group, "Action")), None)
    if group is None:
        return None, ""
    status, words = any_status(_field(group, "Status")), _field(group, "Diagnostic-Code")
    if status.endswith(".0.0") or not status:
        # Some servers give the details only in the reply of the next server.
        status = any_status(words) or status
    action = _field(group, "Action").split(" ")[0].lower()
    simple = {"delayed": Bounce.DELAYED, **dict.fromkeys(_ARRIVED, Bounce.DELIVERED)}
    return simple.get(action) or (
        classify_failure(status, words) if action in _FAILED else None
    ), status


_FAILED = ("failed", "failure", "error")  # the last two are not standard (OpenSMTPD)
_ARRIVED = ("delivered", "relayed", "expanded")


def _returned(message: Message, fields: Message) -> Iterator[str]:
    """The envelope senders of the mail that a complaint is about."""
    yield from _addresses(fields, ["Original-Mail-From"])
    for part in _parts(message):
        head = None
        if part.get_content_type() in ("message/rfc822", "message/global"):
            head = next(iter(_parts(part)), None)
        elif part.get_content_type() == "text/rfc822-headers":
            head = email.message_from_bytes(part.get_payload(decode=True) or b"")  # type: ignore[arg-type]
        if head is not None:
            yield from _addresses(head, ["Return-Path"])


def _is_automatic(message: Message) -> bool:
    submitted = _field(message, "Auto-Submitted").lower() or "no"
    return (
        not submitted.startswith("no")
        or any(name in message for name in _AUTOMATIC)
        or _field(message, "Precedence").lower() in _IMPERSONAL
        or message.get_content_type() == "multipart/report"
    )
