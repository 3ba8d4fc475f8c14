"""All subscribers as CSV: complete, safe to open, and read again by an import."""

import csv
import io
from datetime import date, time

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from subscriptions.models import Subscriber, SubscriberImport
from subscriptions.subscriber_files import importing
from subscriptions.subscriber_files.exporting import export_lines
from tests.support import factories

pytestmark = pytest.mark.django_db


def people() -> list[tuple[object, ...]]:
    return [
        (
            each.email,
            each.active_keywords(),
            each.timezone,
            each.send_at,
            each.frequency,
            each.weekly_on,
            each.trending_top,
        )
        for each in Subscriber.objects.active().order_by("pk")
    ]


def exported() -> list[dict[str, str]]:
    text = "".join(export_lines())
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def test_an_export_imported_elsewhere_is_the_same() -> None:
    factories.subscriber(
        "ada@example.org",
        "robot",
        '"speech, music" OR dance',
        "-survey",
        timezone="Europe/Berlin",
        send_at=time(6, 30),
        frequency="weekly",
        weekly_on=4,
    )
    factories.subscriber("=bob@example.org", trending_top=7)
    factories.subscriber("left@example.org", "robot", status="unsubscribed", next_due_at=None)
    before = people()
    data = "".join(export_lines()).encode()
    Subscriber.objects.all().delete()
    file = importing.receive(data, None)
    importing.advance(file.pk)
    file.refresh_from_db()
    importing.start(file, SubscriberImport.Consent.RECORDED, "moved", date(2026, 11, 1))
    importing.advance(file.pk)
    assert people() == before
    assert len(before) == 2


def test_no_cell_begins_like_a_formula() -> None:
    factories.subscriber("+x@example.org", "-survey", consent="=HYPERLINK()")
    (row,) = exported()
    assert (row["email"], row["keywords"]) == ("'+x@example.org", "'-survey")
    assert row["consent"] == "'=HYPERLINK()"


def test_who_has_left_and_what_was_recorded_is_told() -> None:
    factories.subscriber(
        "ada@example.org", consent="form", consent_on=date(2026, 11, 1), status="paused"
    )
    (row,) = exported()
    assert (row["status"], row["consent"], row["consent_on"]) == ("paused", "form", "2026-11-01")
    assert row["day"] == "Monday"


def test_the_number_of_queries_does_not_grow_with_the_people() -> None:
    counts = []
    for number in (1, 5):
        for each in range(number):
            factories.subscriber(f"p{number}{each}@example.org", "robot", "speech")
        with CaptureQueriesContext(connection) as seen:
            exported()
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    factories.subscriber("ada@example.org", "robot")
    call_command("export_subscribers")
    assert capsys.readouterr().out == "".join(export_lines())
