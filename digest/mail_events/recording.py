"""Bounces, complaints and people who leave: from what came back to what follows from it.

A message counts only for the mail whose bounce address (VERP) or signed mark it carries; anything
else is counted as forged and changes nothing. The event and what follows from it are written in
one transaction, so that a crash or a message that comes twice changes nothing.
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
from subscriptions import digest_links, signup
from subscriptions.models import Subscriber, Suppression
from subscriptions.suppression_key import WrongSuppressionKey

log = logging.getLogger(__name__)

Kind = MailEvent.Kind
BY_MAIL = "mail"
BY_CLICK = "one-click"
# Servers give up after five days (RFC 5321 4.5.4.1); people complain when they get round to it.
BOUNCES_FOR = timedelta(days=14)
COMPLAINTS_FOR = timedelta(days=90)
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
    """What was said, of which mail (None: of none that can be named), to whom it went."""

    kind: MailEvent.Kind
    mail: Digest | Letter | None = None
    subscriber: Subscriber | None = None
    status: str = ""

    @property
    def email_key(self) -> str:
        """The address it is about, "" where none is known; an operator's has no subscriber."""
        about = self.mail or self.subscriber
        return about.email_key if about else ""

    @property
    def backend(self) -> str:
        """The one that the mail left by, "" where none is known."""
        return self.mail.backend if self.mail else ""


Read = TypeVar("Read")


class RecordedEvent(NamedTuple):
    """The event that stands in the database; `is_new`: it was not known before."""

    event: MailEvent
    is_new: bool

    @property
    def sentence(self) -> str:
        return f"{self.event}." if self.is_new else f"Known already: {self.event}."


def record_message(raw: bytes, at: datetime, recipient: str = "") -> RecordedEvent:
    """Take a message to the bounce address, byte for byte; `recipient` is the envelope's, where
    the mail server tells it.

    One whose reading fails is recorded as unread, so that it is not tried for ever. Raises where
    the recording fails: the message is then to be taken again.
    """
    digest = hashlib.sha256(raw).hexdigest()
    told = read_or_unread(lambda: read_message(raw, at, recipient), digest)
    return record(told, provider=BY_MAIL, event_id=digest, sha256=digest, at=at)


def read_or_unread(read: Callable[[], Read], sha256: str) -> Read | ReportedEvent:
    """What `read` finds in something that came back; UNREAD where it fails over the content.

    Raises the error where the database fails, or this machine lacks the key to read it.
    """
    try:
        with transaction.atomic():  # a refused query must not spoil what follows
            return read()
    except Exception as wrong:
        if is_database_failure(wrong) or isinstance(wrong, WrongSuppressionKey):
            raise
        # Without the traceback: its words may hold somebody's address.
        log.error(
            "What came back could not be read (%s, SHA-256 %s).", type(wrong).__name__, sha256
        )
        return ReportedEvent(Kind.UNREAD)


def record_click(subscriber: Subscriber, mark: str, at: datetime) -> RecordedEvent | None:
    """Somebody left by the button of the mail with that mark (see leaving): it had arrived. The
    leaving itself is done by then; None: the mark is none of this person's."""
    digest = digest_links.read_digest_reference(mark, subscriber)
    if digest is None:
        return None
    sha256 = hashlib.sha256(mark.encode()).hexdigest()
    told = ReportedEvent(Kind.UNSUBSCRIBED, digest)
    return record(told, provider=BY_CLICK, event_id=str(digest.pk), sha256=sha256, at=at)


@transaction.atomic
def record(
    told: ReportedEvent, *, provider: str, event_id: str, sha256: str, at: datetime
) -> RecordedEvent:
    """Write the event down and do what follows from it, once an event id of that provider."""
    event, is_new = MailEvent.objects.get_or_create(
        provider=provider,
        event_id=event_id[:_LONGEST_ID],
        defaults={
            "kind": told.kind,
            "status": told.status,
            "digest": told.mail if isinstance(told.mail, Digest) else None,
            "letter": told.mail if isinstance(told.mail, Letter) else None,
            "sha256": sha256,
            "at": at,
        },
    )
    if is_new:
        _follow(told, at)
        if told.email_key:
            count_bounce(event, told.email_key)
    return RecordedEvent(event, is_new)


def read_message(raw: bytes, at: datetime, recipient: str = "") -> ReportedEvent:
    """What a message says and whom of; changes nothing."""
    report = bounce_reports.parse_report(raw)
    if left := digest_links.read_unsubscribe_mail(report):
        return ReportedEvent(Kind.UNSUBSCRIBED, left.digest, left.subscriber)
    complains = report.kind == ReportKind.COMPLAINT
    named = (recipient, *report.to, *(report.returned if complains else ()))
    mail = mail_of(named)
    if mail is None:
        # Its row may be deleted, and so may its person be.
        kind = Kind.OLD if any(map(verp.parse, named)) else Kind.FORGED
        return ReportedEvent(kind, status=report.status)
    if at - mail.not_before > (COMPLAINTS_FOR if complains else BOUNCES_FOR):
        return ReportedEvent(Kind.OLD, status=report.status)
    if report.about and email_key(report.about) != mail.email_key:
        # Forwarded mail, or no bounce at all: too uncertain to count against this address.
        return ReportedEvent(Kind.AUTO_REPLY, mail, mail.subscriber)
    return event_about(mail, _kind(report), report.status)


def event_about(mail: Digest | Letter, kind: MailEvent.Kind, status: str) -> ReportedEvent:
    """What was said of this mail; OLD for what says nothing of its address as it is now."""
    if mail.subscriber and mail.email_key == mail.subscriber.email_key:
        since = _counts_since(kind, mail.subscriber)
        if since and _written_at(mail) < since:
            return ReportedEvent(Kind.OLD, status=status)
    return ReportedEvent(kind, mail, mail.subscriber, status)


def _counts_since(kind: MailEvent.Kind, person: Subscriber) -> datetime | None:
    """When the address became theirs; for a hard bounce, when they last proved that it works."""
    moments = {
        Kind.BOUNCE_HARD: (person.address_since, person.confirmed_at),
        Kind.BOUNCE_REFUSED: (person.address_since,),
        Kind.BOUNCE_SOFT: (person.address_since,),  # see soft for those before a confirmation
        Kind.COMPLAINT: (person.address_since,),
    }
    return max(filter(None, moments.get(kind, ())), default=None)


def _written_at(mail: Digest | Letter) -> datetime:
    composed = mail.composed_at if isinstance(mail, Digest) else None
    return composed or mail.not_before


def mail_of(addresses: Iterable[str]) -> Digest | Letter | None:
    """The mail that the first bounce address of ours among these is of."""
    for address in addresses:
        if named := verp.parse(address):
            kind, pk = named
            model: type[Digest] | type[Letter] = Digest if kind == "digest" else Letter
            rows = model._default_manager.select_related("subscriber")
            if row := rows.filter(pk=pk).first():
                return row
    return None


def _kind(report: bounce_reports.Report) -> MailEvent.Kind:
    if report.bounce:
        return _KINDS[report.bounce]
    simple = {ReportKind.COMPLAINT: Kind.COMPLAINT, ReportKind.AUTOMATIC: Kind.AUTO_REPLY}
    return simple.get(report.kind, Kind.UNREAD)


def _follow(told: ReportedEvent, at: datetime) -> None:
    """What an event of this kind does to the person and to the mail."""
    if told.mail is not None:
        reconciliation.prove_sent(told.mail, told.kind.label.lower())
    if told.email_key and (step := _STEPS.get(told.kind)):
        step(told, at)


def _hard(told: ReportedEvent, at: datetime) -> None:
    stop_mailing(
        told.email_key, f"a report said {told.status or 'that it bounces'}", at, told.backend
    )


def _soft(told: ReportedEvent, at: datetime) -> None:
    if isinstance(told.mail, Digest):
        soft_bounces.back_off(told.mail, at)


def _refused(told: ReportedEvent, at: datetime) -> None:
    if not isinstance(told.mail, Digest):
        return
    if (row := refusals.count_in_a_row(told.mail)) >= refusals.MOST_IN_A_ROW:
        stop_mailing(told.email_key, f"{row} mails in a row were refused", at, told.backend)
    else:
        soft_bounces.back_off(told.mail, at)


def _complaint(told: ReportedEvent, at: datetime) -> None:
    _unsubscribed(told, at)
    Suppression.objects.record(told.email_key, Suppression.Reason.COMPLAINT)


def _unsubscribed(told: ReportedEvent, at: datetime) -> None:
    """A letter may be about an address that they had before."""
    if told.subscriber and told.subscriber.email_key == told.email_key:
        signup.unsubscribe(told.subscriber.pk)


_STEPS: dict[MailEvent.Kind, Callable[[ReportedEvent, datetime], None]] = {
    Kind.BOUNCE_HARD: _hard,
    Kind.BOUNCE_REFUSED: _refused,
    Kind.BOUNCE_SOFT: _soft,
    Kind.COMPLAINT: _complaint,
    Kind.UNSUBSCRIBED: _unsubscribed,
}
