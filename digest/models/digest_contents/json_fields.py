"""The columns of a digest's row that hold its entries, follow-ups and facts."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models.expressions import Expression
from django.db.models.fields.json import KeyTransform

from .digest_entries import DigestEntry, FollowUp, Stored
from .digest_facts import DigestFacts

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


class _ContentsField(models.JSONField):
    """A JSON column whose values are dataclasses in Python. To migrations it is a JSONField, so
    that nothing of this module may be needed to run an old one."""

    empty: Callable[[], object]  # what migrations have as its default

    def decoded(self, stored: Any) -> object:
        """The value of what the column holds."""
        raise NotImplementedError

    def encoded(self, value: object) -> object:
        """JSON of a value; anything else as it is, for conditions compare with parts of it."""
        raise NotImplementedError

    def deconstruct(self) -> tuple[str, str, Sequence[object], dict[str, object]]:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs | {"default": self.empty}

    def from_db_value(
        self, value: str | None, expression: Expression, connection: "BaseDatabaseWrapper"
    ) -> object:
        stored = super().from_db_value(value, expression, connection)
        part = stored is None or isinstance(expression, KeyTransform)
        return stored if part else self.decoded(stored)

    def get_prep_value(self, value: object) -> object:
        return self.encoded(super().get_prep_value(value))

    def value_to_string(self, obj: models.Model) -> Any:
        """JSON of the row's value (a JSONField returns no text), for exports."""
        return self.encoded(self.value_from_object(obj))


class EntriesField(_ContentsField):
    """A column of entries."""

    empty = list

    def decoded(self, stored: Sequence[Stored]) -> list[DigestEntry]:
        return [DigestEntry.from_json(each) for each in stored]

    def encoded(self, value: object) -> object:
        if not isinstance(value, list):
            return value
        return [each.to_json() if isinstance(each, DigestEntry) else each for each in value]


class FollowUpsField(_ContentsField):
    """A column of follow-ups."""

    empty = list

    def decoded(self, stored: Sequence[Stored]) -> list[FollowUp]:
        return [FollowUp.from_json(each) for each in stored]

    def encoded(self, value: object) -> object:
        if not isinstance(value, list):
            return value
        return [each.to_json() if isinstance(each, FollowUp) else each for each in value]


class FactsField(_ContentsField):
    """A column of facts."""

    empty = dict

    def decoded(self, stored: Stored) -> DigestFacts:
        return DigestFacts.from_json(stored)

    def encoded(self, value: object) -> object:
        return value.to_json() if isinstance(value, DigestFacts) else value
