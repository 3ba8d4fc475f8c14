"""Counts how digests end, and stops sending where too many end badly.

Letters are not counted: strangers type their addresses. What is accepted is brought to the
database every few seconds, what is refused at once, so that all workers together stop in time; a
killed worker takes a few seconds of accepted mail with it.
"""

import logging
import time
from collections import Counter
from collections.abc import Collection

from django.db import DatabaseError

from digest.mail.transport import Mail
from digest.models import Digest, Hold, MailEvent, OutcomeCount, State, Tally, minute_now
from digest.sending.automatic_holds import check

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
MOST_BAD = 3  # refusals, and mails without a reply, that may wait to be counted
_TALLIES = {
    State.SENT: Tally(1),
    State.FAILED: Tally(1, refused=1),
    State.UNKNOWN: Tally(1, unknown=1),
}
_MINUTES_OF_A_DAY = 24 * 60
_Kind = MailEvent.Kind
REFUSALS = (_Kind.BOUNCE_HARD, _Kind.BOUNCE_REFUSED, _Kind.BOUNCE_POLICY)


class OutcomeCounter:
    """The outcomes of one drain. `has_held`: what it sends is held automatically since, by what
    this one or another has counted."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], Tally] = {}
        self._suspects: Counter[str] = Counter()
        self._flushed_at = time.monotonic()
        self.has_held = False

    def note(self, mail: Mail, state: State | None) -> None:
        """Count a digest that ended in this state."""
        if state not in _TALLIES or not isinstance(mail.row, Digest):
            return
        domain = domain_of(mail.row.email_key)
        key = mail.backend, domain
        self._counts[key] = self._counts.get(key, Tally()) + _TALLIES[state]
        if state != State.SENT:
            self._suspects[domain] += 1

    def flush(self, *, now: bool = False) -> None:
        """Bring the counts to the database if it is time, or `now`, and check them.

        Never raises DatabaseError: the mails are under way, and counts can wait.
        """
        ripe = time.monotonic() - self._flushed_at >= EVERY_SECONDS
        if not self._counts or not (now or ripe or self._suspects.total() >= MOST_BAD):
            return
        counts, suspects = self._counts, self._suspects
        self._counts, self._suspects = {}, Counter()
        self._flushed_at = time.monotonic()
        try:
            OutcomeCount.objects.add(counts)
            if suspects:
                check(suspects)
                self.has_held = self.has_held or _is_held(suspects, {key[0] for key in counts})
        except DatabaseError as wrong:
            log.warning("Outcomes were not counted (%s).", type(wrong).__name__)


def _is_held(domains: Collection[str], backends: Collection[str]) -> bool:
    held = Hold.objects.filter(automatic=True).held()
    return bool(
        held.everything or held.domains.intersection(domains) or held.backends & set(backends)
    )


def domain_of(email_key: str) -> str:
    return email_key.rpartition("@")[2]


def count_report(event: MailEvent, email_key: str) -> None:
    """Count a bounce that came back about a digest that had been accepted, or about no mail.

    It counts where its mail does: in the hour in which that was sent, if that is of this day. A
    digest that was refused at once, or of which something said so before, counts as it is.
    """
    if event.kind not in REFUSALS or event.letter_id:
        return
    digest, minute, now = event.digest, None, minute_now()
    if digest is not None:
        earlier = digest.events.filter(kind__in=REFUSALS).exclude(pk=event.pk)
        if digest.state == State.FAILED or earlier.exists():
            return
        if digest.sent_at:
            minute = int(digest.sent_at.timestamp()) // 60
            if minute <= now - _MINUTES_OF_A_DAY:
                return
    domain, backend = domain_of(email_key), digest.backend if digest else ""
    OutcomeCount.objects.add({(backend, domain): Tally(refused=1)}, minute)
    check([domain], minute)
