"""All subscribers as CSV, which `importing` reads again and a spreadsheet opens safely."""

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import Prefetch
from import_export import fields, resources  # type: ignore[import-untyped]

from subscriptions.models import Subscriber, Subscription

from .csv_file import escaped

_CHUNK = 500  # people read at once
_BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes the file for Windows-1252


class SubscriberResource(resources.ModelResource):  # type: ignore[misc]  # untyped library
    """The columns of the file: those of an import, then those that an import ignores."""

    keywords = fields.Field(column_name="keywords")
    time = fields.Field(column_name="time")
    day = fields.Field(column_name="day")
    trending = fields.Field(attribute="trending_top", column_name="trending")

    class Meta:
        model = Subscriber
        fields = (
            "email", "keywords", "timezone", "time", "frequency", "day", "trending", "status",
            "confirmed_at", "consent", "consent_on", "max_papers", "abstracts",
        )  # fmt: skip
        export_order = fields

    def dehydrate_keywords(self, subscriber: Any) -> str:
        return "\n".join(each.text for each in subscriber.in_force)

    def dehydrate_time(self, subscriber: Subscriber) -> str:
        return f"{subscriber.send_at:%H:%M}"

    def dehydrate_day(self, subscriber: Subscriber) -> str:
        return str(subscriber.get_weekly_on_display())


class _Line:
    """What csv.writer writes to: it gives the line back."""

    def write(self, line: str) -> str:
        return line


def export_lines() -> Iterator[str]:
    """Yield the lines of the file, reading _CHUNK people at a time; merged ones are left out."""
    resource, writer = SubscriberResource(), csv.writer(_Line())
    yield _BYTE_ORDER_MARK + writer.writerow(resource.get_export_headers())
    active = Subscription.objects.active().order_by("position", "pk")
    people = Subscriber.objects.order_by("pk").prefetch_related(
        Prefetch("subscriptions", active, to_attr="in_force")
    )
    for person in people.iterator(chunk_size=_CHUNK):
        cells = map(str, resource.export_resource(person))
        yield writer.writerow(map(escaped, cells))
