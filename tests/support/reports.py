"""A mail that was sent to Ada, and what comes back about it an hour later."""

from datetime import timedelta
from typing import Any

from digest.mail.transport import Outcome, Result
from digest.mail_events.recording import RecordedEvent, record_message
from digest.models import Digest
from subscriptions import digest_links
from subscriptions.digest_links import signed
from subscriptions.links import Purpose
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING

LATER = MORNING + timedelta(hours=1)

ACCEPTED = Outcome(Result.ACCEPTED, "dot", 250, "2.0.0 ok")

NO_ANSWER = Outcome(Result.UNKNOWN, "dot")


def digest_after(outcome: Outcome = ACCEPTED) -> Digest:
    """A digest of that morning, as this answer leaves it."""
    sent = outcome is ACCEPTED
    paper = factories.paper("A robot")
    reader = factories.subscriber(
        "ada@example.org",
        "robot",
        next_due_at=MORNING + timedelta(days=1),
        confirmed_through_seq=paper.seq if sent else 0,
        last_due_at=MORNING,
        last_local_date=MORNING.date(),
    )
    return Digest.objects.create(
        subscriber=reader, local_date=MORNING.date(), not_before=MORNING,
        expires_at=MORNING + timedelta(hours=23), state="sent" if sent else "unknown",
        composed_at=MORNING, from_seq=0, to_seq=paper.seq,
    )  # fmt: skip


def person() -> Subscriber:
    return Subscriber.objects.get()


def record(raw: bytes, **options: Any) -> RecordedEvent:
    return record_message(raw, options.pop("at", LATER), **options)


def list_unsubscribe_of(digest: Digest) -> str:
    """The value of its List-Unsubscribe."""
    page = signed(digest, "unsubscribe", Purpose.UNSUBSCRIBE, digest.subscriber_id)
    return digest_links.list_unsubscribe(digest, page)


def unsubscribe_mail(digest: Digest, subject: str = "") -> bytes:
    """The mail that List-Unsubscribe asks for."""
    ways = list_unsubscribe_of(digest).split(", ")
    address, _, query = ways[1].removeprefix("<mailto:").removesuffix(">").partition("?")
    subject = subject or query.removeprefix("subject=").replace("%20", " ")
    return f"From: x@example.com\r\nTo: {address}\r\nSubject: {subject}\r\n\r\n".encode()
