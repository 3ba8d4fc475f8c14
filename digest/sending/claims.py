"""Which due mails a drain claims next, and the leases of what it has claimed, renewed for as
long as it lives."""

import logging
import threading
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Self

from django.db import Error, connection

from digest.models import Digest, Held, Hold, Letter, OutgoingQuerySet

BATCH = 100  # digests a claim
# Letters before each claim of digests, per digest: so a quarter of the mails at most are letters
# as long as digests are due, however many confirmations strangers ask for.
LETTERS_PER_DIGEST = 1 / 3


class Claims:
    """The claims of one drain through these backends.

    In rounds: letters up to a quarter of the mails, alarms and links to the preferences before
    confirmations; then digests. Where no digest is due, letters have the round for themselves.
    """

    def __init__(self, backends: Collection[str]) -> None:
        self._backends = frozenset(backends)
        self._last: dict[str, Any] = {}
        self._digests_are_next = False

    def next(self, at: datetime) -> Sequence[Letter] | Sequence[Digest]:
        """Lease the next batch of due rows; empty where nothing is due that may be sent.

        Holds are read anew each time. A hold of one of the backends ends the drain: the next one
        opens those that are left.
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
        self, queue: str, rows: OutgoingQuerySet, at: datetime, held: Held, limit: int
    ) -> list[Any]:
        free = rows.not_held(held)
        # Mostly there is no letter: a look is cheaper than a transaction that claims nothing.
        if queue != "digests" and not free.due(at).exists():
            return []
        # What is held stays due, in front of the others: each drain passes it once, and not with
        # every claim. What comes to stand before this place meanwhile is the next drain's.
        if queue in self._last and (held.domains or held.dates):
            free = free.behind(self._last[queue])
        claimed: list[Any] = free.claim(at, limit)
        if claimed:
            self._last[queue] = claimed[-1]
        return claimed


log = logging.getLogger(__name__)

RENEW_SECONDS = 10.0  # seconds between two renewals; a lease lasts four times as long
LONGEST = 900.0  # seconds after which a drain that hangs loses its leases all the same
_AT_ONCE = 1000  # rows a statement


class Leases:
    """The claimed rows of one drain. As a context manager, a thread with a connection of its own
    renews their leases every RENEW_SECONDS seconds.

    What has its permit is not renewed: a permit's lease is as long as a reply may take.
    """

    def __init__(self) -> None:
        self._rows: dict[tuple[type[Any], int], Any] = {}
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

    def watch(self, rows: Sequence[Any]) -> None:
        """Renew the leases of these claimed rows from now on."""
        self._rows.update(((type(row), row.pk), row) for row in rows)

    def drop(self, rows: Iterable[Any]) -> None:
        """These have their permit, or have ended."""
        for row in rows:
            self._rows.pop((type(row), row.pk), None)

    def age(self, claimed_at: float) -> float:
        """Seconds since leases given at `claimed_at` (of time.monotonic) were last renewed."""
        return time.monotonic() - max(claimed_at, self._renewed_at)

    def renew(self) -> None:
        """Renew all leases, one statement a lane; rows that are not the drain's any more are
        forgotten."""
        began, rows = time.monotonic(), list(self._rows.values())
        for lane in {type(row) for row in rows}:
            mine = [row for row in rows if type(row) is lane]
            for start in range(0, len(mine), _AT_ONCE):
                part = mine[start : start + _AT_ONCE]
                kept = lane._default_manager.renew_all(part)
                self.drop(row for row in part if row.pk not in kept)
        self._renewed_at = began

    def _run(self) -> None:
        until = time.monotonic() + LONGEST
        try:
            while not self._over.wait(RENEW_SECONDS) and time.monotonic() < until:
                try:
                    self.renew()
                except Error as wrong:
                    log.warning("Leases could not be renewed: %s", type(wrong).__name__)
                    connection.close()
        finally:
            connection.close()
