"""Importing keywords: what is pasted or chosen, what is offered, added and undone; nothing kept."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from subscriptions import changes
from subscriptions.links import Purpose, made_at, token
from subscriptions.models import Subscriber
from tests.libraries.libraries import FILES, GAUGES, ris
from tests.support import factories

from .import_page import add, offered, paste, send_file, start, ticked
from .pages import Page

pytestmark = pytest.mark.django_db


def test_the_preferences_lead_there_and_it_leads_back(client: Client, person: Subscriber) -> None:
    made = timezone.now() - timedelta(days=20)
    opened = reverse("preferences", args=[token(Purpose.PREFERENCES, person.pk, at=made)])
    (link,) = [each for each in Page(client.get(opened)).links() if each.endswith("/import/")]
    page = Page(client.get(link))
    assert opened in page.links()
    assert made_at(link.split("/")[2]) == made.replace(microsecond=0)


def test_it_waits_for_the_confirmation(client: Client) -> None:
    pending = factories.subscriber("new@example.org", status="pending", confirmed_at=None)
    assert client.get(start(pending)).status_code == 302
    assert client.post(start(pending), {"alerts": "floods"}).status_code == 302
    body = {"offered": ["floods"], "tick": ["0"]}
    assert client.post(start(pending) + "add/", body).status_code == 302
    assert pending.active_keywords() == []


def test_pasted_alerts_are_offered_ticked(client: Client, person: Subscriber) -> None:
    lines = '"deep learning" - new results\nJane Doe - new articles\nspeech\nx AND (y\nNOT z\n'
    page = paste(client, person, lines + "Bo Wick - new citations")
    assert offered(page) == ['"deep learning"', 'author:"Jane Doe"', "x AND (y"]
    assert set(ticked(page)) == set(offered(page))
    assert "the phrase “x and y”. Read as plain text because" in page.text
    assert "Already in your list: speech ." in page.text
    assert "NOT z : " in page.text
    assert "Bo Wick - new citations : new citations cannot be followed" in page.text
    assert person.active_keywords() == ["diffusion model", "speech"]


def test_counts_are_of_the_last_thirty_days(client: Client, person: Subscriber) -> None:
    day = timezone.now().date()
    for days in (1, 2, 3, 4, 5, 20, 40):
        factories.paper("River gauges", listed_on=day - timedelta(days=days))
    page = paste(client, person, "river gauges\nfloods")
    assert "river gauges About one a week" in page.text
    assert "floods None in 30 days" in page.text
    assert "estimated from the last 30 days" in page.text


@pytest.mark.parametrize("name", FILES)
def test_each_kind_of_file_is_read(client: Client, person: Subscriber, name: str) -> None:
    page = send_file(client, person, FILES[name], "papers.txt")
    assert any("gauge" in text for text in offered(page))
    assert ticked(page) == []
    assert "we haven’t kept it." in page.text


def test_suggestions_are_added_and_undone_in_one_press(client: Client, person: Subscriber) -> None:
    before = person.active_keywords()
    page = send_file(client, person, ris(GAUGES))
    assert offered(page) == ["river gauges", "sediment transport", 'author:"Ada Lamp"']
    assert "Your list has room for 98 more keywords (the limit is 100)." in page.text
    done = add(client, person, offered(page), 0, 2)
    assert 'Added “river gauges”, “author:"Ada Lamp"”.' in done.text
    assert person.active_keywords() == [*before, "river gauges", 'author:"Ada Lamp"']
    undo = done.field("change")["value"]
    address = reverse("preferences-undo", args=[token(Purpose.PREFERENCES, person.pk)])
    for _ in range(2):
        assert "Undone." in Page(client.post(address, {"change": undo}, follow=True)).text
        assert person.active_keywords() == before


def test_an_undone_addition_says_so_under_its_own_link(client: Client, person: Subscriber) -> None:
    added = changes.add(person, ["floods", "rivers"])
    address = reverse("undo-change", args=[token(Purpose.UNDO_CHANGE, str(added.change))])
    assert "Keywords added" in Page(client.get(address)).text
    assert "Keywords removed" in Page(client.post(address, follow=True)).text
    assert person.active_keywords() == ["diffusion model", "speech"]


def test_undoing_does_not_leave_anybody_without_papers(client: Client, person: Subscriber) -> None:
    added = changes.add(person, ["floods"])
    for row in person.subscriptions.exclude(text="floods"):
        changes.drop(row)
    address = reverse("undo-change", args=[token(Purpose.UNDO_CHANGE, str(added.change))])
    assert "you wouldn’t get any papers" in Page(client.post(address)).text
    assert person.active_keywords() == ["floods"]


def test_what_is_in_the_list_is_not_offered(client: Client, person: Subscriber) -> None:
    changes.add(person, ["River gauge"])
    page = send_file(client, person, ris(GAUGES))
    assert "river gauges" not in offered(page)
    assert "Already in your list: River gauge ." in page.text


@pytest.mark.parametrize(
    ("texts", "ticks", "sentence"),
    [
        (["floods"], [], "Tick at least one keyword."),
        (["floods"], [7], "Tick at least one keyword."),
        ([], [0], "Tick at least one keyword."),
        (["floods", "NOT x"], [0, 1], "only says what to exclude"),
        (["x" * 201, "floods"], [0, 1], "the limit is 200"),
        (["\0", "floods"], [0, 1], "no word in it"),
    ],
)
def test_what_cannot_be_added_is_said_and_nothing_is(
    client: Client, person: Subscriber, texts: list[str], ticks: list[int], sentence: str
) -> None:
    page = add(client, person, texts, *ticks)
    assert sentence in page.text
    assert "Nothing was added." in page.text
    assert person.active_keywords() == ["diffusion model", "speech"]
    assert offered(page) == [text for text in texts if text == "floods"]
    assert ticked(page) == (["floods"] if len(texts) > 1 else [])


def test_a_full_list_says_how_many_fit_and_keeps_the_ticks(
    client: Client, person: Subscriber
) -> None:
    changes.add(person, [f"word{number}" for number in range(97)])
    texts = ["floods", "rivers", 'author:"Ada Lamp"']
    page = add(client, person, texts, 0, 2)
    assert "A list has room for 100 keywords." in page.text
    assert "room for 1 more keyword (the limit is 100)" in page.text
    assert offered(page) == texts
    assert ticked(page) == ["floods", 'author:"Ada Lamp"']
    add(client, person, texts, 2)
    assert "Your list is full: the limit is 100" in paste(client, person, "floods").text


def test_a_hundred_keywords_are_added_and_undone(client: Client, person: Subscriber) -> None:
    texts = [f"{'река' * 45}{number}" for number in range(98)]
    body = urlencode({"offered": texts, "tick": list(range(98))}, doseq=True)
    form = "application/x-www-form-urlencoded"
    page = Page(client.post(start(person) + "add/", body, form, follow=True))
    assert "Added 98 keywords." in page.text
    address = reverse("preferences-undo", args=[token(Purpose.PREFERENCES, person.pk)])
    client.post(address, {"change": page.field("change")["value"]})
    assert person.active_keywords() == ["diffusion model", "speech"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b"I have no papers.", "This is a text that begins “I have no papers.”. Export your"),
        (b"%PDF-1.7 \x00\x01", "PDF"),
        (b"x" * 5_000_001, "has 5,000,001 bytes; the limit is 5,000,000"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(
    client: Client, person: Subscriber, data: bytes, sentence: str
) -> None:
    page = send_file(client, person, data)
    assert sentence in page.text
    assert [each.get("aria-invalid") for each in page.all("input") if "library" in each.values()]


def test_no_file_and_no_alert_are_asked_for(client: Client, person: Subscriber) -> None:
    assert "Choose a file." in Page(client.post(start(person), {"door": "file"})).text
    no_file = {"door": "file", "library": "x"}
    assert "Choose a file." in Page(client.post(start(person), no_file)).text
    assert "Paste an alert or a search." in Page(client.post(start(person))).text
    assert "We found no keywords to add." in paste(client, person, "NOT x").text


def test_a_library_without_a_topic_says_so(client: Client, person: Subscriber) -> None:
    page = send_file(client, person, ris([f"Study of {word}" for word in ("one", "two")], ()))
    assert (offered(page) == []) == ("We found no keywords" in page.text)
