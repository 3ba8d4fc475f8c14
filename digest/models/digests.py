"""Digests: the papers that are owed to people, a mail a person and date."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from json import JSONEncoder
from typing import Any, Self

from django.db import connection, models
from django.db.models import Exists, Min, OuterRef, Q

from .database import among, database_now
from .digest_contents import (
    DigestContents,
    DigestEntry,
    DigestFacts,
    EntriesField,
    FactsField,
    FollowUp,
    FollowUpsField,
)
from .holds import Held
from .outgoing import LEASE, Outgoing, OutgoingQuerySet, State, at_domains

# Every window has long ended then: what still counts as active can be claimed no more. It keeps
# the search to the newest rows of each person.
_LONG_OVER = timedelta(days=60)


class DigestQuerySet(OutgoingQuerySet["Digest"]):
    def scheduled(self) -> Self:
        return self.filter(kind=Digest.Kind.SCHEDULED)

    def not_held(self, held: Held) -> Self:
        if held.everything:
            return self.none()
        rows = self.exclude(local_date__in=held.dates) if held.dates else self
        if not held.domains:
            return rows
        # Not by a join: a claim locks the rows of every table that it joins.
        people: Any = self.model._meta.get_field("subscriber").related_model
        held_people = people.objects.filter(at_domains("email_key", held.domains))
        return rows.filter(~Exists(held_people.filter(pk=OuterRef("subscriber_id"))))

    def lock(self) -> None:
        """Lock the rows until the transaction ends.

        A transaction that locks several kinds of rows does it in this order, so that no two wait
        for each other: digests, their subscribers, the suppressions of these.
        """
        list(self.order_by("pk").select_for_update(no_key=True).values_list("pk"))

    def blocked(self, digests: Sequence["Digest"]) -> set[int]:
        """Return the ids of digests that have to wait for an earlier scheduled one of the same
        subscriber to end."""
        if not digests:
            return set()
        days = [digest.local_date for digest in digests]
        waiting = (
            self.scheduled()
            .active()
            .order_by()
            .filter(
                among("subscriber_id", {digest.subscriber_id for digest in digests}),
                local_date__gte=min(days) - _LONG_OVER,
                local_date__lt=max(days),
            )
        )
        first = dict(waiting.values_list("subscriber_id").annotate(Min("local_date")))
        return {
            digest.pk
            for digest in digests
            if first.get(digest.subscriber_id, digest.local_date) < digest.local_date
        }

    def freeze_all(
        self, found: Sequence[tuple["Digest", DigestContents]], at: datetime
    ) -> set[int]:
        """Fix what these digests hold, once, and start their leases anew; the ids of those that
        are still the caller's, which have it then."""
        if not found:
            return set()
        moment = connection.ops.adapt_datetimefield_value(at)
        values = [value for digest, held in found for value in _row(digest, held)]
        rows = self.raw(_freeze(len(found)), [moment, *values])
        leases = {row.pk: row.lease_until for row in rows}
        for digest, held in found:
            if digest.pk in leases:
                digest.hold(held, at)
                digest.lease_until = leases[digest.pk]
        return set(leases)

    def compose_anew(self) -> int:
        """Discard what these digests hold, unless they are being sent or have ended; return how
        many. A worker that has leased one loses it."""
        return self.filter(state__in=(State.PLANNED, State.LEASED)).update(
            state=State.PLANNED,
            lease_until=None,
            composed_at=None,
            from_seq=None,
            to_seq=None,
            entries=[],
            follow_ups=[],
            facts=DigestFacts(),
        )

    def make_due(self, at: datetime, expiries: Mapping[int, datetime]) -> int:
        """ "Send now": bring planned ones forward, each (by its id) with a new expiry; how many
        there were."""
        adapt = connection.ops.adapt_datetimefield_value
        given = ", ".join(["(%s, %s)"] * len(expiries))
        update = (  # both databases name what VALUES gives column1, column2 and so on
            f"UPDATE {self.model._meta.db_table} AS mine "  # noqa: S608 - no text of others
            f"SET not_before = %s, expires_at = given.column2 FROM (VALUES {given}) AS given "
            f"WHERE mine.id = given.column1 AND mine.state = '{State.PLANNED.value}'"
        )
        values = [value for pk, expiry in expiries.items() for value in (pk, adapt(expiry))]
        with connection.cursor() as cursor:
            cursor.execute(update, [adapt(at), *values])
            return int(cursor.rowcount)


class Digest(Outgoing):
    """One person's papers of one local date."""

    class Kind(models.TextChoices):
        SCHEDULED = "scheduled", "scheduled"
        SAMPLE = "sample", "sample: the last 7 days"
        COPY = "copy", "copy: sent again by an operator"

    # The unique constraint's index begins with it: one more would be written at each change.
    subscriber = models.ForeignKey(
        "subscriptions.Subscriber", models.CASCADE, related_name="digests", db_index=False
    )
    kind = models.CharField(max_length=9, choices=Kind, default=Kind.SCHEDULED)
    local_date = models.DateField(help_text="The subscriber’s local date.")
    from_seq = models.BigIntegerField(null=True, blank=True)
    to_seq = models.BigIntegerField(null=True, blank=True)
    entries: "models.Field[list[DigestEntry], list[DigestEntry]]" = EntriesField(
        default=list, blank=True, help_text="Papers with their matching keywords, best first."
    )
    follow_ups: "models.Field[list[FollowUp], list[FollowUp]]" = FollowUpsField(
        default=list, blank=True, help_text="News of papers sent before, at most three."
    )
    facts: "models.Field[DigestFacts, DigestFacts]" = FactsField(
        db_column="told",  # its former name
        default=DigestFacts,
        blank=True,
        help_text="Other facts as of the time it was composed.",
    )
    papers_read = models.PositiveIntegerField(default=0, help_text="Papers in the window.")
    composed_at = models.DateTimeField(null=True, blank=True, help_text="The mail's Date.")
    pruned = models.BooleanField(
        default=False, db_default=False, help_text="Contents deleted: the retention period is over."
    )

    objects = DigestQuerySet.as_manager()

    class Meta:
        ordering = ["-local_date", "-pk"]
        permissions = [
            ("read_digest", "Can read the mail of a digest"),
            ("send_digest", "Can send, cancel and copy digests"),
            ("repair_dates", "Can bring back dates that a wrong clock has planned"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "kind", "local_date"],
                name="one_digest_a_person_kind_and_date",
            ),
            models.CheckConstraint(
                condition=Q(composed_at__isnull=True)
                | (Q(from_seq__isnull=False) & Q(to_seq__gte=models.F("from_seq"))),
                name="composed_digest_has_a_window",
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before", "id"], name="digest_due", condition=Q(state=State.PLANNED)
            ),
            # Not of lease_until, so that PostgreSQL may renew a lease in place (HOT update).
            models.Index(
                fields=["id"],
                name="digest_leased",
                condition=Q(state__in=[State.LEASED, State.SENDING]),
            ),
            models.Index(fields=["pruned", "local_date"], name="digest_kept"),
            models.Index(
                fields=["not_before"], name="digest_unknown", condition=Q(state=State.UNKNOWN)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} digest of {self.local_date}"

    def entry_of(self, paper_id: int, *former: int) -> DigestEntry | None:
        """The entry of a paper, under this id or one of its former ones. Returns None if the digest
        does not hold it."""
        ids = {paper_id, *former}
        return next((entry for entry in self.entries if entry.paper in ids), None)

    @property
    def address(self) -> str:
        """Where it goes, as mail servers take it."""
        return self.subscriber.address

    @property
    def email_key(self) -> str:
        """The address in the form that suppressions and holds know."""
        return self.subscriber.email_key

    @property
    def has_nothing_to_say(self) -> bool:
        """Whether it ends without a mail: no paper and no notice. News of papers sent before wait
        for the next mail; a sample was asked for, so it answers even so."""
        says = self.entries or self.facts.quiet
        return self.kind == Digest.Kind.SCHEDULED and not says

    def hold(self, found: DigestContents, at: datetime) -> None:
        """Put on this object what was found for it at that time; the row stays what it is."""
        self.composed_at, self.papers_read = at, found.read
        self.from_seq, self.to_seq = found.after, found.through
        self.entries, self.follow_ups, self.facts = found.entries, found.follow_ups, found.facts

    def keep(self, entries: list[DigestEntry]) -> bool:
        """Reduce what it holds to these entries, and to its facts as they are now; False: the row
        is no longer the caller's."""
        self.entries = entries
        rows = self._with_fence(State.LEASED)
        return bool(rows.update(entries=entries, facts=self.facts))


_HELD = ("from_seq", "to_seq", "papers_read", "entries", "follow_ups", "facts")
_json = JSONEncoder(separators=(",", ":")).encode


def _freeze(rows: int) -> str:
    """SQL that fills so many rows, each with what it holds, and gives the ids of those it did."""
    columns = {field.name: field for field in Digest._meta.concrete_fields}
    held = ", ".join(
        f"{field.column} = CAST(given.column{number} AS {field.db_type(connection)})"
        for number, field in enumerate([columns[name] for name in _HELD], 3)
    )
    given = ", ".join([f"({', '.join(['%s'] * (2 + len(_HELD)))})"] * rows)
    return (  # both databases name what VALUES gives column1, column2 and so on
        f"UPDATE {Digest._meta.db_table} AS mine SET composed_at = %s, "  # noqa: S608 - no text of others
        f"lease_until = {database_now(LEASE)}, {held} FROM (VALUES {given}) AS given "
        "WHERE mine.id = given.column1 AND mine.fence = given.column2 "
        f"AND mine.state = '{State.LEASED.value}' AND mine.composed_at IS NULL "
        f"AND mine.lease_until > {database_now()} RETURNING id, lease_until"
    )


def _row(digest: Digest, held: DigestContents) -> tuple[Any, ...]:
    return (
        digest.pk,
        digest.fence,
        held.after,
        held.through,
        held.read,
        _json([entry.to_json() for entry in held.entries]),
        _json([follow_up.to_json() for follow_up in held.follow_ups]),
        _json(held.facts.to_json()),
    )
