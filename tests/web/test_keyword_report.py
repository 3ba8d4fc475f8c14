"""What the preferences say of each keyword: notes, what it brought, and what it would find."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from digest.models import Digest, DigestEntry
from subscriptions import changes
from subscriptions.models import Subscriber, Subscription
from subscriptions.suppression_key import check_key
from tests.support import factories

from .mail_pages import preferences_url, row_url, submit
from .pages import Page

pytestmark = pytest.mark.django_db
Queries = Callable[[int], Any]


def test_what_was_not_understood_is_said_beside_the_keyword(client: Client) -> None:
    person = factories.subscriber("ada@example.org", "titel:robot", "OR " * 60)
    page = Page(client.get(preferences_url(person)))
    assert "There is no field “titel:”" in page.text
    assert len([each for _, each in page.tags if "bad-word" in each.get("class", "")]) == 2


def sent(person: Subscriber, days_ago: int, *keywords: tuple[str, ...]) -> None:
    day = timezone.now() - timedelta(days=days_ago)
    Digest.objects.create(
        subscriber=person, local_date=day.date(), not_before=day, expires_at=day, composed_at=day,
        from_seq=0, to_seq=9, state="sent" if keywords else "empty",
        entries=[DigestEntry(pk, each, "title hit") for pk, each in enumerate(keywords)],
    )  # fmt: skip


def test_what_each_keyword_brought(client: Client) -> None:
    person = factories.subscriber("ada@example.org", "RL", "machine unlearning", trending_top=5)
    Subscription.objects.update(created_at=timezone.now() - timedelta(days=80))
    sent(person, 60)
    for day in range(1, 5):
        sent(person, day, *[("RL",)] * 3, (), ())
    page = Page(client.get(preferences_url(person)))
    assert "Based on the 20 papers in your 4 digests since" in page.text
    assert "12 of your 20 papers (60%)" in page.text
    assert "8 of your 20 papers (40%)" in page.text
    assert "No papers since" in page.text
    assert "Narrow · Keep · Remove" in page.text
    assert "Widen · Keep · Remove" in page.text
    for text in ("RL", "machine unlearning"):
        page = submit(client, row_url(person, text), do="keep")[1]
        assert f"OK, “{text}” stays as it is." in page.text
    assert "Keep" not in page.text
    assert "12 of your 20 papers (60%)" in page.text


@pytest.mark.usefixtures("recent_papers")
def test_checking_the_list(client: Client) -> None:
    person = factories.subscriber("ada@example.org", "diffusion", "difusion", "-survey", "OR " * 60)
    page = Page(client.get(preferences_url(person, "keywords/check/")))
    assert "Did you mean diffusion ?" in page.text
    for sentence in ("Finds about 2 a week", "Finds none of the papers", "Leaves out none so far"):
        assert sentence in page.text
    part = client.get(preferences_url(person, "keywords/check/"), headers={"HX-Request": "true"})
    row = person.subscriptions.get(text="difusion")
    assert f'id="check-{row.pk}" hx-swap-oob="true"' in part.content.decode()
    assert f'form="form-{row.pk}"' in part.content.decode()
    assert b"<html" not in part.content
    page = submit(client, row_url(person, "-survey"), keywords="diffusion model")[1]
    assert "“-survey” is now “diffusion model”." in page.text


def test_the_page_takes_as_many_queries_for_a_hundred_keywords(
    client: Client, django_assert_num_queries: Queries
) -> None:
    person = factories.subscriber("ada@example.org", "robot")
    changes.add(person, [f"word{number}" for number in range(99)])
    for day in range(1, 41):
        sent(person, day, *[("robot", "word1")] * 20)
    assert not check_key()  # found once a process
    with django_assert_num_queries(5):
        page = Page(client.get(preferences_url(person)))
    assert len(page.all("li")) >= 100
