"""The keyword preview beside the form: how much each keyword would bring, and what is offered."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import factories

from .pages import Page

pytestmark = pytest.mark.django_db
ADDRESS = "/keywords/preview/"


def preview(client: Client, keywords: str, **choices: str) -> Page:
    response = client.post(ADDRESS, {"keywords": keywords, **choices})
    assert response.status_code == 200
    return Page(response)


def summary(page: Page) -> str:
    return " ".join(page.all("div")[0]["data-summary"].split())


def recent(title: str, days: int = 1, **fields: object) -> None:
    factories.paper(title, listed_on=timezone.now().date() - timedelta(days=days), **fields)


def test_only_a_form_of_this_site_gets_an_answer_and_no_address_has_the_keywords() -> None:
    strict = Client(enforce_csrf_checks=True)
    token = Page(strict.get("/")).field("csrfmiddlewaretoken")["value"]
    asked = {"keywords": "speech"}
    assert strict.post(ADDRESS, asked).status_code == 403
    assert strict.post(ADDRESS, asked | {"csrfmiddlewaretoken": token}).status_code == 200
    assert strict.get(ADDRESS, asked).status_code == 405


def test_nothing_typed_nothing_said(client: Client) -> None:
    assert not preview(client, " \n ,").text
    assert summary(preview(client, "")) == ""


def test_each_keyword_is_a_line_with_its_pace_and_the_details_are_folded(client: Client) -> None:
    recent("Diffusion models for maps")
    recent("A model of heat, without diffusion", seq=None)
    recent("A diffusion model of long ago", days=40)
    page = preview(client, "diffusion model")
    assert "diffusion model about one a month The phrase “diffusion model”." in page.text
    assert "1 of the 2 papers of the last 30 days ; 2 with these words anywhere." in page.text
    assert "Diffusion models for maps" in page.text
    assert "long ago" not in page.text
    assert [tag for tag, _ in page.tags].count("details") == 1
    assert "open" not in page.all("details")[0]


def test_a_bad_keyword_gets_its_sentence_and_the_others_their_count(client: Client) -> None:
    recent("Speech for all")
    page = preview(client, f"{'x' * 300}\nspeech")
    assert "200" in page.text
    assert "1 of the 1 papers" in page.text
    assert summary(page) == "2 keywords; 1 cannot be used"


def test_what_was_not_read_as_an_operator_is_flagged_in_the_line(client: Client) -> None:
    page = preview(client, "speech AND")
    assert "speech AND none in 30 days · read as text" in page.text
    assert "Read as plain text because “AND” needs a word next to it." in page.text


def test_an_exclusion_says_what_it_leaves_out(client: Client) -> None:
    recent("A survey of speech")
    recent("Speech for all")
    page = preview(client, "speech, -survey")
    assert "-survey leaves out about one a month" in page.text
    assert summary(page) == "2 keywords, about one paper a month"
    assert summary(preview(client, "-survey")) == "1 keyword that only excludes papers"


def test_keywords_that_mean_the_same_are_one_line_in_the_first_spelling(client: Client) -> None:
    recent("RL for robots")
    page = preview(client, "RL, rl\nRLs, graph-neural, graph neural")
    assert summary(page).startswith("2 keywords")
    assert "RL about" in page.text
    assert "rl about" not in page.text
    assert len(page.all("details")) == 2


def test_words_anywhere_are_counted_for_plain_phrases_alone(client: Client) -> None:
    recent("Speech without it")
    recent("Speech and music")
    page = preview(client, "speech NOT music")
    assert "1 of the 2 papers of the last 30 days ." in page.text
    assert "anywhere" not in page.text


def test_more_than_a_hundred_keywords_are_not_all_previewed(client: Client) -> None:
    page = preview(client, "\n".join(f"word{number}" for number in range(150)))
    assert summary(page) == "150 keywords; the limit is 100"
    assert "word99" in page.text
    assert "word100" not in page.text


def test_titles_are_text(client: Client) -> None:
    recent("<script>alert(1)</script> speech")
    assert "<script>" not in preview(client, "speech").source


HOSTILE = [
    "<script>alert(1)</script>", "\0", "\u202espeech", "💥💥", "speech\u00a0music", "x" * 9999,
    '"><img src=x onerror=alert(1)>', "a\u2028b", "a\ufeffb", "(" * 200,
]  # fmt: skip


@pytest.mark.parametrize("typed", HOSTILE)
def test_a_hostile_keyword_gets_an_answer_and_is_text(client: Client, typed: str) -> None:
    page = preview(client, typed)
    assert not {"script", "img"} & {tag for tag, _ in page.tags}
    assert summary(page)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_anything_typed_gets_an_answer(typed: str) -> None:
    response = Client().post(ADDRESS, {"keywords": typed})
    assert response.status_code == 200


def test_a_no_break_space_separates_words(client: Client) -> None:
    recent("Speech recognition for all")
    assert "1 of the 1 papers" in preview(client, "speech\u00a0recognition").text


def test_a_second_preview_asks_little(
    client: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(50):
        recent(f"Speech {number}")
    preview(client, "speech")
    with django_assert_max_num_queries(6):  # type: ignore[attr-defined]
        preview(client, "speech\nmusic\nmaps")


def test_a_misspelt_keyword_is_asked_after(client: Client) -> None:
    recent("Diffusion for maps")
    page = preview(client, "diffussion")
    assert "Did you mean diffusion ?" in page.text
    (button,) = page.all("button")
    assert (button["data-keyword"], button["data-instead"]) == ("diffusion", "diffussion")
    assert button["aria-label"] == "Use diffusion instead of diffussion"
    assert "Did you mean" not in preview(client, "diffusion\nqwertz").text


def test_words_anywhere_are_offered_where_the_phrase_brings_little(client: Client) -> None:
    for number in range(3):
        recent(f"A model {number} of heat, without diffusion")
    page = preview(client, "diffusion model")
    assert "Words anywhere: diffusion AND model , about one a week" in page.text
    for number in range(5):
        recent(f"Diffusion models for maps {number}")
    assert "Words anywhere:" not in preview(client, "diffusion model").text


def test_related_keywords_can_be_added_from_the_details_alone(client: Client) -> None:
    for number in range(5):
        recent(f"Speech recognition {number}")
        recent(f"Image {number} of a protein structure")
    page = preview(client, "speech")
    assert "Related: speech recognition" in page.text
    (button,) = page.all("button")
    assert button["data-keyword"] == "speech recognition"
    assert button["aria-label"] == "Add speech recognition"
    folded = page.source.partition("<details")[2].partition("</details>")[0]
    assert "<button" in folded
    assert "Related" not in preview(client, "speech\nSpeech Recognition, -image").text


def test_hints_change_with_the_papers(client: Client) -> None:
    assert "Did you mean" not in preview(client, "diffussion").text
    recent("Diffusion for maps")
    assert "Did you mean diffusion ?" in preview(client, "diffussion").text


class TestTrendingPapers:
    @pytest.fixture(autouse=True)
    def trending(self) -> None:
        for votes in range(5):
            recent(f"Voted {votes}", upvotes=votes)

    def test_beside_keywords_once_they_are_ticked(self, client: Client) -> None:
        asked = {"form": "sign-up", "trending": "on"}
        page = preview(client, "speech", **asked)
        assert page.text.index("speech none") < page.text.index("Trending papers the day’s 10")
        assert [title in page.text for title in ("Voted 4", "Voted 2", "Voted 1")] == [
            True, True, False,
        ]  # fmt: skip
        assert "Trending" not in preview(client, "speech", form="sign-up").text
        weekly = preview(client, "speech", frequency="weekly", **asked).text
        assert "Trending papers the week’s 10" in weekly

    def test_alone_without_a_keyword(self, client: Client) -> None:
        page = preview(client, "", form="sign-up")
        assert "Trending papers without keywords: the day’s 10 most popular" in page.text
        assert summary(page) == "Without keywords you get the day’s trending papers."
        assert "Voted 4" in Page(client.get("/")).text.partition("Papers listed on")[0]

    def test_never_where_another_form_asks(self, client: Client) -> None:
        assert "Trending" not in preview(client, "").text
        assert "Trending" not in preview(client, "speech", trending="on").text
