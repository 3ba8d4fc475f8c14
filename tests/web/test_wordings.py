"""Other wordings on the pages: shown, chosen, offered, and left out of a search."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from digest.matching.query import Expansions, Pair
from subscriptions import changes, request_queue
from subscriptions.keyword_report.wording_offers import check_next_keywords
from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.corpus_words import acronym, words

from .mail_pages import preferences_url, row_url, submit
from .pages import Page

pytestmark = pytest.mark.django_db
RL = Pair("rl", "reinforcement learning")
VALUE = "rl=reinforcement learning"


@pytest.fixture(autouse=True)
def corpus() -> None:
    acronym("RL", "reinforcement learning")
    acronym("SAM", "segment anything model", capitals=0.7)
    for title in ("RL for maps", "Reinforcement learning for maps", "Birds"):
        factories.paper(title, listed_on=timezone.now().date() - timedelta(days=1))


@pytest.fixture
def ada() -> Subscriber:
    return factories.subscriber("ada@example.org", "speech")


def preview(client: Client, keywords: str, **choices: str | list[str]) -> Page:
    return Page(client.post("/keywords/preview/", {"keywords": keywords, **choices}))


def ticks(page: Page) -> dict[str, bool]:
    boxes = [each for each in page.all("input") if each.get("name") == "also"]
    return {each["value"]: "checked" in each for each in boxes}


def sign_up(client: Client, **fields: str | list[str]) -> Subscriber:
    asked = {"email": "eve@example.org", "timezone": "UTC", **fields}
    assert client.post("/subscribe/", asked).status_code == 302
    request_queue.process_requests(timezone.now())
    return Subscriber.objects.get(email="eve@example.org")


class TestPreview:
    def test_shows_and_counts_the_usual_wordings(self, client: Client) -> None:
        page = preview(client, "RL\nSAM")
        assert ticks(page) == {VALUE: True, "sam=segment anything model": False}
        assert "2 of the 3 papers" in page.text
        assert "Also find" in page.text

    def test_keeps_what_was_unticked(self, client: Client) -> None:
        page = preview(client, "RL", wording=[VALUE])
        assert ticks(page) == {VALUE: False}
        assert "1 of the 3 papers" in page.text

    def test_its_link_leads_to_the_papers_it_counts(self, client: Client) -> None:
        for choices, count in (({}, 2), ({"wording": [VALUE]}, 1)):
            page = preview(client, "RL", **choices)
            (link,) = [each for each in page.links() if each.startswith("/search/")]
            assert f"{count} paper" in Page(client.get(link)).text

    @pytest.mark.parametrize(
        "sent", ["", "=", "rl", "rl=", "=x", "rl=cats", "x" * 5000, "rl=\0", "speech=reinforcement"]
    )
    def test_what_nobody_was_shown_is_left_out(self, client: Client, sent: str) -> None:
        assert ticks(preview(client, "RL", wording=[sent], also=[sent])) == {VALUE: True}

    def test_an_acronym_is_shown_in_capitals(self, client: Client) -> None:
        acronym("LLM", "large language model")
        page = preview(client, "large language models")
        assert "Also find LLM" in page.text
        assert ticks(page) == {"large language model=llm": True}


class TestSignUp:
    def test_saves_the_usual_ones(self, client: Client) -> None:
        person = sign_up(client, keywords="RL")
        where = f"/confirm/{token(Purpose.CONFIRM, f'{person.pk}-{person.confirmations}')}/"
        page = Page(client.get(where))
        assert "the phrase “reinforcement learning”" in page.text
        submit(client, where, shown=page.field("shown")["value"])
        assert person.subscriptions.get().pairs == (RL,)

    def test_saves_what_was_chosen(self, client: Client) -> None:
        sam = "sam=segment anything model"
        person = sign_up(client, keywords="RL, SAM", wording=[VALUE, sam], also=[sam])
        wordings = {text: Expansions.from_json(each) for text, each in
                    person.requested["expansions"].items()}  # fmt: skip
        assert wordings["RL"].pairs == ()
        assert wordings["RL"].declined == (RL,)
        assert wordings["SAM"].pairs == (Pair("sam", "segment anything model"),)


class TestPreferences:
    def test_the_list_says_what_a_keyword_finds(self, client: Client, ada: Subscriber) -> None:
        submit(client, preferences_url(ada, "keywords/"), keywords="RL")
        page = Page(client.get(preferences_url(ada)))
        assert "The word “rl”, or the phrase “reinforcement learning”" in page.text

    def test_edit_switches_each(self, client: Client, ada: Subscriber) -> None:
        changes.add(ada, ["RL"])
        keyword = ada.subscriptions.get(text="RL")
        page = Page(client.get(f"{preferences_url(ada)}?edit={keyword.pk}"))
        assert ticks(page) == {VALUE: True}
        page = submit(client, row_url(ada, "RL"), keywords="RL", wording=VALUE)[1]
        assert "“RL” updated." in page.text
        assert ada.subscriptions.get(text="RL").pairs == ()
        page = Page(client.get(f"{preferences_url(ada)}?edit={keyword.pk}"))
        assert ticks(page) == {VALUE: False}
        submit(client, row_url(ada, "RL"), keywords="RL", wording=VALUE, also=VALUE)
        assert ada.subscriptions.get(text="RL").pairs == (RL,)

    def test_saving_without_ticks_changes_nothing(self, client: Client, ada: Subscriber) -> None:
        changes.add(ada, ["RL"])
        submit(client, row_url(ada, "RL"), keywords="RL")
        assert ada.subscriptions.get(text="RL").pairs == (RL,)

    @pytest.mark.parametrize(("button", "pairs"), [("also", (RL,)), ("as-typed", ())])
    def test_an_offer_is_taken_or_declined(
        self, client: Client, button: str, pairs: tuple[Pair, ...]
    ) -> None:
        eve = factories.subscriber("eve@example.org", "RL")
        assert "Also find papers that say" not in Page(client.get(preferences_url(eve))).text
        check_next_keywords(timezone.now())
        assert (
            "Also find papers that say reinforcement learning"
            in Page(client.get(preferences_url(eve))).text
        )
        page = submit(client, row_url(eve, "RL"), do=button)[1]
        assert "Also find papers that say" not in page.text
        assert eve.subscriptions.get().pairs == pairs
        assert eve.subscriptions.get().wordings.offers == ()

    def test_a_keyword_from_before_is_edited_as_typed(self, client: Client) -> None:
        eve = factories.subscriber("eve@example.org", "RL")
        page = Page(client.get(f"{preferences_url(eve)}?edit={eve.subscriptions.get().pk}"))
        assert ticks(page) == {VALUE: False}

    def test_the_check_counts_what_is_stored(self, client: Client) -> None:
        eve = factories.subscriber("eve@example.org", "RL")
        assert "about one" in Page(client.get(preferences_url(eve, "keywords/check/"))).text
        page = Page(client.get(preferences_url(eve, "keywords/check/")))
        link = next(each for each in page.links() if each.startswith("/search/?"))
        assert "words=typed" in link
        assert "1 paper" in Page(client.get(link)).text


class TestSearch:
    def test_finds_other_wordings_unless_asked_not_to(self, client: Client) -> None:
        page = Page(client.get("/search/?q=RL"))
        assert "2 papers" in page.text
        assert "or the phrase “reinforcement learning”" in page.text
        (typed,) = [each for each in page.links() if each.endswith("words=typed")
                    and each.startswith("/search/")]  # fmt: skip
        page = Page(client.get(typed))
        assert "1 paper" in page.text
        assert "reinforcement" not in page.text.lower()
        assert page.field("words")["value"] == "typed"
        assert "/search/?q=RL" in page.links()

    def test_its_feed_has_the_same_papers(self, client: Client) -> None:
        for words_asked, count in (("", 2), ("&words=typed", 1)):
            feed = client.get(f"/feeds/search.atom?q=RL{words_asked}").content.decode()
            assert feed.count("<entry>") == count

    def test_says_nothing_where_there_are_none(self, client: Client) -> None:
        assert "words you typed" not in Page(client.get("/search/?q=birds")).text


def test_word_forms(client: Client) -> None:
    words("tokenization", "tokenized", "tokenize")
    factories.paper("Tokenized maps", listed_on=timezone.now().date())
    page = preview(client, "tokenization")
    forms = ("tokenize", "tokenized", "tokenisation")
    assert ticks(page) == {f"tokenization={form}": True for form in forms}
    assert "1 of the 4 papers" in page.text
