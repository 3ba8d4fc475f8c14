"""The page of a search: what it finds, in which order, on which days, page by page."""

from datetime import date

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from digest import paper_index
from digest.limits.rates import read_rates
from digest.models import Paper
from digest.search import SearchResult
from digest.web.keyword_lines import keyword_lines
from digest.web.search import results
from tests.support import factories

from .pages import Page
from .search_page import DAY, many, search, titles
from .test_hostile_forms import HOSTILE, encoded

pytestmark = pytest.mark.django_db


def test_without_a_query_there_is_a_form_with_examples_that_work(client: Client) -> None:
    page = Page(client.get("/search/"))
    assert "Examples" in page.text
    examples = [link for link in page.links() if "?q=" in link]
    assert len(examples) == 5
    for link in examples:
        assert "No papers" in Page(client.get(link)).text, link
    assert page.field("q").get("value", "") == ""
    assert "Subscribe" not in page.text


def test_the_newest_papers_come_first_under_their_days(client: Client) -> None:
    factories.paper("Graph neural network of old", listed_on=date(2024, 3, 12))
    factories.paper("Robots that knit")
    factories.paper("Maps by graph neural networks", listed_on=DAY)
    factories.paper("A neural graph network", listed_on=None, published_on=None)
    page = search(client, "graph neural network, neural graph")
    assert titles(page) == [
        "Maps by graph neural networks",
        "Graph neural network of old",
        "A neural graph network",
    ]
    at = [
        page.text.index(each)
        for each in ("Friday, 20 November 2026", "Tuesday, 12 March 2024", "Without a date")
    ]
    assert at == sorted(at)
    assert "3 papers" in page.text


def test_the_best_match_comes_first_if_wanted(client: Client) -> None:
    factories.paper("Speech, speech and speech", abstract="Speech. " * 9, listed_on=DAY)
    factories.paper("On other things", abstract="word " * 90 + "speech", listed_on=DAY)
    assert titles(search(client, "speech"))[0] == "On other things"
    page = search(client, "speech", order="best")
    assert titles(page) == ["Speech, speech and speech", "On other things"]
    assert "20 November" not in page.text
    assert page.field("order")["value"] == "best"


def test_what_matched_is_marked(client: Client) -> None:
    factories.paper("Robots that knit", abstract=f"{'A sentence. ' * 40}They use robot arms.")
    page = search(client, "robot, -speech")
    marked = page.source.split("<mark>")[1:]
    assert [each.partition("</mark>")[0] for each in marked[:2]] == ["Robots", "robot"]


def test_several_keywords_are_searched_for_at_once(client: Client) -> None:
    for title in ("Speech", "Robot", "Speech of a survey", "Music"):
        factories.paper(title)
    page = search(client, "speech, robot\n-survey")
    assert sorted(titles(page)) == ["Robot", "Speech"]
    assert page.field("q")["value"] == "speech, robot, -survey"
    assert "the word “speech”, or the word “robot”; leaves out papers with the word" in page.text


def test_days_limit_the_papers(client: Client) -> None:
    many(5)
    days = {"from": "2026-11-17", "to": "2026-11-19"}
    page = search(client, "speech", **days)
    assert titles(page) == ["Speech 1", "Speech 2", "Speech 3"]
    assert page.field("from")["value"] == "2026-11-17"
    assert {"open"} <= page.all("details")[0].keys()
    assert titles(search(client, "speech", to="9999-12-31", **{"from": "0001-01-01"}))
    nothing = search(client, "speech", **{"from": "2027-01-01"})
    assert "No paper of these days matches" in nothing.text
    assert "/search/?q=speech" in nothing.links()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"from": "2026-13-41"}, "“2026-13-41” is no date. Enter one like 2026-11-20."),
        ({"to": "yesterday"}, "“yesterday” is no date. Enter one like 2026-11-20."),
        ({"to": "9" * 400}, f"“{'9' * 40}” is no date."),
        ({"from": "2026-11-20", "to": "2026-11-19"}, "2026-11-19 is before 2026-11-20."),
        ({"order": "odd"}, "There is no order “odd”. Choose one of the two."),
        ({"q": "-robot"}, "This only excludes papers. Add a word or a phrase"),
        ({"q": "x" * 201}, "201 characters; the limit is 200"),
        ({"q": "speech " * 1_429}, "10,002 characters long; the limit of a search is 2,000"),
        ({"q": "robot, -robot"}, "The exclusions leave out all"),
        ({"q": "a\x00b"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_searched_for_is_said_beside_its_field(
    client: Client, asked: dict[str, str], sentence: str
) -> None:
    factories.paper("Speech")
    page = search(client, **({"q": "speech"} | asked))
    assert sentence in page.text
    # Browsers complain of what is no day in their field for one.
    assert page.field("from").get("value", "") in ("", "2026-11-20")
    assert titles(page) == []
    assert "Please check" in page.text
    assert "Subscribe" not in page.text


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "\u202eevil\u2066", "%00", "☃" * 150, "a" * 199, '"', "a &amp; b",
     "{{ form }}", "'; DROP TABLE digest_paper; --", "\\", "x AND", "((((", "é\u0301" * 60],
)  # fmt: skip
def test_anything_typed_is_only_text(client: Client, text: str) -> None:
    factories.paper("Speech")
    page = search(client, text)
    assert "<script>alert" not in page.source
    assert page.field("q")["value"] == text
    assert Paper.objects.count() == 1


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_anything_in_the_address_gets_a_page(client: Client, value: str) -> None:
    factories.paper("Speech")
    for name in ("q", "order", "from", "to", "page"):
        response = client.get(f"/search/?{encoded({'q': 'speech'} | {name: value})}")
        assert response.status_code == 200, name
        assert b"<script>alert" not in response.content, name


def test_notes_say_what_is_read_as_text(client: Client) -> None:
    page = search(client, "speech AND (a1")
    assert "Read as plain text because" in page.text
    assert "speech AND (a1 Read as plain text" in search(client, "robot, speech AND (a1").text


def test_a_pasted_query_is_translated_and_what_is_not_kept_is_said(client: Client) -> None:
    factories.paper("Speech", authors=["Ada Doe"])
    page = search(client, "speech[ti] AND Doe A[au] AND english[la]")
    assert titles(page) == ["Speech"]
    assert "Read as title:speech AND author:Doe A" in page.text
    assert "Left out: “english[la]” (languages can’t be searched)." in page.text


@pytest.mark.parametrize(
    "typed", ["https://arxiv.org/abs/2411.01234v2", "2411.01234", "https://doi.org/10.1000/rivers"]
)
def test_an_id_or_an_address_leads_to_its_paper(
    client: Client, settings: Settings, typed: str
) -> None:
    stored = factories.paper("A gauge", arxiv_id="2411.01234", doi="10.1000/rivers", url="")
    page = search(client, typed)
    assert "This paper is here" in page.text
    assert f"/papers/{stored.pk}/" in page.links()
    stored.delete()
    assert "is here" not in search(client, typed).text
    settings.LIMITS = read_rates("search=1/hour")
    assert client.get("/search/", {"q": typed}).status_code == 200
    assert client.get("/search/", {"q": typed}).status_code == 429


def test_a_category_that_no_paper_can_have_is_said(client: Client) -> None:
    factories.paper("Speech")
    assert "None of the newest papers here has a category" in search(client, "category:cs.CL").text
    assert "has a category" not in search(client, "speech NOT category:cs.CL").text
    assert "has a category" not in search(client, "speech OR category:cs.CL").text
    factories.paper("Robots", categories=["cs.RO"])
    assert "has a category" not in search(client, "category:cs.CL").text


def found(
    monkeypatch: pytest.MonkeyPatch, client: Client, result: SearchResult, **more: str
) -> str:
    """What the page says of a result that takes a large site."""
    monkeypatch.setattr(results, "search", lambda *_, **__: result)
    return search(client, "speech", **more).text


def test_what_was_not_searched_is_said(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    ids = tuple(range(1, 1_001))
    text = found(monkeypatch, client, SearchResult(ids, has_more=True))
    assert "More than 1,000 papers" in text
    assert "These are the newest 1,000. Choose days to see older ones." in text
    best = found(monkeypatch, client, SearchResult(ids, has_more=True), order="best")
    assert "These are the newest 1,000 papers, the best matches first." in best
    cut = SearchResult(ids[:347], stopped_at=date(2024, 3, 12), is_filling=True, days=45)
    text = found(monkeypatch, client, cut, to="2026-11-20")
    assert "At least 347 papers" in text
    assert "only back to 12 March 2024." in text
    assert "Older papers are still being added" in text
    assert "the last 45 days" in text
    text = found(monkeypatch, client, SearchResult((), stopped_at=date.min), to="2026-11-21")
    assert "No papers so far" in text
    assert "only some of them" in text
    assert "matches" not in text
    today = SearchResult((), stopped_at=timezone.now().date())
    assert "only some of them" in found(monkeypatch, client, today, to="2026-11-22")


class TestNothingFound:
    @pytest.fixture(autouse=True)
    def papers(self) -> None:
        for number in range(3):
            factories.paper(f"Federated and secure learning {number}", listed_on=timezone.now())

    def test_other_searches_are_offered(self, client: Client) -> None:
        page = search(client, "federated learning")
        assert "No papers" in page.text
        assert "/search/?q=federated+AND+learning" in page.links()
        assert len(titles(search(client, "federated AND learning"))) == 3

    def test_a_spelling_is_offered_if_an_index_is_there(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(paper_index, "_shared", None)
        assert "Did you mean" not in search(client, "federrated").text
        assert paper_index.built_index() is None
        keyword_lines(["speech"])
        page = search(client, "federrated", order="best")
        assert "Did you mean federated" in page.text
        assert "/search/?q=federated&order=best" in page.links()
