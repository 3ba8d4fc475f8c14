"""Dates planned while the clock was ahead are found, and one action corrects them."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.models import ClockReference, Digest, Letter, Source, Turn
from digest.monitoring.health.wrong_dates import WrongDates, correct_dates, find_wrong_dates
from digest.sending import planning
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.site import ROOT

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def planned(at: datetime) -> None:
    """Plan at that time, and have all of it sent."""
    planning.plan(at)
    Digest.objects.update(state="sent")


def goes_on(at: datetime, until: datetime) -> Iterator[datetime]:
    """Plan whenever somebody is due, from the one time to the other."""
    while (due := Subscriber.objects.earliest("next_due_at").next_due_at) and due <= until:
        at = max(at, due)
        planned(at)
        yield at


class TestPeople:
    def test_three_days_ahead(self) -> None:
        ada = factories.subscriber(confirmed_through_seq=7)
        planned(MORNING)
        assert find_wrong_dates(MORNING).total == 0
        planned(MORNING + 3 * DAY)
        now = MORNING + HOUR
        assert find_wrong_dates(now) == WrongDates(people=1, mails=0, sources=0)
        assert "The dates of 1 people are too far ahead" in find_wrong_dates(now).sentence
        assert correct_dates(now).people == 1
        assert find_wrong_dates(now).total == 0
        ada.refresh_from_db()
        assert ada.next_due_at == MORNING + DAY
        assert (ada.last_local_date, ada.last_due_at) == (MORNING.date(), now)
        assert ada.confirmed_through_seq == 7
        assert correct_dates(now).people == 0

    def test_somebody_whose_pause_was_ahead_of_them_too(self) -> None:
        ada = factories.subscriber()
        planned(MORNING + 3 * DAY)
        Subscriber.objects.update(status="paused", paused_until=MORNING + 2 * DAY)
        correct_dates(MORNING + HOUR)
        planning.plan(MORNING + 2 * DAY)
        ada.refresh_from_db()
        assert ada.status == "active"
        assert ada.next_due_at
        assert ada.next_due_at <= MORNING + 3 * DAY

    @pytest.mark.parametrize("frequency", ["daily", "weekdays", "weekly"])
    def test_who_is_planned_by_a_right_clock_is_left_alone(self, frequency: str) -> None:
        for number, zone in enumerate(["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"]):
            factories.subscriber(f"p{number}@example.org", timezone=zone, frequency=frequency)
        for at in goes_on(MORNING, MORNING + 9 * DAY):
            assert find_wrong_dates(at).people == 0

    def test_in_batches_with_few_queries(self, django_assert_max_num_queries: Any) -> None:
        for number in range(30):
            factories.subscriber(f"p{number}@example.org")
        planned(MORNING + 3 * DAY)
        with django_assert_max_num_queries(25):
            assert correct_dates(MORNING).people == 30


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    ahead=st.timedeltas(min_value=timedelta(minutes=30), max_value=timedelta(days=40)),
    wrong_for=st.integers(0, 30),
    zone=st.sampled_from(["UTC", "Pacific/Kiritimati", "America/New_York", "Pacific/Pago_Pago"]),
    hour=st.integers(0, 23),
    right_after=st.integers(1, 30),
)
def test_whatever_the_offset_no_date_comes_twice_and_mail_goes_on(
    ahead: timedelta, wrong_for: int, zone: str, hour: int, right_after: int
) -> None:
    Subscriber.objects.all().delete()
    factories.subscriber(
        timezone=zone, send_at=time(hour), next_due_at=MORNING, confirmed_through_seq=3
    )
    planned(MORNING)
    list(goes_on(MORNING + ahead, MORNING + ahead + wrong_for * HOUR))
    already = set(Digest.objects.values_list("local_date", flat=True))
    now = MORNING + (wrong_for + right_after) * HOUR
    correct_dates(now)
    assert find_wrong_dates(now).total == 0
    person = Subscriber.objects.get()
    assert person.next_due_at
    assert person.next_due_at <= now + timedelta(hours=48)
    assert person.confirmed_through_seq == 3
    days = 6
    list(goes_on(now, now + days * DAY))
    dates = Counter(Digest.objects.values_list("local_date", flat=True))
    assert set(dates.values()) == {1}
    # Each of these days has its digest, unless the date's has left before.
    today = now.astimezone(person.zone).date()
    missed = [n for n in range(2, days - 1) if today + n * DAY not in dates]
    assert missed == []
    assert already <= set(dates)


class TestTheRest:
    def test_mails_that_wait_for_an_instant_of_a_wrong_clock(self) -> None:
        ada = factories.subscriber()
        usual: dict[str, Any] = {"subscriber": ada, "expires_at": MORNING + 9 * DAY}
        Digest.objects.create(local_date="2026-11-20", not_before=MORNING + 3 * DAY, **usual)
        far = datetime.now(UTC) + 3 * DAY
        Digest.objects.create(
            local_date="2026-11-19", not_before=MORNING, state="leased", lease_until=far, **usual
        )
        Letter.objects.create(
            email_key="a", purpose="confirm", nonce="1", not_before=MORNING + 2 * HOUR, **usual
        )
        assert find_wrong_dates(MORNING).mails == 2
        correct_dates(MORNING)
        waiting, leased = Digest.objects.order_by("-local_date")
        assert waiting.not_before == MORNING
        assert leased.lease_until < far - 2 * DAY
        assert Letter.objects.get().not_before == MORNING + 2 * HOUR

    def test_sources_are_fetched_again_and_the_days_that_had_not_come(self) -> None:
        usual = {"kind": "url", "daily_at": 6, "enabled": True, "enabled_at": MORNING}
        wrong = Source.objects.create(
            name="a", url="https://example.org/{date}", next_run_at=MORNING + 4 * DAY,
            covered_through=MORNING.date() + 2 * DAY, last_success_at=MORNING + 3 * DAY, **usual,
        )  # fmt: skip
        right = Source.objects.create(
            name="b", url="https://example.org/", next_run_at=MORNING + DAY, **usual
        )
        Turn.objects.create(host="arxiv.org", taken_until=datetime.now(UTC) + 3 * DAY)
        assert correct_dates(MORNING).sources == 1
        wrong.refresh_from_db()
        assert wrong.next_run_at == wrong.last_success_at == MORNING
        assert wrong.covered_through
        assert wrong.covered_through < MORNING.date()
        assert Source.objects.get(pk=right.pk).next_run_at == MORNING + DAY
        assert Turn.objects.get().taken_until < datetime.now(UTC) + DAY


class TestAdmin:
    def test_the_button_is_there_when_there_is_something_to_put_right(
        self, admin_client: Client, settings: Any
    ) -> None:
        settings.CELERY_BROKER_URL = "memory://"
        now = datetime.now(UTC)
        factories.subscriber(next_due_at=now + DAY)
        why = reverse("admin:why-nothing")
        assert b"Correct the dates" not in admin_client.get(why).content
        Subscriber.objects.update(next_due_at=now + 4 * DAY, last_due_at=now + 3 * DAY)
        page = admin_client.get(why).content
        assert b"Correct the dates" in page
        assert b"The dates of 1 people are too far ahead" in page
        assert admin_client.get(reverse("admin:why-put-right")).status_code == 405
        asked = admin_client.post(reverse("admin:why-put-right"))
        assert b"1 date." in asked.content
        posted = {"confirmed": "1"}
        answer = admin_client.post(reverse("admin:why-put-right"), posted, follow=True)
        assert b"Corrected: 1 people, 0 e-mails, 0 sources." in answer.content
        assert ClockReference.objects.count() == 1

    def test_not_by_everybody(self, client: Client, django_user_model: Any) -> None:
        client.force_login(django_user_model.objects.create_user("eve", is_staff=True))
        assert client.post(reverse("admin:why-put-right")).status_code == 403


def test_the_readme_names_the_command() -> None:
    assert "clock --put-right" in (ROOT / "README.md").read_text()
