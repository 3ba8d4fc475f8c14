"""Reconcile UNKNOWN mails: a mail event about them, or the log of the relay, proves that they were
sent."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from digest.epochs.checking import MAY_BE_SENT
from digest.mail.inbound.postfix_log import accepted_message_ids
from digest.models import Digest, Letter, MailEvent, State
from digest.models.endings import end_and_advance_watermark
from digest.rendering import digest_headers
from subscriptions.letters import composing as letters

ALARM = 1 / 10_000  # share of the mails of a day
DAY = timedelta(days=1)
_ENDED = (State.SENT, State.FAILED, State.UNKNOWN)


def prove_sent(row: Digest | Letter, by: str) -> bool:
    """Make an UNKNOWN mail SENT and advance its watermark; returns whether it was UNKNOWN.

    A mail that is being sent is left to its sender; if that dies, `reconcile` makes it SENT.
    """
    if row.state != State.UNKNOWN:
        return False
    noted = {"sent_at": Now(), "reply_text": f"Found out later: {by}."}
    return end_and_advance_watermark(row, State.SENT, **noted) is not None


def reconcile() -> int:
    """Make every UNKNOWN mail SENT that has an event, before or after; returns how many."""
    proven = 0
    for model, name in ((Digest, "digest"), (Letter, "letter")):
        events = MailEvent.objects.filter(**{name: OuterRef("pk")})
        for row in model.objects.filter(Exists(events), state=State.UNKNOWN):
            newest = row.events.first()
            proven += prove_sent(row, str(newest).lower() if newest else "an event")
    return proven


class UnknownShare(NamedTuple):
    """The number of mails of a day that ended without a reply, and of all that were tried."""

    unanswered: int
    tried: int

    @property
    def alarming(self) -> bool:
        return self.unanswered > self.tried * ALARM

    @property
    def share(self) -> float:
        return self.unanswered / self.tried if self.tried else 0.0


def percent(share: float) -> str:
    """Format a share: "0.01 %", "33.3 %"."""
    return f"{100 * share:.3g} %"


def unknown_share(at: datetime) -> UnknownShare:
    """Count digests and letters of the day that ends at `at`."""
    return UnknownShare(count_unknown(at), _of_the_day(at, *_ENDED))


def count_unknown(at: datetime) -> int:
    """The UNKNOWN mails of that day, counted by an index alone."""
    return _of_the_day(at, State.UNKNOWN)


def _of_the_day(at: datetime, *states: State) -> int:
    return sum(
        model.objects.filter(not_before__gt=at - DAY, state__in=states)
        .exclude(reply_text=MAY_BE_SENT)  # no server left that without a reply
        .count()
        for model in (Digest, Letter)
    )


class RelayLogResult(NamedTuple):
    """The number of mails that were UNKNOWN, and of those that the log proved to be sent."""

    unknown: int
    proven: int


def apply_relay_log(log: Iterable[bytes]) -> RelayLogResult:
    """Make UNKNOWN mails SENT that the relay accepted by the lines of its log."""
    rows = dict(_unknown())
    proven = sum(
        prove_sent(rows[message_id], "the relay's log")
        for message_id in accepted_message_ids(log, rows)
    )
    return RelayLogResult(len(set(rows.values())), proven)


def _unknown() -> Iterator[tuple[str, Digest | Letter]]:
    """Yield the possible Message-IDs of each UNKNOWN row.

    No row stores its Message-ID: it derives from the SECRET_KEY in use when the mail was sent, so
    all known keys are tried.
    """
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    for digest in Digest.objects.filter(state=State.UNKNOWN).defer(
        "entries", "follow_ups", "facts"
    ):
        for secret in secrets:
            yield digest_headers.message_id_of(digest, secret), digest
    for letter in Letter.objects.filter(state=State.UNKNOWN):
        for secret in secrets:
            yield letters.message_id_of(letter, secret), letter
