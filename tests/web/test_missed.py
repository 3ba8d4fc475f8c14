"""Did I miss this? The form, the page of the paper that it leads to, and adding a keyword there."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from digest.limits.rates import read_rates
from digest.models import Digest, DigestEntry, Paper, Source
from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import earlier

from .pages import Page

pytestmark = pytest.mark.django_db
OPENED = timezone.now()  # the pages' own links are those of this moment, whenever they are made


@pytest.fixture
def person() -> Subscriber:
    return factories.subscriber(
        "ada@example.org", "federated learning", "robot arm", "-survey",
        confirmed_at=MORNING - timedelta(days=21), confirmed_through_seq=50,
    )  # fmt: skip


def start(person: Subscriber) -> str:
    return f"/preferences/{token(Purpose.PREFERENCES, person.pk, at=OPENED)}/"


def ask(client: Client, person: Subscriber, text: str) -> Page:
    return Page(client.post(start(person) + "missed/", {"paper": text}, follow=True))


def clinics(**fields: Any) -> Paper:
    values = {
        "title": "Learning in federated clinics",
        "arxiv_id": "2611.01234",
        "abstract": "Clinics share nothing.",
        "seq": 60,
    }
    return factories.paper(**(values | fields))


def test_the_form_asks_and_changes_nothing(client: Client, person: Subscriber) -> None:
    page = Page(client.get(start(person) + "missed/"))
    assert page.field("paper")["maxlength"] == "2000"
    assert [each["aria-current"] for each in page.all("a") if "aria-current" in each] == ["page"]
    # What is typed must not be in an address, which logs have.
    assert [each["method"] for each in page.all("form")] == ["post"]


def test_one_paper_leads_to_its_page(client: Client, person: Subscriber) -> None:
    paper = clinics()
    response = client.post(start(person) + "missed/", {"paper": "arXiv:2611.01234"})
    assert response.url == f"{start(person)}papers/{paper.pk}/"
    page = Page(client.get(response.url))
    assert "None of your keywords match it." in page.text
    assert "federated AND learning" in page.text
    assert "Your keyword “federated learning”, with its words anywhere." in page.text
    assert "2611.01234" not in response.url


def test_the_nearest_words_are_shown_and_the_rest_counted(
    client: Client, person: Subscriber
) -> None:
    clinics()
    page = ask(client, person, "2611.01234")
    assert "Learning in federated clinics" in page.text
    assert "Your other keyword doesn’t come close" in page.text
    person.subscriptions.filter(text="federated learning").update(active=False)
    assert "Your keyword doesn’t come close" in ask(client, person, "2611.01234").text


def test_its_paper_leads_to_sources_files_and_searches(client: Client, person: Subscriber) -> None:
    paper = factories.paper(
        "Gauges", arxiv_id="2611.00077", authors=[f"Ada Lamp{number}" for number in range(50)]
    )
    page = Page(client.get(f"{start(person)}papers/{paper.pk}/"))
    assert "Lamp7 and 42 more" in page.text
    assert {
        "https://arxiv.org/pdf/2611.00077",
        f"/papers/{paper.pk}/",
        f"/papers/{paper.pk}/paper.bib",
        "/search/?q=author%3A%22Ada+Lamp7%22",
    } <= set(page.links())


def test_a_keyword_is_added_and_taken_back(client: Client, person: Subscriber) -> None:
    paper = clinics()
    address = f"{start(person)}papers/{paper.pk}/"
    page = Page(client.get(address))
    text = page.field("keyword")["value"]
    response = client.post(address, {"do": "add", "keyword": text})
    assert (response.status_code, response.url) == (302, address)
    page = Page(client.get(address))
    assert f"“{text}” added. It applies from your next digest." in page.text
    assert "It will be in your next digest" in page.text
    assert text in person.active_keywords()
    undo = page.field("keyword")["value"]
    page = Page(client.post(address, {"do": "drop", "keyword": undo}, follow=True))
    assert text not in person.active_keywords()
    assert "None of your keywords match it." in page.text


@pytest.mark.parametrize(
    ("keyword", "sentence"),
    [
        ("", "The keyword is empty"),
        ("x" * 60_000, "the limit is 200"),
        ("NOT x", "only says what to exclude"),
        ("\0", "The keyword is empty"),
        ("😀", "no word in it"),
    ],
)
def test_a_keyword_that_cannot_be_added_is_refused_in_words(
    client: Client, person: Subscriber, keyword: str, sentence: str
) -> None:
    paper, before = clinics(), person.active_keywords()
    address = f"{start(person)}papers/{paper.pk}/"
    for do in ("add", "drop"):
        response = client.post(address, {"do": do, "keyword": keyword}, follow=True)
        assert response.status_code == 200
        assert person.active_keywords() == before
        if do == "add":
            assert sentence in Page(response).text


def test_a_full_list_is_refused_in_words(
    client: Client, person: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subscriptions.changes.keyword_rows.MAX_KEYWORDS", 3)
    paper = clinics()
    address = f"{start(person)}papers/{paper.pk}/"
    page = Page(client.post(address, {"do": "add", "keyword": "clinics"}, follow=True))
    assert person.active_keywords() == ["federated learning", "robot arm", "-survey"]
    assert any("alert" in each.get("role", "") for each in page.all("p"))


def test_a_sent_paper_links_to_its_digest(client: Client, person: Subscriber) -> None:
    paper = clinics(seq=40)
    digest = earlier(
        person, 1, from_seq=0, to_seq=50,
        local_date=timezone.now().date(),
        entries=[DigestEntry(paper.pk, ("federated learning",), "title hit")],
    )  # fmt: skip
    page = ask(client, person, "2611.01234")
    assert "Why you got this paper" in page.text
    assert "We sent it to you in your digest of" in page.text
    assert f"{start(person)}history/{digest.pk}/" in page.links()
    assert "Keywords that match it" not in page.text


def test_an_excluded_paper_names_the_rule(client: Client, person: Subscriber) -> None:
    clinics(title="A survey of federated learning")
    page = ask(client, person, "2611.01234")
    assert "Your exclusion “-survey” left it out." in page.text
    assert "Keywords that match it" not in page.text


def test_several_papers_are_a_list(client: Client, person: Subscriber) -> None:
    papers = [factories.paper("Introduction", doi=f"10.1000/{number}") for number in range(2)]
    page = ask(client, person, "Introduction")
    assert "2 papers found. Which one?" in page.text
    for paper in papers:
        assert f"{start(person)}papers/{paper.pk}/" in page.links()
    assert page.field("paper")["value"] == "Introduction"


def test_what_was_never_seen_names_the_sources(client: Client, person: Subscriber) -> None:
    names = [
        "arXiv",
        "https://x.example/?key=secret",
        "me@example.org",
        "k=secret",
        "Old",
        "Folder",
    ]
    for name in names:
        Source.objects.create(
            name=name, kind="folder" if name == "Folder" else "url", url="https://x.example/",
            folder="inbox", every_minutes=60, enabled=name != "Old",
            enabled_at=MORNING, next_run_at=MORNING,
        )  # fmt: skip
    page = ask(client, person, "10.1000/never")
    assert "We haven’t seen this paper. We read arXiv." in page.text
    assert "secret" not in page.source
    assert "me@example.org" not in page.text
    assert "Folder" not in page.text
    assert "No papers" not in page.text


def test_many_sources_are_counted(client: Client, person: Subscriber) -> None:
    for number in range(23):
        Source.objects.create(
            name=f"Feed {number:02}", kind="url", url="https://x.example/", every_minutes=60,
            enabled=True, enabled_at=MORNING, next_run_at=MORNING,
        )  # fmt: skip
    page = ask(client, person, "10.1000/never")
    assert "Feed 19 and 3 more." in page.text
    assert "Feed 20" not in page.text


HOSTILE = ["", " ", "\0", "\u202e", "😀 \u202e", "<script>alert(1)</script>", '" onfocus="x',
           "x" * 60_000, "{{ 7|add:7 }}", "%s", "http://[", "https://127.0.0.1:1/"]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_input_is_text(client: Client, person: Subscriber, text: str) -> None:
    clinics()
    response = client.post(start(person) + "missed/", {"paper": text})
    page = Page(response)
    assert response.status_code == 200
    assert ("We haven’t seen this paper" in page.text) == bool(text.strip(" \0\u202e"))
    assert len(page.field("paper").get("value", "")) <= 2_000
    assert "onfocus" not in page.field("paper")
    assert not [each for each in page.all("script") if "src" not in each]


def test_a_megabyte_and_a_forged_form_are_refused(client: Client, person: Subscriber) -> None:
    address = start(person) + "missed/"
    assert client.post(address, {"paper": "x" * 1_000_000}).status_code == 413
    assert client.post(address).status_code == 200
    assert Client(enforce_csrf_checks=True).post(address, {"paper": "x"}).status_code == 403


def test_looking_up_is_limited(client: Client, person: Subscriber, settings: Any) -> None:
    settings.LIMITS = read_rates("search=2/hour")
    codes = [client.post(start(person) + "missed/", {"paper": "x"}).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    cache.clear()


def test_a_paper_shown_tells_nothing_of_others(client: Client, person: Subscriber) -> None:
    paper = clinics(listed_on=date(2026, 11, 20))
    earlier(
        factories.subscriber("eve@example.org"), 1,
        entries=[DigestEntry(paper.pk, ("federated",), "title hit")],
    )  # fmt: skip
    before = list(Digest.objects.values())
    assert "We sent it" not in ask(client, person, "2611.01234").text
    assert list(Digest.objects.values()) == before
