"""Pausing until a date, from a mail and from the preferences, and resuming."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from subscriptions.links import Purpose
from subscriptions.models import Subscriber
from tests.support import factories

from .mail_pages import address, submit, undo
from .pages import Page

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLACES = [(Purpose.PAUSE, ""), (Purpose.PREFERENCES, "pause/")]


@pytest.fixture(autouse=True)
def _noon() -> object:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def again(person: Subscriber) -> Subscriber:
    return Subscriber.objects.get(pk=person.pk)


def test_a_week_without_mail_and_back(client: Client) -> None:
    person = factories.subscriber("ada@example.org", "robot", timezone="Europe/Berlin")
    where = address(Purpose.PAUSE, person.pk)
    shown = Page(client.get(where)).text
    assert "Your next digest would come on Friday, 27 November, 07:00 in Berlin." in shown
    response, page = submit(client, where, do="pause")
    assert "Your digests are paused until Friday, 27 November" in page.text
    end = again(person).paused_until
    with time_machine.travel(NOON + timedelta(days=1)):
        _, page = submit(client, where, do="pause")  # sent twice
    assert "Paused until Friday, 27 November" in page.text
    assert again(person).paused_until == end == datetime(2026, 11, 26, 23, tzinfo=UTC)
    assert "Your digests are on" in undo(client, response).text
    assert (again(person).status, again(person).paused_until) == ("active", NOON)


@pytest.mark.parametrize(("purpose", "rest"), PLACES)
def test_a_pause_until_a_date_another_date_and_resumed(
    client: Client, purpose: Purpose, rest: str
) -> None:
    person = factories.subscriber("ada@example.org", "robot")
    where = address(purpose, person.pk, rest)
    for day, said in (("2026-12-24", "Thursday, 24 December"), ("2026-12-01", "Tuesday, 1 Decem")):
        page = submit(client, where, do="pause", until=day)[1]
        assert f"aused until {said}" in page.text
        assert again(person).paused_until == datetime.fromisoformat(f"{day}T00:00Z")
    assert page.field("until")["value"] == "2026-12-01"
    for _ in range(2):
        page = submit(client, where, do="resume")[1]
        assert again(person).status == "active"
    assert "Saturday, 21 November, 07:00 UTC" in page.text


@pytest.mark.parametrize(("purpose", "rest"), PLACES)
def test_what_was_done_is_said_once(client: Client, purpose: Purpose, rest: str) -> None:
    person = factories.subscriber("ada@example.org", "robot", status="paused")
    where = address(purpose, person.pk, rest)
    page = submit(client, where, do="resume")[1]
    assert "Your digests are on again." in page.text
    assert "on again" not in Page(client.get(where, follow=True)).text


@pytest.mark.parametrize(("purpose", "rest"), PLACES)
@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("2026-11-20", "Choose a day from 21 November 2026 to 20 November 2027."),
        ("2027-11-21", "Choose a day from 21 November 2026 to 20 November 2027."),
        ("0001-01-01", "Choose a day from"),
        ("9999-12-31", "Choose a day from"),
        ("", "Choose a day, or write it like 2026-11-27."),
        ("2026-02-30", "Choose a day, or write it like"),
        ("tomorrow", "Choose a day, or write it like"),
        ("\0", "Choose a day, or write it like"),
        ("<script>alert(1)</script>", "Choose a day, or write it like"),
        ("\u202e2026-12-01", "Choose a day, or write it like"),
        ("9" * 60_000, "Choose a day, or write it like"),
    ],
)
def test_another_date_gets_a_sentence_and_changes_nothing(
    client: Client, purpose: Purpose, rest: str, day: str, sentence: str
) -> None:
    person = factories.subscriber("ada@example.org", "robot")
    page = submit(client, address(purpose, person.pk, rest), do="pause", until=day)[1]
    assert sentence in page.text
    assert page.field("until")["aria-invalid"] == "true"
    assert "<script>alert" not in page.source
    assert (again(person).status, again(person).paused_until) == ("active", None)


def test_the_days_are_those_of_the_reader(client: Client) -> None:
    far = factories.subscriber("far@example.org", timezone="Pacific/Kiritimati")  # the 21st
    field = Page(client.get(address(Purpose.PAUSE, far.pk))).field("until")
    assert [field[name] for name in ("type", "min", "value", "max")] == [
        "date",
        "2026-11-22",
        "2026-11-28",
        "2027-11-21",
    ]


def test_a_pause_without_an_end_can_be_ended(client: Client) -> None:
    person = factories.subscriber(status="paused", paused_until=None)
    where = address(Purpose.PAUSE, person.pk)
    assert "No end is set" in Page(client.get(where)).text
    for _ in range(2):
        assert "Pause your digest" in submit(client, where, do="resume")[1].text
        assert again(person).status == "active"


@pytest.mark.parametrize(("purpose", "rest"), PLACES)
@pytest.mark.parametrize("status", ["pending", "unsubscribed", "bouncing"])
def test_there_is_nothing_to_pause(
    client: Client, status: str, purpose: Purpose, rest: str
) -> None:
    person = factories.subscriber(status=status)
    for sent in ({"do": "pause"}, {"do": "resume"}, {}, {"do": "pause", "until": "2026-12-01"}):
        page = submit(client, address(purpose, person.pk, rest), **sent)[1]
        assert "No digests are being sent to this address" in page.text
    assert again(person).status == status
