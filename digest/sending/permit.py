"""The only permission to send: one conditional UPDATE made just before the point of no return."""

# ruff: noqa: S608 - names and clocks of the program; all that anybody told is a parameter

from collections.abc import Collection, Sequence
from typing import NamedTuple

from django.db import connection
from django.db.models import Model

from digest.models import PERMIT_LEASE, Digest, Hold, Letter, State
from digest.models.database import database_now
from subscriptions.models import Subscriber, Suppression, SuppressionQuerySet, address_hashes

Row = Digest | Letter


def grant_permit(row: Row, backend: str, epoch: int | None = None) -> bool:
    """LEASED to SENDING, if the fence is ours, the lease alive, and the person still wants it.

    `epoch` names the journal that the reply will be written to, None: none.
    """
    return grant_permits([row], backend, epoch) == 1


def grant_permits(rows: Sequence[Row], backend: str, epoch: int | None = None) -> int:
    """The same for several rows of one lane in one statement: how many got it.

    What stops one stops all of them: a caller to whom fewer than all are given takes that back
    (by its transaction) and asks for each alone.

    The rows' own conditions stand in the outer WHERE: PostgreSQL checks those again when it had
    to wait for another writer, and those of a subquery not. It is asked before every mail, and
    written in SQL because Django would take longer to put it together than the database to answer.
    """
    wanted = _wanted(rows) if isinstance(rows[0], Digest) else _still_theirs()
    parts = [_leased(rows), _not_suppressed(rows), _not_held(rows, backend), wanted]
    where = " AND ".join(part.sql for part in parts)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_table(type(rows[0]))} SET state = '{State.SENDING.value}', epoch = %s, "
            f"backend = %s, lease_until = {database_now(PERMIT_LEASE)} WHERE {where}",
            [epoch, backend, *(value for part in parts for value in part.values)],
        )
        return int(cursor.rowcount)


class _Sql(NamedTuple):
    """A condition with its values."""

    sql: str
    values: Sequence[int | str]


def _leased(rows: Sequence[Row]) -> _Sql:
    ours = " OR ".join(["id = %s AND fence = %s"] * len(rows))
    return _Sql(
        f"({ours}) AND state = '{State.LEASED.value}' AND lease_until > {database_now()}",
        [value for row in rows for value in (row.pk, row.fence)],
    )


def _wanted(rows: Sequence[Row]) -> _Sql:
    """Active, and still at the address that the mail was written for."""
    keys = [row.email_key for row in rows]
    return _Sql(
        f"EXISTS (SELECT 1 FROM {_table(Subscriber)} AS person "
        f"WHERE person.id = subscriber_id AND person.status = '{Subscriber.Status.ACTIVE.value}' "
        f"AND person.email_key IN ({_places(keys)}))",
        keys,
    )


def _still_theirs() -> _Sql:
    """Of letters, which go to people who are not active yet too: an operator's, or to the address
    that it was owed to."""
    letters = _table(Letter)
    return _Sql(
        f"(subscriber_id IS NULL OR EXISTS (SELECT 1 FROM {_table(Subscriber)} AS person "
        f"WHERE person.id = subscriber_id AND person.email_key = {letters}.email_key))",
        (),
    )


def _not_suppressed(rows: Sequence[Row]) -> _Sql:
    """Of a letter to a subscriber a bounce forbids nothing, for the letter may lift it."""
    any_reason = [each for row in rows if not _may_lift(row) for each in _hashes(row)]
    but_bounce = [each for row in rows if _may_lift(row) for each in _hashes(row)]
    return _Sql(
        f"NOT EXISTS (SELECT 1 FROM {_table(Suppression)} "
        f"WHERE (address_hash IN ({_places(any_reason)}) OR address_hash IN "
        f"({_places(but_bounce)}) AND reason <> '{Suppression.Reason.BOUNCE.value}') "
        f"AND (expires_at IS NULL OR expires_at > {database_now()}))",
        [*any_reason, *but_bounce],
    )


def _hashes(row: Row) -> list[str]:
    return address_hashes(row.email_key, row.address)


def _not_held(rows: Sequence[Row], backend: str) -> _Sql:
    domains = {row.email_key.rpartition("@")[2] for row in rows}
    days = {row.local_date.isoformat() for row in rows if isinstance(row, Digest)}
    scope = Hold.Scope
    # What keeps an operator from learning of an automatic hold must not be that hold.
    alarms = all(isinstance(row, Letter) and row.purpose == Letter.Purpose.ALARM for row in rows)
    by_person = "NOT automatic AND " if alarms else ""
    return _Sql(
        f"NOT EXISTS (SELECT 1 FROM {_table(Hold)} WHERE {by_person}"
        f"(scope = '{scope.EVERYTHING.value}' "
        f"OR scope = '{scope.BACKEND.value}' AND value = %s "
        f"OR scope = '{scope.DOMAIN.value}' AND value IN ({_places(domains)}) "
        f"OR scope = '{scope.DATE.value}' AND value IN ({_places(days)})))",
        [backend, *domains, *days],
    )


def _places(values: Collection[str]) -> str:
    """Placeholders for a list; NULL, which equals nothing, for an empty one."""
    return ", ".join(["%s"] * len(values)) or "NULL"


def _table(model: type[Model]) -> str:
    return model._meta.db_table


def state_without_permit(row: Row) -> State | None:
    """Where a mail without permit belongs; None: the row is somebody else's now."""
    if not type(row).objects.filter(pk=row.pk, fence=row.fence, state=State.LEASED).exists():
        return None
    if not _is_wanted(row):
        return State.CANCELLED
    return State.SUPPRESSED if _suppressed(row).exists() else State.PLANNED


def _is_wanted(row: Row) -> bool:
    """A digest finds the new address of its person by itself; a letter belongs to the old one."""
    if isinstance(row, Digest):
        return Subscriber.objects.active().filter(pk=row.subscriber_id).exists()
    if row.subscriber_id is None:
        return True
    return Subscriber.objects.filter(pk=row.subscriber_id, email_key=row.email_key).exists()


def _suppressed(row: Row) -> SuppressionQuerySet:
    found = Suppression.objects.with_hashes(_hashes(row))
    return found.blocking_letters() if _may_lift(row) else found


def _may_lift(row: Row) -> bool:
    """Whether this letter may lead to the end of a bounce's suppression."""
    return isinstance(row, Letter) and row.purpose != Letter.Purpose.ALARM
