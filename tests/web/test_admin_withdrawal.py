"""Withdrawing a dump in the admin, and what readers see of it."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from digest.models import Digest, DigestEntry, Dump, Paper, State
from tests.support import factories

from .pages import Page
from .test_admin_dumps import hand_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(operator: Client, settings: Settings, tmp_path: Path) -> Client:
    settings.DUMPS_DIR = tmp_path
    return operator


def address() -> str:
    return reverse("admin:dump-withdraw", args=[Dump.objects.get().pk])


def post(operator: Client, button: str) -> Page:
    return Page(operator.post(address(), {button: "yes"}, follow=True))


def send(paper: Paper, name: str, state: State = State.SENT) -> Digest:
    at = Dump.objects.get().received_at
    return Digest.objects.create(
        subscriber=factories.subscriber(f"{name}@example.org", "robot"),
        local_date=at.date(),
        not_before=at,
        expires_at=at + timedelta(days=1),
        composed_at=at,
        from_seq=0,
        to_seq=2,
        entries=[DigestEntry(paper.pk, ("robot",))],
        state=state,
    )


def test_the_page_says_first_what_it_would_do(operator: Client) -> None:
    hand_in(operator)
    robots = Paper.objects.get(title="Robots that knit")
    send(robots, "ada")
    send(robots, "bob")
    send(robots, "cyd", State.PLANNED)
    row = operator.get(reverse("admin:digest_dump_change", args=[Dump.objects.get().pk]))
    assert address() in row.content.decode()
    text = Page(operator.get(address())).text
    assert "1 paper that only this dump lists will go." in text
    assert "1 paper had been sent, in 2 e-mails." in text
    assert "1 digest not sent yet will be composed anew." in text
    assert Dump.objects.get().state == "parsed"
    assert Paper.objects.listed().count() == 2


def test_a_button_does_it_and_the_page_says_what_was_done(operator: Client) -> None:
    hand_in(operator)
    robots = Paper.objects.get(title="Robots that knit")
    send(robots, "ada")
    text = post(operator, "withdraw").text
    assert "1 paper is gone." in text
    assert "1 had been sent, in 1 e-mail; their pages say so." in text
    assert "Robots that knit" in text
    assert LogEntry.objects.latest("pk").change_message == "Withdrawn."
    again = Page(hand_in(operator)).text
    assert "It was withdrawn on" in again
    assert "nothing of it is taken" in again
    assert Paper.objects.get() == robots


def test_readers_see_that_it_was_withdrawn(operator: Client, client: Client) -> None:
    hand_in(operator)
    robots, maps = (Paper.objects.get(title__startswith=word) for word in ("Robots", "Diffusion"))
    send(robots, "ada")
    post(operator, "withdraw")
    page = client.get(reverse("paper", args=[robots.pk])).content.decode()
    assert "The list that this paper came from was withdrawn on" in page
    assert '<meta name="robots" content="noindex">' in page
    assert client.get(reverse("paper", args=[maps.pk])).status_code == 404
    for name in ("home", "search", "archive"):
        shown = client.get(reverse(name), {"q": "robots"}, follow=True).content.decode()
        assert "Robots that knit" not in shown


def test_it_can_be_undone(operator: Client) -> None:
    hand_in(operator)
    post(operator, "withdraw")
    assert not Paper.objects.exists()
    assert "Read again: 2 papers, 2 of them new." in post(operator, "undo").text
    assert Paper.objects.listed().count() == 2
    assert LogEntry.objects.latest("pk").change_message == "Withdrawal undone."
    assert "It is not withdrawn." in post(operator, "undo").text


def test_a_withdrawn_dump_is_not_read_by_hand(operator: Client) -> None:
    hand_in(operator)
    post(operator, "withdraw")
    pk = Dump.objects.get().pk
    form = operator.get(reverse("admin:digest_dump_change", args=[pk])).content.decode()
    assert 'name="intent"' not in form
    assert Page(operator.get(address())).text.count("Undo") > 0
