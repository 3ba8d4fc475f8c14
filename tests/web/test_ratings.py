"""Rating and saving a paper: from the mail's own page, and from the preferences."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from digest.ingest.papers.dedupe import title_key
from digest.models import Digest, DigestEntry, FormerName, Paper
from subscriptions import reader_papers
from subscriptions.links import Purpose, token
from subscriptions.models import Rating, SavedPaper, Subscriber
from tests.support import factories

from .pages import Page

pytestmark = pytest.mark.django_db


def digest_with(person: Subscriber, *papers: int, **fields: Any) -> Digest:
    at = timezone.now()
    values = {
        "local_date": at.date(), "not_before": at, "expires_at": at, "composed_at": at,
        "from_seq": 0, "to_seq": 9, "state": "sent",
        "entries": [DigestEntry(pk, ("robot",), "title hit") for pk in papers],
    }  # fmt: skip
    return Digest.objects.create(subscriber=person, **(values | fields))


@pytest.fixture
def person() -> Subscriber:
    return factories.subscriber("ada@example.org", "robot")


@pytest.fixture
def paper() -> Paper:
    return factories.paper("Robots that knit")


@pytest.fixture(params=["mail", "preferences"])
def address(request: pytest.FixtureRequest, person: Subscriber, paper: Paper) -> str:
    if request.param == "mail":
        return f"/rate/{token(Purpose.RATE, digest_with(person, paper.pk).pk)}/{paper.pk}/"
    return f"/preferences/{token(Purpose.PREFERENCES, person.pk)}/papers/{paper.pk}/"


def post(client: Client, address: str, do: str) -> Page:
    response = client.post(address, {"do": do})
    assert (response.status_code, response.url) == (302, address)
    return Page(client.get(address))


def pressed(page: Page) -> list[str]:
    return [each["aria-label"] for each in page.all("button") if each.get("aria-pressed") == "true"]


def test_looking_changes_nothing(client: Client, address: str) -> None:
    page = Page(client.get(address))
    assert "Robots that knit" in page.text
    assert [each["value"] for each in page.all("button")] == ["more", "less", "save"]
    assert not Rating.objects.exists()
    assert not SavedPaper.objects.exists()


@pytest.mark.parametrize(("do", "value"), [("more", 1), ("less", -1)])
def test_a_rating_is_noted_and_undone(
    client: Client, address: str, person: Subscriber, do: str, value: int
) -> None:
    page = post(client, address, do)
    assert "Used from tomorrow" in page.text
    assert len(pressed(page)) == 1
    assert Rating.objects.get().value == value
    assert Rating.objects.get().subscriber == person
    undo = page.all("button")[0]
    assert undo["value"] == "unrate"
    assert "Rating removed" in post(client, address, undo["value"]).text
    assert not Rating.objects.exists()


def test_undoing_restores_the_rating_of_before(client: Client, address: str) -> None:
    post(client, address, "less")
    page = post(client, address, "more")
    assert Rating.objects.get().value == 1
    assert page.all("button")[0]["value"] == "less"
    post(client, address, "less")
    assert Rating.objects.get().value == -1
    assert len(Page(client.get(address)).all("button")) == 3  # a notice is shown once


def test_the_same_again_changes_nothing_and_offers_no_undo(client: Client, address: str) -> None:
    for do in ("more", "save"):
        post(client, address, do)
        assert len(post(client, address, do).all("button")) == 3
    assert (Rating.objects.count(), SavedPaper.objects.count()) == (1, 1)


def test_saving_and_removing(client: Client, address: str, person: Subscriber) -> None:
    page = post(client, address, "save")
    assert "Saved for later" in page.text
    assert person.saved_papers.get().paper.title == "Robots that knit"
    page = post(client, address, page.all("button")[0]["value"])
    assert "Removed from your saved papers" in page.text
    assert not SavedPaper.objects.exists()
    assert page.all("button")[0]["value"] == "save"


@pytest.mark.parametrize("do", ["", "x" * 60_000, "\0", "😀", "<script>", "More", "\u202emore"])
def test_anything_else_that_is_posted_changes_nothing(
    client: Client, address: str, do: str
) -> None:
    assert len(post(client, address, do).all("button")) == 3
    assert not Rating.objects.exists()
    assert not SavedPaper.objects.exists()


def test_forms_need_their_csrf_token(address: str) -> None:
    assert Client(enforce_csrf_checks=True).post(address, {"do": "more"}).status_code == 403
    assert not Rating.objects.exists()


def test_the_mail_rates_only_its_own_papers(client: Client, person: Subscriber) -> None:
    own, other = factories.paper("Own"), factories.paper("Other")
    start = f"/rate/{token(Purpose.RATE, digest_with(person, own.pk).pk)}/"
    for number in (other.pk, 0, 10**30):
        for response in (client.get(f"{start}{number}/"), client.post(f"{start}{number}/")):
            assert response.status_code == 404
            assert "Paper not found" in Page(response).text


@pytest.mark.parametrize("number", [0, 999, 2**63, 10**30])
def test_an_unknown_paper_is_a_sentence(client: Client, person: Subscriber, number: int) -> None:
    address = f"/preferences/{token(Purpose.PREFERENCES, person.pk)}/papers/{number}/"
    for response in (client.get(address), client.post(address, {"do": "more"})):
        assert response.status_code == 404
        assert "Paper not found" in Page(response).text


def test_the_link_in_an_old_mail_leads_to_the_paper_it_proved_to_be(
    client: Client, person: Subscriber, paper: Paper
) -> None:
    FormerName.objects.create(paper=paper, former_id=999, name=title_key("Knitting"))
    address = f"/rate/{token(Purpose.RATE, digest_with(person, 999).pk)}/999/"
    assert "Robots that knit" in post(client, address, "more").text
    assert Rating.objects.get().paper == paper


def test_pages_lead_back_and_renew_no_link(
    client: Client, person: Subscriber, paper: Paper
) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        digest = digest_with(person, paper.pk)
        address = f"/rate/{token(Purpose.RATE, digest.pk)}/{paper.pk}/"
        clock.shift(timedelta(days=29))
        links = Page(client.get(address)).links()
        (less,) = [each for each in links if each.startswith("/less/")]
        back = next(each for each in links if each.startswith("/preferences/"))
        assert [client.get(each).status_code for each in (less, back)] == [200, 200]
        clock.shift(timedelta(days=1, seconds=1))
        assert [client.get(each).status_code for each in (less, back, address)] == [410] * 3


def test_a_full_list_is_refused(
    client: Client, address: str, person: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_papers, "SAVED_LIMIT", 1)
    person.saved_papers.create(paper=factories.paper("Another"))
    page = post(client, address, "save")
    assert "Your list is full" in page.text
    assert SavedPaper.objects.get().paper.title == "Another"


def test_hostile_titles_are_text(client: Client, person: Subscriber) -> None:
    paper = factories.paper('<script>x</script>" onclick="y\u202e', abstract="<img src=x>")
    page = post(
        client, f"/preferences/{token(Purpose.PREFERENCES, person.pk)}/papers/{paper.pk}/", "more"
    )
    assert "<script>x" not in page.source
    assert not page.all("img")[1:]
    assert all("onclick" not in each for _, each in page.tags)
