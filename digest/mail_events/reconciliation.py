"""What became of mails that are UNKNOWN: proof that they left, from anything that comes back
about them or from the log of the mail server that was to take them."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from digest.mail.inbound.postfix_log import accepted_message_ids
from digest.models import Digest, Letter, MailEvent, State
from digest.models.endings import end_and_advance_watermark
from digest.rendering import digest_headers
from subscriptions import letters

ALARM = 1 / 10_000  # of a day's mails
DAY = timedelta(days=1)
_ENDED = (State.SENT, State.FAILED, State.UNKNOWN)


def prove_sent(row: Digest | Letter, by: str) -> bool:
    """UNKNOWN becomes SENT, and its papers count as dealt with; False: it was no UNKNOWN.

    A mail that is still being sent stays its sender's: `reconcile` sees to it should that die.
    """
    if row.state != State.UNKNOWN:
        return False
    noted = {"sent_at": Now(), "reply_text": f"Found out later: {by}."}
    return end_and_advance_watermark(row, State.SENT, **noted) is not None


def reconcile() -> int:
    """Settle every UNKNOWN that an event speaks of, whichever of the two came first; how many."""
    proven = 0
    for model, name in ((Digest, "digest"), (Letter, "letter")):
        events = MailEvent.objects.filter(**{name: OuterRef("pk")})
        for row in model._default_manager.filter(Exists(events), state=State.UNKNOWN):
            newest = row.events.first()
            proven += prove_sent(row, str(newest).lower() if newest else "an event")
    return proven


class UnknownShare(NamedTuple):
    """How many of the mails that were tried within a day ended without an answer."""

    unanswered: int
    tried: int

    @property
    def alarming(self) -> bool:
        return self.unanswered > self.tried * ALARM

    @property
    def share(self) -> float:
        return self.unanswered / self.tried if self.tried else 0.0


def percent(share: float) -> str:
    """Like "0.01 %" and "33.3 %"."""
    return f"{100 * share:.3g} %"


def unknown_share(at: datetime) -> UnknownShare:
    """The day that ends at `at`, digests and letters."""
    return UnknownShare(count_unknown(at), _of_the_day(at, *_ENDED))


def count_unknown(at: datetime) -> int:
    """The UNKNOWN of that day alone, which an index tells."""
    return _of_the_day(at, State.UNKNOWN)


def _of_the_day(at: datetime, *states: State) -> int:
    return sum(
        model._default_manager.filter(not_before__gt=at - DAY, state__in=states).count()
        for model in (Digest, Letter)
    )


class RelayLogResult(NamedTuple):
    """How many mails were without an answer, and how many of them the log proved to be sent."""

    unknown: int
    proven: int


def apply_relay_log(log: Iterable[bytes]) -> RelayLogResult:
    """Make SENT what is UNKNOWN and was taken by the lines of this log; all else stays."""
    rows = dict(_unknown())
    proven = sum(
        prove_sent(rows[message_id], "the relay's log")
        for message_id in accepted_message_ids(log, rows)
    )
    return RelayLogResult(len(set(rows.values())), proven)


def _unknown() -> Iterator[tuple[str, Digest | Letter]]:
    """Map each possible Message-ID to its row. No row holds one: it is derived from the SECRET_KEY
    in use when the mail was sent, so all known keys are tried; these rows are few."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    for digest in Digest.objects.filter(state=State.UNKNOWN).defer(
        "entries", "follow_ups", "facts"
    ):
        for secret in secrets:
            yield digest_headers.message_id_of(digest, secret), digest
    for letter in Letter.objects.filter(state=State.UNKNOWN):
        for secret in secrets:
            yield letters.message_id_of(letter, secret), letter
