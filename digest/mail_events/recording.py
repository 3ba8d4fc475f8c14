"""Record mail events (bounces, complaints, unsubscribes) and apply their consequences.

A message counts only for the mail whose bounce address (VERP) or signed mark it carries; any other
is recorded as forged and changes nothing. An event and its consequences are written in one
transaction, once for an event id, so that neither a crash nor a repeated message does harm.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from django.db import transaction

from digest.database_errors import is_database_failure
from digest.mail import verp
from digest.mail.inbound import bounce_reports
from digest.mail.inbound.bounce_reports import Bounce, ReportKind
from digest.mail.mailboxes import email_key
from digest.mail_events import reconciliation, soft_bounces
from digest.models import Digest, Letter, MailEvent
from digest.models.endings import stop_mailing
from digest.sending import refusals
from digest.sending.automatic_holds import count_bounce
from subscriptions import digest_links, unsubscribing
from subscriptions.models import Subscriber, Suppression
from subscriptions.suppression_key import WrongSuppressionKey

log = logging.getLogger(__name__)

Kind = MailEvent.Kind
BY_MAIL = "mail"
BY_CLICK = "one-click"
# Servers give up after five days (RFC 5321 4.5.4.1); people complain later.
BOUNCE_PERIOD = timedelta(days=14)
COMPLAINT_PERIOD = timedelta(days=90)
_LONGEST_ID = 255
_KINDS = {
    Bounce.HARD: Kind.BOUNCE_HARD,
    Bounce.REFUSED: Kind.BOUNCE_REFUSED,
    Bounce.SOFT: Kind.BOUNCE_SOFT,
    Bounce.POLICY: Kind.BOUNCE_POLICY,
    Bounce.DELAYED: Kind.DELAYED,
    Bounce.DELIVERED: Kind.DELIVERED,
}


class ReportedEvent(NamedTuple):
    """An event as a server or provider reported it. `mail` and `subscriber` are None if unknown."""

    kind: MailEvent.Kind
    mail: Digest | Letter | None = None
    subscriber: Subscriber | None = None
    status: str = ""

    @property
    def email_key(self) -> str:
        """The address it is about, "" if unknown. A letter to an operator has no subscriber."""
        about = self.mail or self.subscriber
        return about.email_key if about else ""

    @property
    def backend(self) -> str:
        """The backend that sent the mail, "" if unknown."""
        return self.mail.backend if self.mail else ""


Read = TypeVar("Read")


class RecordedEvent(NamedTuple):
    """An event in the database. `is_new`: it was recorded just now."""

    event: MailEvent
    is_new: bool

    @property
    def sentence(self) -> str:
        return f"{self.event}." if self.is_new else f"Already known: {self.event}."


def record_message(raw: bytes, at: datetime, recipient: str = "") -> RecordedEvent:
    """Record a message that came to the bounce address.

    `recipient` is that of the envelope, if the mail server gave it. A message whose reading fails
    is recorded as unread, so that it is not tried for ever. Raises if recording fails: the message
    must then be taken again.
    """
    digest = hashlib.sha256(raw).hexdigest()
    reported = read_or_unread(lambda: read_message(raw, at, recipient), digest)
    return record(reported, provider=BY_MAIL, event_id=digest, sha256=digest, at=at)


def read_or_unread(read: Callable[[], Read], sha256: str) -> Read | ReportedEvent:
    """Call `read`; returns an event of kind UNREAD if it fails because of the content.

    Raises the error of `read` if the database fails or the suppression key is wrong.
    """
    try:
        with transaction.atomic():  # a failed query must not break the outer transaction
            return read()
    except Exception as wrong:
        if is_database_failure(wrong) or isinstance(wrong, WrongSuppressionKey):
            raise
        # Without the traceback, which may hold an address.
        log.error(
            "What came back could not be read (%s, SHA-256 %s).", type(wrong).__name__, sha256
        )
        return ReportedEvent(Kind.UNREAD)


def record_click(subscriber: Subscriber, mark: str, at: datetime) -> RecordedEvent | None:
    """Record that somebody unsubscribed by the one-click button of the mail with this mark.

    The unsubscribing itself is done by the caller; the event proves that the mail arrived. Returns
    None if the mark is not one of this subscriber's.
    """
    digest = digest_links.read_digest_reference(mark, subscriber)
    if digest is None:
        return None
    sha256 = hashlib.sha256(mark.encode()).hexdigest()
    reported = ReportedEvent(Kind.UNSUBSCRIBED, digest)
    return record(reported, provider=BY_CLICK, event_id=str(digest.pk), sha256=sha256, at=at)


@transaction.atomic
def record(
    reported: ReportedEvent, *, provider: str, event_id: str, sha256: str, at: datetime
) -> RecordedEvent:
    """Write the event and apply its consequences, once for an event id of that provider."""
    event, is_new = MailEvent.objects.get_or_create(
        provider=provider,
        event_id=event_id[:_LONGEST_ID],
        defaults={
            "kind": reported.kind,
            "status": reported.status,
            "digest": reported.mail if isinstance(reported.mail, Digest) else None,
            "letter": reported.mail if isinstance(reported.mail, Letter) else None,
            "sha256": sha256,
            "at": at,
        },
    )
    if is_new:
        _apply(reported, at)
        if reported.email_key:
            count_bounce(event, reported.email_key)
    return RecordedEvent(event, is_new)


def read_message(raw: bytes, at: datetime, recipient: str = "") -> ReportedEvent:
    """Read a message to the bounce address, without changing anything."""
    report = bounce_reports.parse_report(raw)
    if left := digest_links.read_unsubscribe_mail(report):
        return ReportedEvent(Kind.UNSUBSCRIBED, left.digest, left.subscriber)
    complains = report.kind == ReportKind.COMPLAINT
    named = (recipient, *report.to, *(report.returned if complains else ()))
    mail = mail_of(named)
    if mail is None:
        # The row, or the subscriber, may have been deleted.
        kind = Kind.OLD if any(map(verp.parse, named)) else Kind.FORGED
        return ReportedEvent(kind, status=report.status)
    if at - mail.not_before > (COMPLAINT_PERIOD if complains else BOUNCE_PERIOD):
        return ReportedEvent(Kind.OLD, status=report.status)
    if report.about and email_key(report.about) != mail.email_key:
        # Forwarded mail, or no bounce at all: it must not count against this address.
        return ReportedEvent(Kind.AUTO_REPLY, mail, mail.subscriber)
    return event_about(mail, _kind(report), report.status)


def event_about(mail: Digest | Letter, kind: MailEvent.Kind, status: str) -> ReportedEvent:
    """An event about this mail; OLD if the subscriber had another address when it was sent."""
    if mail.subscriber and mail.email_key == mail.subscriber.email_key:
        since = _counts_since(kind, mail.subscriber)
        if since and _written_at(mail) < since:
            return ReportedEvent(Kind.OLD, status=status)
    return ReportedEvent(kind, mail, mail.subscriber, status)


def _counts_since(kind: MailEvent.Kind, person: Subscriber) -> datetime | None:
    """When the address became theirs; for a hard bounce, also when they last confirmed it."""
    moments = {
        Kind.BOUNCE_HARD: (person.address_since, person.confirmed_at),
        Kind.BOUNCE_REFUSED: (person.address_since,),
        Kind.BOUNCE_SOFT: (person.address_since,),  # soft_bounces handles confirmations
        Kind.COMPLAINT: (person.address_since,),
    }
    return max(filter(None, moments.get(kind, ())), default=None)


def _written_at(mail: Digest | Letter) -> datetime:
    composed = mail.composed_at if isinstance(mail, Digest) else None
    return composed or mail.not_before


def mail_of(addresses: Iterable[str]) -> Digest | Letter | None:
    """The mail of the first known bounce address among these; None if there is none."""
    for address in addresses:
        if named := verp.parse(address):
            kind, pk = named
            model: type[Digest] | type[Letter] = Digest if kind == "digest" else Letter
            rows = model.objects.select_related("subscriber")
            row: Digest | Letter | None = rows.filter(pk=pk).first()
            if row:
                return row
    return None


def _kind(report: bounce_reports.Report) -> MailEvent.Kind:
    if report.bounce:
        return _KINDS[report.bounce]
    simple = {ReportKind.COMPLAINT: Kind.COMPLAINT, ReportKind.AUTOMATIC: Kind.AUTO_REPLY}
    return simple.get(report.kind, Kind.UNREAD)


def _apply(reported: ReportedEvent, at: datetime) -> None:
    """Apply the consequences of an event to the mail and the subscriber."""
    if reported.mail is not None:
        reconciliation.prove_sent(reported.mail, reported.kind.label.lower())
    if reported.email_key and (consequence := _CONSEQUENCES.get(reported.kind)):
        consequence(reported, at)


def _apply_hard_bounce(reported: ReportedEvent, at: datetime) -> None:
    stop_mailing(
        reported.email_key,
        f"a report said {reported.status or 'that it bounces'}",
        at,
        reported.backend,
    )


def _apply_soft_bounce(reported: ReportedEvent, at: datetime) -> None:
    if isinstance(reported.mail, Digest):
        soft_bounces.back_off(reported.mail, at)


def _apply_refusal(reported: ReportedEvent, at: datetime) -> None:
    if not isinstance(reported.mail, Digest):
        return
    if (row := refusals.count_in_a_row(reported.mail)) >= refusals.MOST_IN_A_ROW:
        stop_mailing(
            reported.email_key, f"{row} e-mails in a row were refused", at, reported.backend
        )
    else:
        soft_bounces.back_off(reported.mail, at)


def _complaint(reported: ReportedEvent, at: datetime) -> None:
    _unsubscribed(reported, at)
    Suppression.objects.record(reported.email_key, Suppression.Reason.COMPLAINT)


def _unsubscribed(reported: ReportedEvent, at: datetime) -> None:
    """Unsubscribe, unless the mail went to an address that they had before."""
    if reported.subscriber and reported.subscriber.email_key == reported.email_key:
        unsubscribing.unsubscribe(reported.subscriber.pk)


_CONSEQUENCES: dict[MailEvent.Kind, Callable[[ReportedEvent, datetime], None]] = {
    Kind.BOUNCE_HARD: _apply_hard_bounce,
    Kind.BOUNCE_REFUSED: _apply_refusal,
    Kind.BOUNCE_SOFT: _apply_soft_bounce,
    Kind.COMPLAINT: _complaint,
    Kind.UNSUBSCRIBED: _unsubscribed,
}
