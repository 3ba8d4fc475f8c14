"""Holds, by which operators stop sending, the epoch of the database, and the permissions that
groups were offered."""

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.dateparse import parse_date


@dataclass(frozen=True, slots=True)
class Held:
    """The scopes that a set of holds stops."""

    everything: bool = False
    domains: frozenset[str] = frozenset()
    backends: frozenset[str] = frozenset()
    dates: frozenset[date] = frozenset()


class HoldQuerySet(models.QuerySet["Hold"]):
    def of_everything(self) -> Self:
        """The hold that stops all mail, if there is one."""
        return self.filter(scope=Hold.Scope.EVERYTHING)

    def set_by_operator(self) -> Self:
        """Without automatic holds, which do not stop alarms."""
        return self.filter(automatic=False)

    def held(self) -> Held:
        """The scopes that these holds stop, in one query."""
        values: dict[str, set[str]] = {scope.value: set() for scope in Hold.Scope}
        for scope, value in self.values_list("scope", "value"):
            values[scope].add(value)
        return Held(
            everything=bool(values[Hold.Scope.EVERYTHING]),
            domains=frozenset(values[Hold.Scope.DOMAIN]),
            backends=frozenset(values[Hold.Scope.BACKEND]),
            dates=frozenset(filter(None, map(parse_date, values[Hold.Scope.DATE]))),
        )


class Hold(models.Model):
    """A pause of sending: while the row exists, mail in its scope is not sent."""

    class Scope(models.TextChoices):
        EVERYTHING = "everything", "everything"
        DOMAIN = "domain", "one recipient domain"
        BACKEND = "backend", "one backend"
        DATE = "date", "the digests of one date"

    scope = models.CharField(max_length=10, choices=Scope)
    value = models.CharField(
        max_length=255, blank=True, help_text="The domain, backend or date (2026-11-20)."
    )
    reason = models.CharField(max_length=255, blank=True)
    automatic = models.BooleanField(
        default=False,
        editable=False,
        help_text="Set automatically from the outcomes, not by a person.",
    )
    set_by = models.CharField("set by", max_length=150, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        permissions = [("resume_sending", "Can resume sending after a restore")]
        constraints = [
            models.UniqueConstraint(fields=["scope", "value"], name="one_hold_a_scope_and_value"),
            models.CheckConstraint(
                condition=Q(scope="everything", value="") | ~Q(scope="everything") & ~Q(value=""),
                name="hold_names_what_it_stops",
            ),
        ]

    def __str__(self) -> str:
        return _HELD[self.Scope(self.scope)].format(self.value)


_HELD = {
    Hold.Scope.EVERYTHING: "everything",
    Hold.Scope.DOMAIN: "mail to {}",
    Hold.Scope.BACKEND: "mail through {}",
    Hold.Scope.DATE: "the digests of {}",
}


def new_database_name() -> int:
    return secrets.randbits(62)


class DatabaseEpoch(models.Model):
    """One row: which database this is, and how far it has come (digest/epochs/).

    Each restore begins a new epoch. Sending is held from then until an operator resumes it.
    """

    class Resumed(models.TextChoices):
        FROM_NOW = "now", "from now"
        WHERE_IT_STOOD = "stood", "where it stood"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    database = models.BigIntegerField(
        default=new_database_name, help_text="A random number that copies of this database share."
    )
    number = models.PositiveIntegerField(default=1, help_text="Rises with each restore.")
    drains = models.BigIntegerField(
        default=0, help_text="Rises each time that a worker begins to send."
    )
    begun_at = models.DateTimeField(
        null=True, blank=True, help_text="Of the last restore, if there was one."
    )
    first_seq = models.BigIntegerField(
        default=0, help_text="Papers with a higher listing number were read since the restore."
    )
    resumed_at = models.DateTimeField(null=True, blank=True)
    resumed = models.CharField(max_length=5, choices=Resumed, blank=True, default="")
    gap_after = models.BigIntegerField(
        null=True, blank=True, help_text="Papers after this listing number were skipped for some."
    )
    gap_through = models.BigIntegerField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_database_epoch")]

    def __str__(self) -> str:
        return f"epoch {self.number}"

    @property
    def is_waiting(self) -> bool:
        """Whether the database was restored and nobody has said how to resume."""
        return self.begun_at is not None and self.resumed_at is None


class OfferedPermission(models.Model):
    """A permission that was given to a group of operators when it was new.

    It is given once, so that a permission that was removed stays removed.
    """

    group = models.CharField(max_length=150)
    # No foreign key: it outlives the group, so that a new group of the same name is another.
    group_pk = models.BigIntegerField(
        null=True, help_text="The id of that group; none if it no longer existed."
    )
    permission = models.CharField(max_length=201, help_text="Like digest.send_digest.")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["group", "permission"], name="one_offer_a_group_and_permission"
            )
        ]

    def __str__(self) -> str:
        return f"{self.permission} to {self.group}"
