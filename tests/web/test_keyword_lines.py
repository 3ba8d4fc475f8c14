"""A list of keywords in words: paces, mails that cannot hold all of it, and narrower keywords."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from digest.web.keyword_lines import keyword_lines, pace
from tests.support import factories


@pytest.mark.parametrize(
    ("count", "output", "with_noun"),
    [
        (0, "less than one a month", "less than one paper a month"),
        (1, "about one a month", "about one paper a month"),
        (2, "about 2 a month", "about 2 papers a month"),
        (4, "about one a week", "about one paper a week"),
        (13, "about 3 a week", "about 3 papers a week"),
        (27, "about one a day", "about one paper a day"),
        (45, "about 2 a day", "about 2 papers a day"),
        (900, "about 30 a day", "about 30 papers a day"),
    ],
)
def test_the_pace_is_in_a_unit_that_fits(count: int, output: str, with_noun: str) -> None:
    assert pace(count, 30) == output
    assert pace(count, 30, "paper") == with_noun


def recent(*titles: str) -> None:
    day = timezone.now().date() - timedelta(days=1)
    for title in titles:
        factories.paper(title, listed_on=day)


@pytest.mark.django_db
class TestMoreThanAMailHolds:
    """4 papers in 30 days are one a week, 5 are more."""

    @pytest.fixture(autouse=True)
    def speech(self) -> None:
        recent(*(f"Speech recognition {number}" for number in range(5)))
        recent(*(f"Image of a protein structure {number}" for number in range(12)))

    def test_it_is_said(self) -> None:
        found = keyword_lines(["speech"], mail_size=1, weekly=True)
        assert found.summary == (
            "1 keyword, about one paper a week; each weekly e-mail shows the best 1"
        )
        assert "shows" not in keyword_lines(["speech"], mail_size=2, weekly=True).summary
        assert "shows" not in keyword_lines(["speech"], mail_size=1).summary

    def test_as_many_as_it_holds_are_not_more(self) -> None:
        recent(*(f"Music {number}" for number in range(4)))
        assert "shows" not in keyword_lines(["music"], mail_size=1, weekly=True).summary

    def test_a_narrower_keyword_is_offered(self) -> None:
        cure = keyword_lines(["speech"], mail_size=1, weekly=True).lines[0].cure
        assert cure is not None
        assert (cure.label, cure.keyword, cure.pace) == (
            "Narrower:", "speech recognition", "about one a week",
        )  # fmt: skip
        assert keyword_lines(["speech"], mail_size=2, weekly=True).lines[0].cure is None

    def test_one_that_only_excludes_is_left_alone(self) -> None:
        assert keyword_lines(["-speech"], mail_size=1, weekly=True).lines[0].cure is None


@pytest.mark.django_db
def test_a_site_without_papers_says_so() -> None:
    assert keyword_lines(["speech"]).summary == "1 keyword; there are no papers yet"


@pytest.mark.django_db
class TestABareName:
    """A name that no paper has as its words may be that of an author."""

    @pytest.fixture(autouse=True)
    def by_jane(self) -> None:
        day = timezone.now().date() - timedelta(days=1)
        for number in range(12):
            factories.paper(f"Speech {number}", authors=["Jane A. Doe", "Bo Roe"], listed_on=day)

    @pytest.mark.parametrize(
        ("typed", "keyword"),
        [
            ("Jane Doe", 'author:"Jane Doe"'), ("“Doe JA”", 'author:"Doe JA"'),
            ("doe", "author:doe"), ("J. Doe", 'author:"J. Doe"'),
        ],
    )  # fmt: skip
    def test_is_offered_as_an_author(self, typed: str, keyword: str) -> None:
        cure = keyword_lines([typed]).lines[0].cure
        assert cure is not None
        assert (cure.label, cure.keyword) == (
            "No paper contains these words. Search for the author:",
            keyword,
        )
        assert (cure.button, cure.ending) == (keyword, " (12 papers)")
        assert keyword_lines([keyword]).lines[0].found.count == 12

    @pytest.mark.parametrize(
        "typed",
        ["speech", "Jane Roe", "-doe", "Jane OR Doe", "author:Doe", "title:doe", "doe*", "Jane 2"],
    )
    def test_others_are_not(self, typed: str) -> None:
        assert keyword_lines([typed]).lines[0].found.author is None

    def test_one_press_adds_it(self, client: Client) -> None:
        answer = client.post("/keywords/preview/", {"keywords": "Jane Doe"}).content.decode()
        assert "Search for the author:" in answer
        assert 'data-keyword="author:&quot;Jane Doe&quot;" data-instead="Jane Doe"' in answer
