"""The echo under the form: what a keyword means, and what it would have brought."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import make

from .pages import Page

pytestmark = pytest.mark.django_db


def echo(client: Client, keywords: str) -> Page:
    response = client.get("/echo/", {"keywords": keywords})
    assert response.status_code == 200
    return Page(response)


def recent(title: str, days: int = 1, **fields: object) -> None:
    make.paper(title, listed_on=timezone.now().date() - timedelta(days=days), **fields)


def test_nothing_typed_nothing_said(client: Client) -> None:
    assert not echo(client, " \n ,").tags
    assert not Page(client.get("/echo/")).tags


def test_counts_and_titles_of_the_last_30_days(client: Client) -> None:
    recent("Diffusion models for maps")
    recent("A model of heat, without diffusion", seq=None)
    recent("A diffusion model of long ago", days=40)
    text = echo(client, "diffusion model").text
    assert "1 of the 2 papers of the last 30 days as a phrase, 2 with these words anywhere" in text
    assert "Diffusion models for maps" in text
    assert "long ago" not in text


def test_a_bad_keyword_gets_its_sentence_and_the_others_their_count(client: Client) -> None:
    recent("Speech for all")
    page = echo(client, f"{'x' * 300}\nspeech")
    assert "200" in page.text
    assert "1 of the 1 papers" in page.text


def test_an_exclusion_says_what_it_leaves_out(client: Client) -> None:
    recent("A survey of speech")
    recent("Speech for all")
    text = echo(client, "speech, -survey").text
    assert "Leaves out 1 of the 2 papers" in text
    assert "Together: 1 paper in 30 days" in text


def test_more_than_a_hundred_keywords_are_not_all_echoed(client: Client) -> None:
    page = echo(client, "\n".join(f"word{number}" for number in range(150)))
    assert "100 keywords are the most" in page.text
    assert "word99" in page.text
    assert "word100" not in page.text


def test_titles_are_text(client: Client) -> None:
    recent("<script>alert(1)</script> speech")
    assert "<script>" not in echo(client, "speech").source


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_anything_typed_gets_an_answer(typed: str) -> None:
    response = Client().get("/echo/", {"keywords": typed})
    assert response.status_code == 200


def test_a_second_echo_asks_little(
    client: Client, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(50):
        recent(f"Speech {number}")
    echo(client, "speech")
    with django_assert_max_num_queries(3):  # type: ignore[attr-defined]
        echo(client, "speech\nmusic\nmaps")
