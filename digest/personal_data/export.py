"""Everything that is kept about one person, as JSON."""

import json
from collections.abc import Collection, Iterable

from django.contrib.admin.models import LogEntry
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import JSONField, Model

from subscriptions.models import Subscriber

from . import admin_log, outbox_files
from .inventory import (
    identify,
    is_about_another_mailbox,
    rows_naming,
    rows_of,
    suppressions,
)
from .mentions import mentions

# What is for the person alone, not for operators.
OWN = ("subscriptions.profile",)


def export(whom: Subscriber | str, without: Collection[str] = ()) -> dict[str, object]:
    """Return all rows about a person or address by name of the model, each with all its columns.

    `without`: names of models that are left out. Names of files in the outbox are under "outbox".
    Empty if nothing is kept. Of an address that the person requested, and that has not confirmed
    it, only the request is in it. Raises AddressError if `whom` is not an address.
    """
    known = identify(whom)
    found: dict[str, list[dict[str, object]]] = {}
    seen: set[tuple[str, object]] = set()

    def add(rows: Iterable[Model]) -> None:
        for row in rows:
            if is_about_another_mailbox(row):
                continue
            name = row._meta.label_lower
            if name not in without and (name, row.pk) not in seen:
                seen.add((name, row.pk))
                found.setdefault(name, []).append(_columns(row))

    if known.person:
        add([known.person])
        for _, rows in rows_of(known.person):
            add(rows.order_by("pk"))
        add(admin_log.entries_about(known.person))
    for _, rows in rows_naming(known):
        add(rows.order_by("pk"))
    add(mention.row for mention in mentions(known, LogEntry._meta.label_lower))
    add(suppressions(known))
    if files := [path.name for path in outbox_files.files_to(known)]:
        return {**found, "outbox": sorted(files)}
    return {**found}


def as_json(exported: dict[str, object]) -> str:
    """Return what `export` returned as JSON, indented."""
    return json.dumps(exported, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)


def _columns(row: Model) -> dict[str, object]:
    return {
        field.name: field.value_to_string(row)
        if isinstance(field, JSONField)
        else field.value_from_object(row)
        for field in row._meta.concrete_fields
    }
