"""The admin page of a subscriber saves what was changed, and nothing else."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.forms import model_to_dict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from digest.models import Catalogue
from subscriptions import changes, signup, unsubscribing
from subscriptions.admin.subscribers import SubscriberForm
from subscriptions.models import Subscriber
from tests.support import factories

from .pages import Page, filled_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Subscriber:
    return factories.subscriber("ada@example.org", "diffusion model", confirmed_through_seq=3)


def page_of(person: Subscriber) -> str:
    return reverse("admin:subscriptions_subscriber_change", args=[person.pk])


def form_of(operator: Client, address: str, **entered: str) -> dict[str, str]:
    """The form as it stands on the page now, with what the operator entered."""
    return filled_in(Page(operator.get(address)), **entered)


def save(operator: Client, address: str, posted: dict[str, str]) -> Subscriber:
    assert operator.post(address, posted).status_code == 302
    return Subscriber.objects.get()


def test_saving_a_person_keeps_key_and_hour_right_and_the_watermark_alone(
    operator: Client, ada: Subscriber
) -> None:
    Subscriber.objects.update(next_due_at=timezone.now() + timedelta(hours=1))
    address = page_of(ada)
    entered = {"email": "Ada@Example.COM", "send_at": "18:30", "timezone": "tokyo"}
    ada = save(operator, address, form_of(operator, address, **entered))
    assert (ada.email_key, ada.timezone) == ("ada@example.com", "Asia/Tokyo")
    assert ada.next_due_at is not None
    assert ada.next_due_at > timezone.now()
    assert ada.next_due_at.astimezone(ada.zone).time() == time(18, 30)
    assert ada.confirmed_through_seq == 3


def test_saving_without_a_change_writes_nothing(operator: Client, ada: Subscriber) -> None:
    posted = form_of(operator, page_of(ada))
    Subscriber.objects.update(confirmed_through_seq=99)  # a worker, in the meantime
    saved = save(operator, page_of(ada), posted)
    assert (saved.confirmed_through_seq, saved.next_due_at) == (99, ada.next_due_at)


MEANWHILE: dict[str, Any] = {
    "email": "ada@new.example", "status": "unsubscribed", "timezone": "Asia/Tokyo",
    "send_at": time(9, 15), "frequency": "weekly", "weekly_on": 3,
    "paused_until": datetime(2026, 12, 1, tzinfo=UTC), "max_papers": 5, "trending_top": 4,
    "abstracts": "none", "body_format": "text", "quiet_after": 3, "follow_ups": False,
    "neighbours": True,
}  # fmt: skip


class TestAPageThatWasOpenForLong:
    """Columns that a worker changed meanwhile are not overwritten."""

    def test_no_field_is_written_back(self, operator: Client, ada: Subscriber) -> None:
        assert set(MEANWHILE) == set(SubscriberForm.base_fields)
        posted = form_of(operator, page_of(ada))
        Subscriber.objects.update(**MEANWHILE)
        before = model_to_dict(Subscriber.objects.get())
        assert model_to_dict(save(operator, page_of(ada), posted)) == before

    def test_who_left_is_not_brought_back(self, operator: Client, ada: Subscriber) -> None:
        posted = form_of(operator, page_of(ada), max_papers="7", send_at="18:30")
        unsubscribing.unsubscribe(ada.pk)
        saved = save(operator, page_of(ada), posted)
        assert (saved.status, saved.max_papers) == ("unsubscribed", 7)
        assert saved.next_due_at == ada.next_due_at

    def test_nor_after_a_mistake(self, operator: Client, ada: Subscriber) -> None:
        posted = form_of(operator, page_of(ada), max_papers="many")
        unsubscribing.unsubscribe(ada.pk)
        again = Page(operator.post(page_of(ada), posted))
        assert "Please correct the error" in again.text
        saved = save(operator, page_of(ada), filled_in(again, max_papers="7"))
        assert (saved.status, saved.max_papers) == ("unsubscribed", 7)

    def test_who_came_back_is_scheduled_anew(self, operator: Client, ada: Subscriber) -> None:
        unsubscribing.unsubscribe(ada.pk)
        posted = form_of(operator, page_of(ada), send_at="18:30")
        signup.confirm(ada.pk, at=timezone.now())
        saved = save(operator, page_of(ada), posted)
        assert saved.status == "active"
        assert saved.next_due_at is not None
        assert saved.next_due_at.time() == time(18, 30)

    def test_a_dropped_keyword_stays_off(self, operator: Client, ada: Subscriber) -> None:
        speech = ada.subscriptions.create(text="speech")
        posted = form_of(operator, page_of(ada), max_papers="7")
        changes.drop(speech)
        assert save(operator, page_of(ada), posted).active_keywords() == ["diffusion model"]
        posted |= {"subscriptions-1-text": "speech recognition"}
        saved = save(operator, page_of(ada), posted)
        assert saved.active_keywords() == ["diffusion model"]
        assert saved.subscriptions.get(pk=speech.pk).text == "speech recognition"

    def test_an_address_that_is_another_persons_by_now(
        self, operator: Client, ada: Subscriber
    ) -> None:
        posted = form_of(operator, page_of(ada), max_papers="7")
        Subscriber.objects.update(email="ada@new.example", email_key="ada@new.example")
        factories.subscriber("ada@example.org")
        assert operator.post(page_of(ada), posted).status_code == 302
        ada.refresh_from_db()
        assert (ada.email_key, ada.max_papers) == ("ada@new.example", 7)


def test_another_address_is_theirs_from_now_on(operator: Client, ada: Subscriber) -> None:
    before = timezone.now()
    posted = form_of(operator, page_of(ada), email="ada@new.example")
    since = save(operator, page_of(ada), posted).address_since
    assert since is not None
    assert before <= since <= timezone.now()


def test_another_spelling_is_no_other_address(operator: Client, ada: Subscriber) -> None:
    saved = save(
        operator,
        page_of(ada),
        form_of(operator, page_of(ada), email="Ada@Example.org"),
    )
    assert (saved.email, saved.address_since) == ("Ada@Example.org", None)


def test_an_address_of_before_may_stay_and_a_new_one_follows_the_rules(
    operator: Client, ada: Subscriber
) -> None:
    Subscriber.objects.update(email="ſam@example.org", email_key="sam@example.org")
    address = page_of(ada)
    saved = save(operator, address, form_of(operator, address, max_papers="7"))
    assert (saved.email_key, saved.max_papers) == ("sam@example.org", 7)
    page = Page(operator.post(address, form_of(operator, address, email="ﬀ@example.org")))
    assert "Did you mean ff@example.org?" in page.text


def test_adding_an_active_person_starts_at_the_newest_paper(operator: Client) -> None:
    factories.paper("Old news")
    address = reverse("admin:subscriptions_subscriber_add")
    posted = form_of(operator, address, email="ada@example.org", status="active", send_at="07:00")
    posted |= {"subscriptions-0-text": "diffusion model", "subscriptions-0-active": "on"}
    person = save(operator, address, posted)
    assert person.confirmed_through_seq == Catalogue.current().newest_seq == 1
    assert person.confirmed_at
    assert person.active_keywords() == ["diffusion model"]


def test_adding_a_subscriber_as_the_page_proposes(operator: Client, settings: Any) -> None:
    settings.DEFAULT_TIMEZONE, settings.DEFAULT_SEND_AT = "Asia/Tokyo", time(6, 30)
    address = reverse("admin:subscriptions_subscriber_add")
    person = save(operator, address, form_of(operator, address, email="ada@example.org"))
    assert (person.timezone, person.send_at) == ("Asia/Tokyo", time(6, 30))


@pytest.mark.parametrize(
    ("entered", "sentence"),
    [
        ({"email": "BOB@example.org"}, "already a subscriber with this address"),
        ({"email": "bob"}, "valid e-mail"),
        ({"timezone": "Mars/Phobos"}, "no city or time zone of that name"),
        ({"subscriptions-0-text": "x" * 300}, "200"),
        ({"subscriptions-0-text": "-survey"}, ""),
        ({"max_papers": "0"}, ""),
        ({"send_at": "noon"}, "valid time"),
    ],
)
def test_what_cannot_be_saved_gets_a_sentence(
    operator: Client, ada: Subscriber, entered: dict[str, str], sentence: str
) -> None:
    factories.subscriber("bob@example.org")
    response = operator.post(page_of(ada), form_of(operator, page_of(ada), **entered))
    page = Page(response)
    assert response.status_code == 200
    assert "Please correct the error" in page.text
    assert sentence in page.text


class TestWhatSomebodyAsksFor:
    """An address alone gets trending papers, so every subscriber gets some."""

    @pytest.mark.parametrize(
        ("entered", "top"),
        [
            ({}, 10),
            ({"trending_top": "3"}, 3),
            ({"subscriptions-0-text": "robot", "subscriptions-0-active": "on"}, 0),
            ({"trending_top": "3", "subscriptions-0-text": "-survey",
              "subscriptions-0-active": "on"}, 3),
        ],
    )  # fmt: skip
    def test_adding(self, operator: Client, entered: dict[str, str], top: int) -> None:
        address = reverse("admin:subscriptions_subscriber_add")
        person = save(
            operator,
            address,
            form_of(operator, address, email="ada@example.org", **entered),
        )
        assert person.trending_top == top

    def test_dropping_the_trending_papers_of_who_has_no_keyword(self, operator: Client) -> None:
        person = factories.subscriber("ada@example.org", trending_top=5)
        page = Page(
            operator.post(page_of(person), form_of(operator, page_of(person), trending_top="0"))
        )
        assert "Add a keyword, or choose Trending papers." in page.text
        person.refresh_from_db()
        assert person.trending_top == 5
        posted = form_of(operator, page_of(person), trending_top="21")
        assert "less than or equal to 20" in Page(operator.post(page_of(person), posted)).text

    def test_switching_the_last_keyword_off(self, operator: Client, ada: Subscriber) -> None:
        posted = form_of(operator, page_of(ada))
        del posted["subscriptions-0-active"]
        assert "Add a keyword, or" in Page(operator.post(page_of(ada), posted)).text
        saved = save(operator, page_of(ada), posted | {"trending_top": "5"})
        assert (saved.active_keywords(), saved.trending_top) == ([], 5)

    def test_a_row_of_long_ago_without_anything_is_still_saved(self, operator: Client) -> None:
        person = factories.subscriber("ada@example.org")
        saved = save(
            operator,
            page_of(person),
            form_of(operator, page_of(person), max_papers="7"),
        )
        assert (saved.max_papers, saved.trending_top) == (7, 0)

    def test_an_exclusion_is_a_keyword_of_the_list(self, operator: Client, ada: Subscriber) -> None:
        entered = {"subscriptions-1-text": "-survey", "subscriptions-1-active": "on"}
        saved = save(operator, page_of(ada), form_of(operator, page_of(ada), **entered))
        assert saved.active_keywords() == ["diffusion model", "-survey"]
