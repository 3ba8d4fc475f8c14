"""Related papers on the site: the switch, what is said of a keyword, a digest's page, the verdict,
and the similar papers of a paper's page."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from digest import paper_index
from digest.matching import similarity
from digest.models import Digest, DigestFacts, KeywordVector, Paper
from digest.models.digest_contents import Neighbour
from digest.personal_data.export import export
from digest.selection.neighbours import count_matches
from digest.web.paper_page import similar
from digest.web.paper_verdict import verdict_on
from subscriptions.links import Purpose
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.history import earlier
from tests.support.topics import KEYWORD, about_else, close_to_it, of_the_topic, shelve_topics

from .known_paper import page_of
from .mail_pages import address, preferences_url, submit
from .pages import Page
from .test_preferences import wishes

pytestmark = pytest.mark.django_db
FEW = "Related papers: not enough papers yet"


@pytest.fixture(autouse=True)
def of_that_day() -> Iterator[None]:
    """The index holds the papers of the last months: those of the tests are of that day."""
    with time_machine.travel(MORNING):
        yield


@pytest.fixture
def ada() -> Subscriber:
    return factories.subscriber("ada@example.org", KEYWORD, "author:vogel", "-survey", "))")


def test_they_are_off_until_the_reader_ticks_a_box(client: Client, ada: Subscriber) -> None:
    url = preferences_url(ada)
    (box,) = [each for each in Page(client.get(url)).all("input") if each["name"] == "neighbours"]
    assert "checked" not in box
    page = submit(client, url, **wishes(neighbours="on"))[1]
    assert "Also include up to three related papers that don’t match my keywords: yes" in page.text
    ada.refresh_from_db()
    assert ada.neighbours
    (box,) = [each for each in page.all("input") if each.get("name") == "neighbours"]
    assert "checked" in box
    submit(client, url, **wishes())
    ada.refresh_from_db()
    assert not ada.neighbours


def test_a_keyword_with_few_matches_says_so(client: Client, ada: Subscriber) -> None:
    assert FEW not in Page(client.get(preferences_url(ada))).text
    Subscriber.objects.update(neighbours=True)
    shelve_topics(matches=4)
    page = Page(client.get(preferences_url(ada)))
    assert page.text.count(FEW) == 1  # not of the author, the exclusion and what cannot be read
    of_the_topic(5)
    count_matches(60.0)
    assert KeywordVector.objects.get().matches == 5
    assert FEW not in Page(client.get(preferences_url(ada))).text


def shown(person: Subscriber, paper: Paper, state: str = "sent") -> Digest:
    facts = DigestFacts(neighbours=(Neighbour(paper.pk, KEYWORD), Neighbour(4711, KEYWORD)))
    return earlier(person, 1, state, facts=facts)


def test_the_page_of_the_digest_shows_them(client: Client, ada: Subscriber) -> None:
    paper = close_to_it(title="Drafts <b> & tokens")
    digest = shown(ada, paper)
    page = Page(client.get(address(Purpose.DIGEST, digest.pk)))
    assert "Related papers" in page.text
    assert f"Drafts <b> & tokens is related to “{KEYWORD}” but doesn’t contain it." in page.text


def test_the_verdict_on_a_paper_names_the_digest_that_showed_it(ada: Subscriber) -> None:
    paper = close_to_it()
    said = "Your digest of 19 Nov 2026 showed it among the related papers."
    digest = shown(ada, paper, "failed")
    assert said not in verdict_on(ada, paper, MORNING).sentence
    Digest.objects.filter(pk=digest.pk).update(state="sent")
    assert said in verdict_on(ada, paper, MORNING).sentence
    assert said not in verdict_on(ada, close_to_it(1), MORNING).sentence


def test_the_export_has_the_switch_and_what_was_shown(ada: Subscriber) -> None:
    Subscriber.objects.update(neighbours=True)
    ada.refresh_from_db()
    shown(ada, close_to_it())
    exported = str(export(ada))
    assert "'neighbours': True" in exported
    assert "'neighbours': [" in exported


class TestSimilarPapers:
    def index(self) -> None:
        paper_index.recent_papers(0, timezone.now().date())

    def test_at_most_five_of_the_index(self, client: Client) -> None:
        for number in range(24):
            about_else(number, authors=["Ada Lamp"])
        papers = [close_to_it(number) for number in range(9)]
        self.index()
        page = page_of(client, papers[0])
        assert "Similar papers" in page.text
        links = [each.get("href", "") for each in page.all("a")]
        similar_ids = [p.pk for p in papers if any(f"/papers/{p.pk}/" in link for link in links)]
        assert len([pk for pk in similar_ids if pk != papers[0].pk]) == 5
        assert "On the kettle" not in page.text

    def test_none_without_an_index_which_is_not_built_for_it(self, client: Client) -> None:
        paper, *_ = (close_to_it(number) for number in range(3))
        assert "Similar papers" not in page_of(client, paper).text
        assert paper_index.built_index() is None

    def test_a_withdrawn_one_is_left_out(self) -> None:
        for number in range(24):
            about_else(number)
        one, two, three = (close_to_it(number) for number in range(3))
        self.index()
        assert {each.text for each in similar.similar_to(one)} == {two.title, three.title}
        Paper.objects.filter(pk=two.pk).update(withdrawn_at=MORNING.date())
        assert [each.text for each in similar.similar_to(one)] == [three.title]

    def test_they_are_found_once_until_papers_change(
        self,
        monkeypatch: pytest.MonkeyPatch,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in range(24):
            about_else(number)
        one, two = close_to_it(), close_to_it(1)
        self.index()
        with django_assert_num_queries(1):
            assert [each.text for each in similar.similar_to(one)] == [two.title]
        calls: list[int] = []
        similar_papers = similarity.similar_papers

        def counted(*args: object, besides: int, most: int) -> list[int]:
            calls.append(besides)
            return similar_papers(*args, besides=besides, most=most)  # type: ignore[arg-type]

        monkeypatch.setattr(similarity, "similar_papers", counted)
        assert [each.text for each in similar.similar_to(one)] == [two.title]
        assert calls == []
        three = close_to_it(2)
        self.index()
        assert {each.text for each in similar.similar_to(one)} == {two.title, three.title}
        assert calls == [one.pk]
