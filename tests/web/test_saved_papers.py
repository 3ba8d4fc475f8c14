"""The list of saved papers, its pages, and its files."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from digest.ingest.formats import bibtex, ris
from digest.limits.rates import read_rates
from digest.models import Paper
from subscriptions.links import Purpose, token
from subscriptions.models import SavedPaper, Subscriber
from tests.support import factories
from tests.support.factories import MORNING

from .pages import Page

pytestmark = pytest.mark.django_db
OPENED = timezone.now()  # the pages' own links are those of this moment, whenever they are made


@pytest.fixture
def person() -> Subscriber:
    return factories.subscriber("ada@example.org", "robot")


def start(person: Subscriber) -> str:
    return f"/preferences/{token(Purpose.PREFERENCES, person.pk, at=OPENED)}/"


def save(person: Subscriber, count: int, **fields: object) -> list[Paper]:
    papers = [factories.paper(f"Paper {number:03}", **fields) for number in range(count)]
    SavedPaper.objects.bulk_create(
        SavedPaper(subscriber=person, paper=paper, saved_at=MORNING + timedelta(minutes=at))
        for at, paper in enumerate(papers)
    )
    return papers


def test_an_empty_list_says_how_to_fill_it(client: Client, person: Subscriber) -> None:
    save(factories.subscriber("eve@example.org"), 1)
    page = Page(client.get(start(person) + "saved/"))
    assert "No saved papers yet" in page.text
    assert "Paper 000" not in page.text
    assert not [link for link in page.links() if link.endswith((".bib", ".ris"))]


def test_the_list_is_paged_newest_first(
    client: Client, person: Subscriber, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    save(person, 51)
    with django_assert_max_num_queries(3):
        page = Page(client.get(start(person) + "saved/"))
    assert "51 papers" in page.text
    assert page.text.index("Paper 050") < page.text.index("Paper 001")
    assert "Paper 000" not in page.text
    assert "?page=2" in page.links()
    for number in ("2", "99", "x", "\0"):
        last = Page(client.get(start(person) + "saved/", {"page": number}))
        assert ("Paper 000" in last.text) == (number in ("2", "99"))


def test_a_paper_is_removed_and_put_back_on_its_page(client: Client, person: Subscriber) -> None:
    (paper, *_) = save(person, 51)
    address = start(person) + "saved/?page=2"
    page = Page(client.get(address))
    (form,) = [each for each in page.all("form") if "papers" in each["action"]]
    back = page.field("back")["value"]
    for do, count, sentence in [
        ("remove", 50, "Removed from your"),
        ("save", 51, "Saved for later"),
    ]:
        response = client.post(form["action"], {"do": do, "back": back})
        assert response.url == f"{address}#paper-{paper.pk}"
        page = Page(client.get(response.url))
        assert sentence in page.text
        assert person.saved_papers.count() == count


@pytest.mark.parametrize(
    "back", ["", "saved", "saved:x", "https://evil.example/", "//evil.example", "digest:1", "\0",
             "saved:1\n", "saved:٣", "x" * 60_000],
)  # fmt: skip
def test_a_form_leads_back_to_lists_only(client: Client, person: Subscriber, back: str) -> None:
    address = f"{start(person)}papers/{factories.paper().pk}/"
    assert client.post(address, {"do": "save", "back": back}).url == address


@pytest.mark.parametrize(("name", "parser"), [("papers.bib", bibtex), ("papers.ris", ris)])
def test_the_files_hold_the_whole_list(
    client: Client, person: Subscriber, name: str, parser: object
) -> None:
    save(
        person, 51, authors=["Ada Lamp", "Bo Wick"], doi="10.1000/x", journal="Rivers",
        published_on=date(2026, 11, 1), published_precision="month", abstract="We read. {",
    )  # fmt: skip
    save(factories.subscriber("eve@example.org"), 1)
    response = client.get(f"{start(person)}saved/{name}")
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response["Content-Type"].endswith("charset=utf-8")
    assert response["Cache-Control"] == "no-store, private"
    records = parser.parse(response.content, MORNING.date()).records  # type: ignore[attr-defined]
    assert len(records) == 51
    assert records[0].title == "Paper 050"
    assert records[0].authors == ("Ada Lamp", "Bo Wick")
    assert (records[0].doi, records[0].journal) == ("10.1000/x", "Rivers")
    assert (records[0].published_on, records[0].published_precision) == (date(2026, 11, 1), "month")


def test_files_are_limited_by_their_papers(
    client: Client, person: Subscriber, settings: Any
) -> None:
    save(person, 3)
    settings.LIMITS = read_rates("keywords=7/hour")
    address = f"{start(person)}saved/papers.bib"
    assert [client.get(address).status_code for _ in range(3)] == [200, 200, 429]


def test_an_empty_list_is_an_empty_file(client: Client, person: Subscriber) -> None:
    for name in ("papers.bib", "papers.ris"):
        assert client.get(f"{start(person)}saved/{name}").content == b""


@pytest.mark.parametrize("name", ["papers.pdf", "x", "..", "papers.bib%0d%0aX:1", "%00"])
def test_there_is_no_other_file(client: Client, person: Subscriber, name: str) -> None:
    assert client.get(f"{start(person)}saved/{name}").status_code == 404


def test_the_pages_live_as_long_as_the_link(client: Client, person: Subscriber) -> None:
    pages = ["saved/", "saved/papers.bib", "saved/papers.ris", "history/"]
    with time_machine.travel(timezone.now() - timedelta(days=30, minutes=1), tick=False):
        old = f"/preferences/{token(Purpose.PREFERENCES, person.pk)}/"
    for each in pages:
        assert client.get(f"/preferences/x/{each}").status_code == 404
        assert client.get(old + each).status_code == 410
        assert client.post(start(person) + each).status_code == 405
        assert (
            client.get(f"/preferences/{token(Purpose.RATE, person.pk)}/{each}").status_code == 404
        )
