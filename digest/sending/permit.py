"""The send permit: one conditional UPDATE, made just before the point of no return.

Nothing else allows a mail to leave. For SMTP the point of no return is the terminating dot.
"""

# ruff: noqa: S608 - names and clocks of the program; values of rows are parameters

from collections.abc import Collection, Sequence
from typing import NamedTuple

from django.db import connection
from django.db.models import Model

from digest.models import PERMIT_LEASE, Digest, Hold, Letter, State
from digest.models.database import database_now
from subscriptions.models import (
    AddressChange,
    Subscriber,
    Suppression,
    SuppressionQuerySet,
    address_hashes,
)

Row = Digest | Letter


def grant_permit(row: Row, backend: str, epoch: int | None = None) -> bool:
    """Take one row from LEASED to SENDING; returns whether it got its permit.

    It does if the fence is unchanged, the lease alive, the subscriber active, the address not
    suppressed, and no hold stops it. `epoch` names the journal that the reply will be written to.
    """
    return grant_permits([row], backend, epoch) == 1


def grant_permits(rows: Sequence[Row], backend: str, epoch: int | None = None) -> int:
    """Do `grant_permit` for several rows of one model in one statement; returns how many got it.

    A suppression or a hold of one row stops all of them: a caller that gets fewer permits than it
    asked for rolls its transaction back and asks for each row alone.

    The rows' own conditions are in the outer WHERE: PostgreSQL checks those again after waiting
    for another writer, but not those of a subquery. This runs before every mail and is SQL because
    the ORM takes longer to build the statement than the database to execute it.
    """
    wanted = _wanted(rows) if isinstance(rows[0], Digest) else _still_owns_address()
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
    fenced = " OR ".join(["id = %s AND fence = %s"] * len(rows))
    return _Sql(
        f"({fenced}) AND state = '{State.LEASED.value}' AND lease_until > {database_now()}",
        [value for row in rows for value in (row.pk, row.fence)],
    )


def _wanted(rows: Sequence[Row]) -> _Sql:
    """The subscriber is active, and still has the address that the mail was composed for."""
    keys = [row.email_key for row in rows]
    return _Sql(
        f"EXISTS (SELECT 1 FROM {_table(Subscriber)} AS person "
        f"WHERE person.id = subscriber_id AND person.status = '{Subscriber.Status.ACTIVE.value}' "
        f"AND person.email_key IN ({_places(keys)}))",
        keys,
    )


def _still_owns_address() -> _Sql:
    """For letters, which also go to subscribers who are not active yet: it is an operator's, or
    the subscriber still has the address that it was written for, or the change of address that it
    is about still waits for confirmation, or can still be undone."""
    letters, new_address = _table(Letter), Letter.Purpose.NEW_ADDRESS.value
    return _Sql(
        "(subscriber_id IS NULL AND address_change_id IS NULL "
        f"OR EXISTS (SELECT 1 FROM {_table(Subscriber)} AS person "
        f"WHERE person.id = subscriber_id AND person.email_key = {letters}.email_key) "
        f"OR EXISTS (SELECT 1 FROM {_table(AddressChange)} AS change "
        "WHERE change.id = address_change_id AND change.undone_at IS NULL "
        f"AND (change.confirmed_at IS NULL) = (purpose = '{new_address}')))",
        (),
    )


def _not_suppressed(rows: Sequence[Row]) -> _Sql:
    """A suppression for a bounce does not stop a letter to a subscriber, which may lift it."""
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
    # An automatic hold must not stop the alarm that reports it.
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
    """Placeholders for a list of values; NULL, which equals nothing, for an empty one."""
    return ", ".join(["%s"] * len(values)) or "NULL"


def _table(model: type[Model]) -> str:
    return model._meta.db_table


def state_without_permit(row: Row) -> State | None:
    """The state of a mail that got no permit: CANCELLED, SUPPRESSED, or PLANNED to try later.

    Returns None if the row is no longer leased under its fence.
    """
    if not type(row).objects.filter(pk=row.pk, fence=row.fence, state=State.LEASED).exists():
        return None
    if not _is_wanted(row):
        return State.CANCELLED
    return State.SUPPRESSED if _suppressed(row).exists() else State.PLANNED


def _is_wanted(row: Row) -> bool:
    """Whether the recipient may get it: a digest follows a change of address, a letter does not."""
    if isinstance(row, Digest):
        return Subscriber.objects.active().filter(pk=row.subscriber_id).exists()
    if row.address_change_id is not None:
        unconfirmed = row.purpose == Letter.Purpose.NEW_ADDRESS
        return AddressChange.objects.filter(
            pk=row.address_change_id, undone_at=None, confirmed_at__isnull=unconfirmed
        ).exists()
    if row.subscriber_id is None:
        return True
    return Subscriber.objects.filter(pk=row.subscriber_id, email_key=row.email_key).exists()


def _suppressed(row: Row) -> SuppressionQuerySet:
    found = Suppression.objects.with_hashes(_hashes(row))
    return found.blocking_letters() if _may_lift(row) else found


def _may_lift(row: Row) -> bool:
    """Whether this is a letter by which the recipient may lift a suppression for a bounce."""
    return isinstance(row, Letter) and row.purpose != Letter.Purpose.ALARM
