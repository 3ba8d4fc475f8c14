"""The order in which a drain claims due mails, and the renewal of its leases."""

import logging
import threading
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Self, TypeVar

from django.db import Error, connection

from digest.models import Digest, Held, Hold, Letter, OutgoingQuerySet
from digest.sending.permit import Row

Mail = TypeVar("Mail", Digest, Letter)
BATCH = 100  # digests a claim
# Letters claimed before each claim of digests, per digest: while digests are due, letters are at
# most a quarter of the mails, however many confirmations visitors ask for.
LETTERS_PER_DIGEST = 1 / 3


class Claims:
    """The claims of one drain through these backends.

    In rounds: letters, up to a quarter of the mails, with alarms and letters to subscribers
    before confirmations; then digests. If no digest is due, the whole round is letters.
    """

    def __init__(self, backends: Collection[str]) -> None:
        self._backends = frozenset(backends)
        self._last: dict[str, Row] = {}
        self._digests_are_next = False

    def next(self, at: datetime) -> Sequence[Letter] | Sequence[Digest]:
        """Lease and return the next batch of due rows; empty if nothing is due that may be sent.

        Holds are read each time. A hold of one of the backends ends the drain; the next drain
        opens the others.
        """
        held = Hold.objects.all().held()
        if held.everything or held.backends & self._backends:
            return []
        if self._digests_are_next:
            self._digests_are_next = False
            return self._digests(at, held) or self._letters(at, held, BATCH)
        if letters := self._letters(at, held, max(1, int(BATCH * LETTERS_PER_DIGEST))):
            self._digests_are_next = True
            return letters
        return self._digests(at, held)

    def _letters(self, at: datetime, held: Held, limit: int) -> Sequence[Letter]:
        urgent = self._claim("urgent", Letter.objects.urgent(), at, held, limit)
        left = limit - len(urgent)
        confirmations = Letter.objects.confirmations()
        return [*urgent, *self._claim("confirmations", confirmations, at, held, left)]

    def _digests(self, at: datetime, held: Held) -> Sequence[Digest]:
        return self._claim("digests", Digest.objects.all(), at, held, BATCH)

    def _claim(
        self, queue: str, rows: OutgoingQuerySet[Mail], at: datetime, held: Held, limit: int
    ) -> list[Mail]:
        free = rows.not_held(held)
        # Mostly no letter is due: a query is cheaper than a transaction that claims nothing.
        if queue != "digests" and not free.due(at).exists():
            return []
        # Held rows stay due, in front of the others: each drain passes them once, not with every
        # claim. Rows that become due before this position wait for the next drain.
        if queue in self._last and (held.domains or held.dates):
            free = free.behind(self._last[queue])
        claimed = free.claim(at, limit)
        if claimed:
            self._last[queue] = claimed[-1]
        return claimed


log = logging.getLogger(__name__)

RENEW_SECONDS = 10.0  # seconds between two renewals; a lease lasts four times as long
MAX_DRAIN_SECONDS = 900.0  # seconds after which a drain that hangs loses its leases all the same
_AT_ONCE = 1000  # rows a statement


class Leases:
    """The claimed rows of one drain. While it is entered as a context manager, a thread with its
    own database connection renews their leases every RENEW_SECONDS seconds.

    Rows with a permit are not renewed: the lease of a permit is as long as a reply may take.
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[type[Row], int], Row] = {}
        self._renewed_at = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(
            RENEW_SECONDS
        )  # a database that does not answer must not hold up the drain's end

    def add(self, rows: Sequence[Row]) -> None:
        """Renew the leases of these claimed rows from now on."""
        self._rows.update(((type(row), row.pk), row) for row in rows)

    def drop(self, rows: Iterable[Row]) -> None:
        """Stop renewing rows that have their permit or have ended."""
        for row in rows:
            self._rows.pop((type(row), row.pk), None)

    def age(self, claimed_at: float) -> float:
        """Seconds since leases given at `claimed_at` (of time.monotonic) were last renewed."""
        return time.monotonic() - max(claimed_at, self._renewed_at)

    def renew(self) -> None:
        """Renew all leases, in one statement a model; drop rows whose lease was lost."""
        began, rows = time.monotonic(), list(self._rows.values())
        for model in {type(row) for row in rows}:
            of_model = [row for row in rows if type(row) is model]
            for start in range(0, len(of_model), _AT_ONCE):
                part = of_model[start : start + _AT_ONCE]
                kept = model.objects.renew_all(part)
                self.drop(row for row in part if row.pk not in kept)
        self._renewed_at = began

    def _run(self) -> None:
        until = time.monotonic() + MAX_DRAIN_SECONDS
        try:
            while not self._over.wait(RENEW_SECONDS) and time.monotonic() < until:
                try:
                    self.renew()
                except Error as wrong:
                    log.warning("Leases could not be renewed: %s", type(wrong).__name__)
                    connection.close()
        finally:
            connection.close()
