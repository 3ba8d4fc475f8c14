"""What digests and letters have in common: one mail each, and the states it goes through.

    PLANNED -> LEASED -> SENDING -> SENT
       ^         |          |-- refused for now (4xx) -> PLANNED with not_before
       +- lapsed +          |-- refused for good (5xx) -> FAILED
                            +-- no reply after the dot  -> UNKNOWN, or SENT on later proof

Every change is one conditional UPDATE that names the state it leaves and, where a sender makes it,
the sender's fence; the number of rows it changed says whether it happened. Leases run on the
database's clock, so that no machine's own clock can permit a second sender.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, NamedTuple, Self, TypeVar

from django.db import connection, models, transaction
from django.db.models import Case, F, Q, When
from django.db.models.functions import Now

from .database import database_now, has_state
from .holds import Held

# Renewed every ten seconds while its holder lives (digest/sending/claims.py). With the 20 s between
# two drains, what a dead one had claimed goes on within a minute.
LEASE = timedelta(seconds=40)
# The reply to the final dot may take 600 s (RFC 5321 4.5.3.2.6); a minute more to note it.
PERMIT_LEASE = timedelta(seconds=660)
MAX_COMPOSE_ERRORS = 5
# Said of a row without a send permit that may well get one later.
WITHHELD = "It was held back: there is a hold, or its address had just changed."

# Of a subscriber, and costly to read.
_NOT_IN_MAILS = (
    "requested",
    "requested_at",
    "created_at",
    "next_due_at",
    "last_due_at",
    "last_local_date",
)


class State(models.TextChoices):
    PLANNED = "planned", "planned"
    LEASED = "leased", "being written"
    SENDING = "sending", "being sent"
    SENT = "sent", "sent"
    EMPTY = "empty", "nothing matched"
    FAILED = "failed", "refused"
    SUPPRESSED = "suppressed", "address suppressed"
    EXPIRED = "expired", "too late"
    CANCELLED = "cancelled", "cancelled"
    UNKNOWN = "unknown", "no reply"


ACTIVE = (State.PLANNED, State.LEASED, State.SENDING)
BEFORE_SENT = (State.SENDING, State.UNKNOWN)  # a late answer may still end an UNKNOWN


_Row = TypeVar("_Row", bound="Outgoing")


class OutgoingQuerySet(models.QuerySet[_Row]):
    def active(self) -> Self:
        return self.filter(state__in=ACTIVE)

    def due(self, at: datetime) -> Self:
        """Rows a sender may take at that time, the longest waiting first."""
        return self.filter(state=State.PLANNED, not_before__lte=at, expires_at__gt=at).order_by(
            "not_before", "pk"
        )

    def behind(self, row: "Outgoing") -> Self:
        """Rows that `due` lists after this one."""
        later = Q(not_before__gt=row.not_before) | Q(not_before=row.not_before, pk__gt=row.pk)
        # The first condition alone says nothing new; it is the one that an index can start from.
        return self.filter(Q(not_before__gte=row.not_before) & later)

    def not_held(self, held: Held) -> Self:
        """Rows whose recipient or date none of these holds stops; backends are the sender's
        business."""
        raise NotImplementedError

    def claim(self, at: datetime, limit: int) -> list[_Row]:
        """Lease up to `limit` due rows to the caller and return them, fences raised."""
        if limit < 1:
            return []
        due = self.due(at).values_list("pk")[:limit]
        with transaction.atomic():
            if connection.features.has_select_for_update_skip_locked:
                due = due.select_for_update(skip_locked=True)
            select, values = due.query.sql_with_params()
            # MATERIALIZED: run again for each row, a search that locks would find other rows.
            update = (
                f"WITH due (id) AS MATERIALIZED ({select}) UPDATE {self.model._meta.db_table} "  # noqa: S608 - no text of others
                f"SET state = '{State.LEASED.value}', fence = fence + 1, "
                f"lease_until = {database_now(LEASE)} WHERE id IN (SELECT id FROM due) "
                f"AND state = '{State.PLANNED.value}' RETURNING *"
            )
            claimed = list(self.raw(update, values))
            _load_subscribers(claimed)
        return sorted(claimed, key=lambda row: (row.not_before, row.pk))

    def release_held_back(self, at: datetime) -> int:
        """Make due what was held back, for a hold is over; how many there were."""
        held_back = self.filter(state=State.PLANNED, reply_text=WITHHELD, not_before__gt=at)
        return held_back.update(not_before=at, reply_text="")

    def waiting(self, at: datetime) -> "Waiting":
        """What should have gone by then: due, or held back after it was."""
        is_held = Q(reply_text=WITHHELD)
        since = Case(When(is_held, then=F("created_at")), default=F("not_before"))
        ripe = self.filter(is_held | Q(not_before__lte=at), state=State.PLANNED, expires_at__gt=at)
        return Waiting(**ripe.aggregate(mails=models.Count("pk"), since=models.Min(since)))

    def free_lapsed(self) -> int:
        """Give back what its sender had claimed and not begun when it died; how many there were."""
        claimed = self.filter(has_state(State.LEASED, State.SENDING))
        lapsed = claimed.filter(state=State.LEASED, lease_until__lte=Now())
        return lapsed.update(state=State.PLANNED, lease_until=None)

    def reap(self, at: datetime, *, expire: bool = True) -> dict[str, int]:
        """Free what its sender left behind, and end what is past its window; counts by state."""
        claimed = self.filter(has_state(State.LEASED, State.SENDING))
        unknown = claimed.filter(state=State.SENDING, lease_until__lte=Now()).update(
            state=State.UNKNOWN, reply_text="The sender stopped before the reply was noted."
        )
        planned = self.free_lapsed()
        late = self.filter(state=State.PLANNED, expires_at__lte=at) if expire else self.none()
        expired = late.update(state=State.EXPIRED)
        counts = {State.UNKNOWN: unknown, State.PLANNED: planned, State.EXPIRED: expired}
        return {str(state.value): count for state, count in counts.items() if count}

    def with_fences(self, rows: Sequence["Outgoing"], *states: State) -> Self:
        """These rows, as far as they still are the caller's and in one of the states."""
        ids: dict[int, list[int]] = {}
        for row in rows:
            ids.setdefault(row.fence, []).append(row.pk)
        fenced = (Q(fence=fence, pk__in=of_fence) for fence, of_fence in ids.items())
        return self.filter(reduce(or_, fenced), state__in=states)

    def renew_all(self, rows: Sequence["Outgoing"]) -> set[int]:
        """Start the leases of these rows anew, in one statement; the ids of those that still were
        the caller's, and alive.

        A row that is locked is just getting its permit, or its end: it is passed over, for two
        statements that lock many rows could wait for each other.
        """
        alive = self.with_fences(rows, State.LEASED).filter(lease_until__gt=Now()).values("pk")
        with transaction.atomic():
            if connection.features.has_select_for_update_skip_locked:
                alive = alive.select_for_update(skip_locked=True)
            select, values = alive.query.sql_with_params()
            update = (
                f"WITH alive (id) AS MATERIALIZED ({select}) UPDATE {self.model._meta.db_table} "  # noqa: S608 - no text of others
                f"SET lease_until = {database_now(LEASE)} WHERE id IN (SELECT id FROM alive) "
                "RETURNING id"
            )
            with connection.cursor() as cursor:
                cursor.execute(update, values)
                return {pk for (pk,) in cursor.fetchall()}

    def release_all(self, rows: Sequence["Outgoing"]) -> int:
        """Give back what was not begun; how many there were."""
        given_back = self.with_fences(rows, State.LEASED) if rows else self.none()
        return given_back.update(state=State.PLANNED, lease_until=None)

    def end_as_sent(self, answers: Sequence["AcceptedMail"]) -> int:
        """SENT, each with its own answer; how many were the caller's."""
        leaves = ", ".join(f"'{state.value}'" for state in BEFORE_SENT)
        given = ", ".join(["(%s, %s, %s, %s)"] * len(answers))
        update = (  # both databases name what VALUES gives column1, column2 and so on
            f"UPDATE {self.model._meta.db_table} AS mine "  # noqa: S608 - no text of others
            f"SET state = '{State.SENT.value}', lease_until = NULL, sent_at = {database_now()}, "
            "reply_code = CAST(given.column3 AS integer), reply_text = given.column4 "
            f"FROM (VALUES {given}) AS given WHERE mine.id = given.column1 "
            f"AND mine.fence = given.column2 AND mine.state IN ({leaves})"
        )
        values = [value for row, *reply in answers for value in (row.pk, row.fence, *reply)]
        with connection.cursor() as cursor:
            cursor.execute(update, values)
            return int(cursor.rowcount)

    def counts(self) -> dict[str, int]:
        """How many rows are in each state."""
        return dict(self.order_by("state").values_list("state").annotate(count=models.Count("pk")))


def at_domains(field: str, domains: Collection[str]) -> Q:
    """The condition that an email key is at one of these domains; no domain: nothing is."""
    found = (Q(**{f"{field}__endswith": f"@{domain}"}) for domain in sorted(domains))
    return reduce(or_, found, Q(pk__in=[]))


def _load_subscribers(rows: Sequence[Any]) -> None:
    """Load the subscribers of rows, without the columns that mails do not need."""
    if not rows:
        return
    model = rows[0]._meta.get_field("subscriber").related_model
    people = model.objects.defer(*_NOT_IN_MAILS).in_bulk(
        {row.subscriber_id for row in rows} - {None}
    )
    for row in rows:
        row.subscriber = people.get(row.subscriber_id)


class Outgoing(models.Model):
    """One mail to one person: the row is the queue."""

    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    fence = models.PositiveIntegerField(default=0, help_text="Rises with each claim.")
    epoch = models.BigIntegerField(
        null=True, blank=True, help_text="Names the journal of replies of the last send permit."
    )
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    compose_errors = models.PositiveSmallIntegerField(default=0)
    reply_code = models.PositiveSmallIntegerField(null=True, blank=True)
    reply_text = models.TextField(blank=True)
    backend = models.CharField(
        max_length=255,
        blank=True,
        default="",
        db_default="",
        help_text="The last backend it was sent through, if any.",
    )
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def _with_fence(self, *states: State) -> "models.QuerySet[Self]":
        return type(self)._default_manager.filter(pk=self.pk, fence=self.fence, state__in=states)

    def renew(self) -> bool:
        """Start the lease anew as this mail's turn comes; False: somebody else has it."""
        return bool(
            self._with_fence(State.LEASED)
            .filter(lease_until__gt=Now())
            .update(lease_until=Now() + LEASE)
        )

    def release(self, not_before: datetime | None = None, **noted: Any) -> bool:
        """Give the row back, to be taken no earlier than `not_before`."""
        if not_before is not None:
            noted["not_before"] = not_before
        changed = self._with_fence(State.LEASED, State.SENDING).update(
            state=State.PLANNED, lease_until=None, **noted
        )
        return bool(changed)

    def end(self, state: State, **noted: Any) -> bool:
        """Finish in a final state."""
        leaves = BEFORE_SENT if state == State.SENT else (State.LEASED, State.SENDING)
        return bool(self._with_fence(*leaves).update(state=state, lease_until=None, **noted))

    def refuse_late(self, **noted: Any) -> bool:
        """End an UNKNOWN as refused, for its answer has been found."""
        return bool(self._with_fence(State.UNKNOWN).update(state=State.FAILED, **noted))

    def note_compose_error(self, sentence: str, not_before: datetime) -> State | None:
        """Count a failure to write the mail; at the limit the row fails instead of looping. None:
        it was not the caller's."""
        errors = self.compose_errors + 1
        noted: dict[str, Any] = {"compose_errors": errors, "reply_text": sentence}
        if errors >= MAX_COMPOSE_ERRORS:
            return State.FAILED if self.end(State.FAILED, **noted) else None
        return State.PLANNED if self.release(not_before, **noted) else None


class Waiting(NamedTuple):
    """How many mails wait, and since when the first of them."""

    mails: int
    since: datetime | None


class AcceptedMail(NamedTuple):
    """A mail that was taken, and what the other side said to it."""

    row: Outgoing
    reply_code: int | None
    reply_text: str
