"""The heartbeat of a drain: the leases of what it has claimed, renewed for as long as it lives.

So a lease can be short, and what a dead drain had claimed goes on within a minute.
"""

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any, Self

from django.db import Error, connection

log = logging.getLogger(__name__)

BEAT = 10.0  # seconds between two renewals; a lease lasts four times as long
LONGEST = 900.0  # seconds after which a drain that hangs loses its leases all the same
_AT_ONCE = 1000  # rows a statement


class Leases:
    """The claimed rows of one drain. As a context manager, a thread with a connection of its own
    renews their leases every BEAT seconds.

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
        self._thread.join(BEAT)  # a database that does not answer must not hold up the drain's end

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

    def beat(self) -> None:
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
            while not self._over.wait(BEAT) and time.monotonic() < until:
                try:
                    self.beat()
                except Error as wrong:
                    log.warning("Leases could not be renewed: %s", type(wrong).__name__)
                    connection.close()
        finally:
            connection.close()
