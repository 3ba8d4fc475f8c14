"""Holds, by which operators stop sending, and the permissions that groups were offered."""

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
        BACKEND = "backend", "one way of sending"
        DATE = "date", "the digests of one date"

    scope = models.CharField(max_length=10, choices=Scope)
    value = models.CharField(
        max_length=255, blank=True, help_text="The domain, backend or date (2026-11-20)."
    )
    reason = models.CharField(max_length=255, blank=True)
    automatic = models.BooleanField(
        default=False, editable=False, help_text="Set by counts of outcomes, not by a person."
    )
    set_by = models.CharField("set by", max_length=150, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
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


class OfferedPermission(models.Model):
    """A permission that was given to a group of operators when it was new.

    It is given once, so that a permission that was removed stays removed.
    """

    group = models.CharField(max_length=150)
    # No foreign key: it outlives the group, so that a new group of the same name is another.
    group_pk = models.BigIntegerField(
        null=True, help_text="The id of that group; none if it was gone already."
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
