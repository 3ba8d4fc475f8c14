"""Entries of the admin log about a person and their rows."""

from collections.abc import Iterator
from itertools import islice

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet

from subscriptions.models import Subscriber

from .inventory import ERASED, rows_of

_AT_ONCE = 500


def entries_about(person: Subscriber) -> Iterator[LogEntry]:
    """Yield the entries about the person, their digests, letters, keywords and so on."""
    for rows in _entries(person):
        yield from rows.order_by("pk")


def anonymise(person: Subscriber) -> int:
    """Remove from the entries whom they are about; return how many there were."""
    return sum(rows.update(object_repr=ERASED, change_message="") for rows in _entries(person))


def _entries(person: Subscriber) -> Iterator[QuerySet[LogEntry]]:
    yield _of(Subscriber, [str(person.pk)])
    for _, rows in rows_of(person):
        ids = iter(rows.order_by("pk").values_list("pk", flat=True).iterator())
        while batch := list(map(str, islice(ids, _AT_ONCE))):
            yield _of(rows.model, batch)


def _of(model: type, ids: list[str]) -> QuerySet[LogEntry]:
    kind = ContentType.objects.get_for_model(model)
    return LogEntry.objects.filter(content_type=kind, object_id__in=ids)
