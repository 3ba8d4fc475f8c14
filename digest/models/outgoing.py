"""What digests and letters have in common: one mail each, and the states it goes through.

    PLANNED -> LEASED -> SENDING -> SENT
       ^         |          |-- refused for now (4xx) -> PLANNED with not_before
       +- lapsed +          |-- refused for good (5xx) -> FAILED
                            +-- no reply after the dot  -> UNKNOWN, or SENT on later proof

Every change is one conditional UPDATE that names the state it leaves and the fence of whoever
makes it; the number of rows it changed says whether it happened. Leases run on the database's
clock, so that no machine's own clock can license a second sender.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import connection, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

LEASE = timedelta(minutes=5)
# The reply to the final dot may take 600 s (RFC 5321 4.5.3.2.6); a minute more to note it.
LICENCE_LEASE = timedelta(seconds=660)
POISON_LIMIT = 5


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


class OutgoingQuerySet(models.QuerySet[Any]):
    def active(self) -> Self:
        return self.filter(state__in=ACTIVE)

    def due(self, at: datetime) -> Self:
        """Rows a sender may take at that time, the longest waiting first."""
        return self.filter(state=State.PLANNED, not_before__lte=at, expires_at__gt=at).order_by(
            "not_before", "pk"
        )

    def claim(self, at: datetime, limit: int) -> list[Any]:
        """Lease up to `limit` due rows to the caller and return them, fences raised."""
        with transaction.atomic():
            due = self.due(at)
            if connection.features.has_select_for_update_skip_locked:
                due = due.select_for_update(skip_locked=True)
            ids = list(due.values_list("pk", flat=True)[:limit])
            self.filter(pk__in=ids, state=State.PLANNED).update(
                state=State.LEASED, fence=F("fence") + 1, lease_until=Now() + LEASE
            )
            return list(self.filter(pk__in=ids, state=State.LEASED).order_by("not_before", "pk"))

    def reap(self, at: datetime) -> dict[str, int]:
        """Free what its sender left behind, and end what is past its window; counts by state."""
        lapsed = Q(lease_until__lte=Now())
        unknown = self.filter(lapsed, state=State.SENDING).update(
            state=State.UNKNOWN, reply_text="The sender stopped before the reply was noted."
        )
        planned = self.filter(lapsed, state=State.LEASED).update(
            state=State.PLANNED, lease_until=None
        )
        expired = self.filter(state=State.PLANNED, expires_at__lte=at).update(state=State.EXPIRED)
        counts = {State.UNKNOWN: unknown, State.PLANNED: planned, State.EXPIRED: expired}
        return {str(state.value): count for state, count in counts.items() if count}

    def counts(self) -> dict[str, int]:
        """How many rows are in each state."""
        return dict(self.order_by("state").values_list("state").annotate(count=models.Count("pk")))


class Outgoing(models.Model):
    """One mail to one person: the row is the queue."""

    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    fence = models.PositiveIntegerField(default=0, help_text="Rises with each claim.")
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    compose_errors = models.PositiveSmallIntegerField(default=0)
    reply_code = models.PositiveSmallIntegerField(null=True, blank=True)
    reply_text = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = OutgoingQuerySet.as_manager()

    class Meta:
        abstract = True

    def _mine(self, *states: State) -> models.QuerySet[Any]:
        return type(self)._default_manager.filter(pk=self.pk, fence=self.fence, state__in=states)

    def renew(self) -> bool:
        """Start the lease anew as this mail's turn comes; False: somebody else has it."""
        return bool(
            self._mine(State.LEASED).filter(lease_until__gt=Now()).update(lease_until=Now() + LEASE)
        )

    def release(self, not_before: datetime | None = None, **noted: Any) -> bool:
        """Give the row back, to be taken no earlier than `not_before`."""
        if not_before is not None:
            noted["not_before"] = not_before
        changed = self._mine(State.LEASED, State.SENDING).update(
            state=State.PLANNED, lease_until=None, **noted
        )
        return bool(changed)

    def end(self, state: State, **noted: Any) -> bool:
        """Finish in a final state; a late answer may still end an UNKNOWN as SENT."""
        leaves = (State.LEASED, State.SENDING)
        if state == State.SENT:
            leaves = (State.SENDING, State.UNKNOWN)
        return bool(self._mine(*leaves).update(state=state, lease_until=None, **noted))

    def note_compose_error(self, sentence: str, not_before: datetime) -> None:
        """Count a failure to write the mail; at the limit the row fails instead of looping."""
        errors = self.compose_errors + 1
        if errors >= POISON_LIMIT:
            self.end(State.FAILED, compose_errors=errors, reply_text=sentence)
        else:
            self.release(not_before, compose_errors=errors, reply_text=sentence)
