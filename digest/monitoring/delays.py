"""How long digests took from due to sent, counted in the database by classes of minutes."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Case, Count, F, FloatField, Func, QuerySet, Value, When
from django.db.models.functions import Least

from digest.models import Digest, State

# Upper bounds of the classes, in minutes; what took longer is in the class LATER.
BOUNDS = (1, 2, 5, 10, 15, 30, 60, 120, 240)
LATER = "later"


class _MinutesBetween(Func):
    """Minutes from the second instant to the first.

    Django's difference of two columns is a Python function on SQLite, called for each row.
    """

    output_field = FloatField()
    arity = 2

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="((JULIANDAY(%(expressions)s)) * 1440)",
            arg_joiner=") - JULIANDAY(",
            **extra,
        )

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        template = "(EXTRACT(EPOCH FROM (%(expressions)s)) / 60)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=" - ", **extra)


# A mail that was put off has the time of its last attempt in `not_before`; it was due before it was
# planned, by a minute at most.
_DUE = Least("not_before", "created_at")
_CLASS = Case(
    *(When(minutes__lte=bound, then=Value(str(bound))) for bound in BOUNDS), default=Value(LATER)
)


def count_by_delay(digests: QuerySet[Digest]) -> dict[str, int]:
    """Count those of the digests that were sent by class: an upper bound in minutes, or LATER."""
    sent = digests.filter(state=State.SENT, kind=Digest.Kind.SCHEDULED, sent_at__isnull=False)
    timed = sent.order_by().annotate(minutes=_MinutesBetween(F("sent_at"), _DUE), within=_CLASS)
    return dict(timed.values_list("within").annotate(Count("pk")))


def bound_of_share(counts: Mapping[str, int], share: float) -> int | None:
    """Return the minutes within which that share (0 to 1) was sent; None if it took longer than
    the last bound, or nothing was sent."""
    wanted, sent = share * sum(counts.values()), 0
    for bound in BOUNDS:
        sent += counts.get(str(bound), 0)
        if sent and sent >= wanted:
            return bound
    return None
