"""Whether this database is older than what this machine has sent from it, and what follows.

ensure_epoch    a new database gets its name (after migrations)
check           called at each start and each tick; a database that is behind begins a new epoch
note_drain      called before a worker sends
begin           a new epoch: the sequences jump, open mails are not sent, sending is held
"""

import logging
from typing import NamedTuple

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import BigIntegerField, F
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.utils import timezone

from digest.models import (
    AlarmKind,
    Catalogue,
    DatabaseEpoch,
    Digest,
    DigestQuerySet,
    Hold,
    Letter,
    OutgoingQuerySet,
    State,
)
from digest.models.alarms import AlarmFacts, raise_alarm

from . import seen
from .seen import Progress
from .sequences import GAP, jump, last_value_sql

log = logging.getLogger(__name__)

WAITING = (
    "The database was restored from a backup, so nothing is sent until an operator chooses how to "
    "resume: admin, Holds, “Resume after a restore”, or `manage.py resume`."
)
MAY_BE_SENT = "It was open when the backup was made, and may have been sent since."
_REASON = "The database was restored: resume in the admin (Holds) or with `manage.py resume`."
_DIGESTS = Digest._meta.db_table


class EpochState(NamedTuple):
    """The row, and the highest id that a digest ever had and that one has now."""

    row: DatabaseEpoch
    last_digest: int
    newest_digest: int

    @property
    def progress(self) -> Progress:
        return Progress(self.row.number, self.row.drains, self.last_digest)


def ensure_epoch(**_: object) -> None:
    """Create the row if it is missing (a receiver of post_migrate)."""
    if DatabaseEpoch._meta.db_table in connection.introspection.table_names():
        current()


def current() -> EpochState:
    """Return the state of this database, with one query; the first time, create its row."""
    found = _state()
    if found is None:
        DatabaseEpoch.objects.bulk_create([DatabaseEpoch()], ignore_conflicts=True)
        found = _state()
    assert found
    return found


def _state() -> EpochState | None:
    number = BigIntegerField()
    newest = f"(SELECT MAX(id) FROM {_DIGESTS})"  # noqa: S608 - a table of the program
    row = DatabaseEpoch.objects.annotate(
        last_digest=RawSQL(last_value_sql(_DIGESTS), (), number),  # noqa: S611 - no text of others
        newest_digest=RawSQL(newest, (), number),  # noqa: S611
    ).first()
    if row is None:
        return None
    return EpochState(row, row.last_digest or 0, row.newest_digest or 0)


def check() -> str:
    """Compare the database with what this machine has seen of it; return why nothing is sent, "".

    A database that is behind begins a new epoch. While an operator has not said how to resume, the
    hold is set again if somebody lifts it.
    """
    # The file first: a worker that counts between the two reads must not look like a restore.
    seen_before = _seen()
    found = current()
    before = seen_before.get(found.row.database)
    if before and found.progress.is_behind(before):
        log.error("The database is older than what this machine has sent from it.")
        begin()
        found = current()
    if not found.row.is_waiting:
        return ""
    _hold()
    return WAITING


def check_at_start() -> str:
    """Do `check` at the start of a process, which a database that is not there yet must not end."""
    try:
        return check()
    except DatabaseError as wrong:
        log.warning("The epoch of the database was not checked (%s).", type(wrong).__name__)
        return ""


def note_drain() -> None:
    """Count that a worker begins to send, in the database and then in the file of this machine.

    The count is on the disk before the file is, so that a power cut does not look like a restore.
    """
    found = current()
    with_sync = connection.vendor == "sqlite" and not connection.in_atomic_block
    with connection.cursor() as cursor:
        if with_sync:
            cursor.execute("PRAGMA synchronous=FULL")
        DatabaseEpoch.objects.filter(pk=1).update(drains=F("drains") + 1)
        if with_sync:
            cursor.execute("PRAGMA synchronous=NORMAL")
    row = found.row
    _note(row.database, Progress(row.number, row.drains + 1, found.newest_digest))


def begin() -> DatabaseEpoch:
    """Begin a new epoch, unless another process just did; return the row.

    The ids of all tables jump past those that the lost time may have given, and by as much more as
    that time is known to have had digests. Papers are numbered on from there too, for programs that
    ask for those after the last one they know.
    """
    with transaction.atomic():
        found = current()
        row, before = found.row, _seen().get(found.row.database)
        past = found.progress.or_later(before) if before else found.progress
        number = max(row.number, past.epoch) + 1
        gap = GAP * (number - row.number) + max(0, past.digest - found.last_digest)
        catalogue = Catalogue.lock()
        first = catalogue.newest_seq + gap
        changed = DatabaseEpoch.objects.filter(pk=1, number=row.number, database=row.database)
        if not changed.update(
            number=number,
            drains=max(row.drains, past.drains),
            begun_at=Now(),
            first_seq=first,
            resumed_at=None,
            resumed="",
            gap_after=None,
            gap_through=None,
        ):
            return current().row
        jump(gap)
        catalogue.newest_seq, catalogue.change = first, catalogue.change + gap
        catalogue.save(update_fields=["newest_seq", "change"])
        close_open(Digest.objects.all())
        close_open(Letter.objects.exclude(purpose=Letter.Purpose.ALARM))
        _hold()
        facts = AlarmFacts("The database was restored, and nothing is sent", [WAITING])
        raise_alarm(AlarmKind.RESTORED, facts, timezone.now())
    row = current().row
    _note(row.database, Progress(row.number, row.drains, found.newest_digest))
    return row


def close_open(mails: DigestQuerySet | OutgoingQuerySet[Letter]) -> None:
    """Make those of the mails that are open UNKNOWN: they may have been sent in the lost time.

    The papers of a digest are in the next one, and the log of a relay may prove that it was sent.
    """
    waiting = mails.filter(state__in=(State.PLANNED, State.LEASED))
    waiting.update(state=State.UNKNOWN, lease_until=None, reply_text=MAY_BE_SENT)
    mails.filter(state=State.SENDING).update(state=State.UNKNOWN, lease_until=None)


def problems() -> list[str]:
    """Return what `doctor` says: that the database is behind, or that this cannot be known."""
    try:
        seen_before = seen.read(settings.DATA_DIR)
    except (OSError, ValueError) as wrong:
        return [
            f"{settings.DATA_DIR / seen.NAME} cannot be read ({wrong}), so a restored database "
            "would not be noticed on this machine. Delete it: it is written again."
        ]
    found = current()
    before = seen_before.get(found.row.database)
    behind = before is not None and found.progress.is_behind(before)
    return [WAITING] if found.row.is_waiting or behind else []


def _hold() -> None:
    """Hold everything. An automatic hold lets alarms to operators pass."""
    Hold.objects.get_or_create(
        scope=Hold.Scope.EVERYTHING, value="", defaults={"automatic": True, "reason": _REASON}
    )


def lift_hold() -> None:
    """Delete the hold of a restore; one that an operator has set stays."""
    Hold.objects.of_everything().filter(automatic=True, reason=_REASON).delete()


def _seen() -> dict[int, Progress]:
    try:
        return seen.read(settings.DATA_DIR)
    except (OSError, ValueError) as wrong:
        log.error("What this machine has seen of the database cannot be read: %s", wrong)
        return {}


def _note(database: int, found: Progress) -> None:
    try:
        seen.note(settings.DATA_DIR, database, found)
    except OSError as wrong:
        log.error("What this machine has seen cannot be written: %s", wrong.strerror)
