"""The keyword preview under the form: what a keyword means, and what it would have brought."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.views.keyword_preview import pace
from tests.support import factories

from .pages import Page

pytestmark = pytest.mark.django_db


def preview(client: Client, keywords: str) -> Page:
    response = client.get("/echo/", {"keywords": keywords})
    assert response.status_code == 200
    return Page(response)


def recent(title: str, days: int = 1, **fields: object) -> None:
    factories.paper(title, listed_on=timezone.now().date() - timedelta(days=days), **fields)


def test_nothing_typed_nothing_said(client: Client) -> None:
    assert not preview(client, " \n ,").tags
    assert not Page(client.get("/echo/")).tags


def test_counts_and_titles_of_the_last_30_days(client: Client) -> None:
    recent("Diffusion models for maps")
    recent("A model of heat, without diffusion", seq=None)
    recent("A diffusion model of long ago", days=40)
    text = preview(client, "diffusion model").text
    assert "1 of the 2 papers of the last 30 days as a phrase, 2 with these words anywhere" in text
    assert "Diffusion models for maps" in text
    assert "long ago" not in text


def test_a_bad_keyword_gets_its_sentence_and_the_others_their_count(client: Client) -> None:
    recent("Speech for all")
    page = preview(client, f"{'x' * 300}\nspeech")
    assert "200" in page.text
    assert "1 of the 1 papers" in page.text


def test_an_exclusion_says_what_it_leaves_out(client: Client) -> None:
    recent("A survey of speech")
    recent("Speech for all")
    text = preview(client, "speech, -survey").text
    assert "Leaves out 1 of the 2 papers" in text
    assert "Together: 1 paper in 30 days" in text


def test_more_than_a_hundred_keywords_are_not_all_previewed(client: Client) -> None:
    page = preview(client, "\n".join(f"word{number}" for number in range(150)))
    assert "100 keywords are the most" in page.text
    assert "word99" in page.text
    assert "word100" not in page.text


def test_titles_are_text(client: Client) -> None:
    recent("<script>alert(1)</script> speech")
    assert "<script>" not in preview(client, "speech").source


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_anything_typed_gets_an_answer(typed: str) -> None:
    response = Client().get("/echo/", {"keywords": typed})
    assert response.status_code == 200


def test_a_second_preview_asks_little(
    client: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(50):
        recent(f"Speech {number}")
    preview(client, "speech")
    with django_assert_max_num_queries(3):  # type: ignore[attr-defined]
        preview(client, "speech\nmusic\nmaps")


def test_a_misspelt_keyword_is_asked_after(client: Client) -> None:
    recent("Diffusion for maps")
    page = preview(client, "diffussion")
    assert "Did you mean diffusion ?" in page.text
    assert 'data-instead="diffussion"' in page.source
    assert "Did you mean" not in preview(client, "diffusion\nqwertz").text


def test_what_goes_with_a_keyword_can_be_added(client: Client) -> None:
    for number in range(5):
        recent(f"Speech recognition {number}")
        recent(f"Image {number} of a protein structure")
    page = preview(client, "speech")
    assert "Goes with: speech recognition" in page.text
    assert 'data-keyword="speech recognition"' in page.source
    assert "Goes with" not in preview(client, "speech\nSpeech Recognition, -image").text


def test_hints_change_with_the_papers(client: Client) -> None:
    assert "Did you mean" not in preview(client, "diffussion").text
    recent("Diffusion for maps")
    assert "Did you mean diffusion ?" in preview(client, "diffussion").text


@pytest.mark.parametrize(
    ("count", "output"),
    [
        (0, "less than one a month"),
        (1, "about one a month"),
        (2, "about 2 a month"),
        (4, "about one a week"),
        (13, "about 3 a week"),
        (27, "about one a day"),
        (45, "about 2 a day"),
        (900, "about 30 a day"),
    ],
)
def test_the_pace_is_shown_in_a_unit_that_fits(count: int, output: str) -> None:
    assert pace(count, 30) == output


def test_the_pace_of_the_whole_list_is_shown(client: Client) -> None:
    recent("A survey of speech")
    assert (
        "Together: 1 paper in 30 days, about one a month." in preview(client, "speech, maps").text
    )
