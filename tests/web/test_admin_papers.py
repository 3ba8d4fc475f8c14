"""Papers joined by mistake are split in the admin."""

from datetime import date

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from digest.ingest.formats import Record
from digest.models import Listing, Paper
from tests.ingest.formats.listing_pages import store_records

from .pages import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper() -> Paper:
    store_records("a", Record("A", "with an id", arxiv_id="2501.1"))
    store_records("b", Record("A", "without"))
    return Paper.objects.get()


def address(paper: Paper) -> str:
    return reverse("admin:paper-split", args=[paper.pk])


def of(dump: str) -> int:
    return Listing.objects.get(dump__name=dump).pk


def test_split_and_taken_back(operator: Client, paper: Paper) -> None:
    change = Page(operator.get(reverse("admin:digest_paper_change", args=[paper.pk])))
    assert "Some listings are a different paper" in change.text
    page = operator.get(address(paper)).content.decode()
    assert page.count('type="checkbox"') == 2
    assert "Undo: join by names" not in page
    operator.post(address(paper), {"listing": [of("b")], "split": "1"}, follow=True)
    other = Paper.objects.get(arxiv_id=None)
    assert (Paper.objects.count(), other.abstract) == (2, "without")
    assert "Undo: join by names" in operator.get(address(other)).content.decode()
    text = Page(operator.post(address(other), {"rejoin": "1"}, follow=True)).text
    assert "Listings are joined by their names again." in text
    assert Paper.objects.count() == 1


@pytest.mark.parametrize("chosen", [[], ["0"], ["x"], ["both"], ["9" * 30]])
def test_a_choice_that_makes_no_two_papers(
    operator: Client, paper: Paper, chosen: list[str]
) -> None:
    posted = {"listing": [of("a"), of("b")] if chosen == ["both"] else chosen, "split": "1"}
    text = Page(operator.post(address(paper), posted)).text
    assert "listings" in text
    assert Paper.objects.count() == 1


def test_looking_changes_nothing(operator: Client, paper: Paper) -> None:
    operator.get(address(paper), {"listing": of("b"), "split": "1"})
    assert Paper.objects.count() == 1


def test_only_for_those_who_may(client: Client, paper: Paper) -> None:
    person = User.objects.create_user("looker", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_paper"))
    client.force_login(person)
    posted = {"listing": [of("b")], "split": "1"}
    assert client.post(address(paper), posted).status_code == 403
    client.logout()
    assert client.post(address(paper), posted).status_code == 302
    assert Paper.objects.count() == 1


def test_a_withdrawal_stands_on_the_papers_page(client: Client) -> None:
    store_records("a", Record("A", "a", withdrawn_on=date(2026, 11, 3)))
    page = Page(client.get(f"/papers/{Paper.objects.get().pk}/"))
    assert "withdrawn on 3 November 2026" in page.text
