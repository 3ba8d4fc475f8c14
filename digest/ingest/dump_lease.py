"""The lease on a dump: which process reads it, by a row with an expiry time and a fence.

A thread renews the lease for as long as its process lives, so the dump of a process that died is
free within a minute. Everything that a reader writes is conditional on its fence: a process whose
lease lapsed, and whose dump another process has leased since, writes nothing.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db import Error, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from digest.models import Dump
from digest.models.dumps import DumpQuerySet

log = logging.getLogger(__name__)

LEASE_DURATION = timedelta(seconds=40)
RENEW_SECONDS = 10.0  # seconds between two renewals
_LOOK_AGAIN = 0.2  # seconds


class LeaseLost(Exception):
    """The lease lapsed and another process has the dump, or the dump was deleted."""

    def __init__(self) -> None:
        super().__init__("Another process is reading it.")


@dataclass(frozen=True, slots=True)
class DumpLease:
    """The right to read the file and write what is in it, while its row has this fence."""

    sha256: str
    fence: int

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Open a transaction in which no other process can take the lease. Raises LeaseLost."""
        with transaction.atomic():
            # An UPDATE locks the row, so a lease that is just being taken is waited for.
            if not self._rows().update(fence=F("fence")):
                raise LeaseLost
            yield

    def renew(self) -> bool:
        """Prolong the lease; return False if it is lost."""
        return bool(self._rows().update(lease_until=Now() + LEASE_DURATION))

    def release(self) -> None:
        """Let other processes take the lease at once."""
        self._rows().update(lease_until=None)

    def _rows(self) -> DumpQuerySet:
        return Dump.objects.filter(sha256=self.sha256, part=0, fence=self.fence)


@contextlib.contextmanager
def acquire_lease(sha256: str, *, patience: float = 0) -> Iterator[DumpLease | None]:
    """Hold the lease on a dump for the block, renewed by a thread.

    Yields None if another process keeps it for longer than `patience` seconds, or if there is no
    such dump.
    """
    until = time.monotonic() + patience
    while (lease := _lease(sha256)) is None:
        if time.monotonic() > until or not Dump.objects.filter(sha256=sha256, part=0).exists():
            yield None
            return
        time.sleep(_LOOK_AGAIN)
    try:
        with _renewed(lease):
            yield lease
    finally:  # not before its last renewal
        with contextlib.suppress(Error):  # else it lapses by itself
            lease.release()


def _lease(sha256: str) -> DumpLease | None:
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
    rows = Dump.objects.filter(free, sha256=sha256, part=0)
    found = rows.values_list("fence", flat=True).first()
    # The UPDATE names the fence that was found, so of several processes one changes the row.
    if found is None or not rows.filter(fence=found).update(
        fence=found + 1, lease_until=Now() + LEASE_DURATION
    ):
        return None
    return DumpLease(sha256, found + 1)


@contextlib.contextmanager
def _renewed(lease: DumpLease) -> Iterator[None]:
    over = threading.Event()
    thread = threading.Thread(target=_renew, args=(lease, over), name="dump lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(RENEW_SECONDS)  # the database may not answer


def _renew(lease: DumpLease, over: threading.Event) -> None:
    try:
        while not over.wait(RENEW_SECONDS):
            try:
                if not lease.renew():
                    return
            except Error as wrong:
                log.warning("A lease could not be renewed: %s", type(wrong).__name__)
                connection.close()
    finally:
        connection.close()
