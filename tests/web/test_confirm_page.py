"""What the confirmation page says of the keywords, without a script and within bounds."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from digest.limits.rates import read_rates
from digest.matching.query import MAX_KEYWORDS
from digest.web import keyword_lines
from subscriptions import signup
from subscriptions.links import Purpose
from subscriptions.sign_up_request import SignUpRequest
from tests.support import factories

from .mail_pages import address
from .pages import Page

pytestmark = pytest.mark.django_db


def page_for(client: Client, *keywords: str) -> Page:
    person = signup.request("ada@example.org", SignUpRequest(keywords), at=timezone.now())
    response = client.get(address(Purpose.CONFIRM, person.pk))
    assert response.status_code == 200
    return Page(response)


@pytest.fixture
def _papers() -> None:
    yesterday = timezone.now().date() - timedelta(days=1)
    for number in range(90):
        factories.paper(f"Robot number {number}", listed_on=yesterday)
    factories.paper("Diffusion models of heat", listed_on=yesterday)


@pytest.mark.usefixtures("_papers")
def test_counts_meaning_notes_and_spelling_are_there_without_a_script(client: Client) -> None:
    page = page_for(client, "robot", "difusion", "title:", "-heat")
    assert "4 keywords" in page.text
    assert "robot about 3 a day The word “robot”" in page.text
    assert "Did you mean diffusion ?" in page.text
    assert "-heat leaves out about one a month" in page.text
    assert len(page.all("button")) == 1
    assert not page.all("script")


@pytest.mark.usefixtures("_papers")
def test_more_papers_than_a_mail_holds_are_announced(client: Client) -> None:
    page = page_for(client, "robot OR number")
    assert "1 keyword, about 3 papers a day" in page.text


def test_what_is_read_as_text_and_what_is_refused_are_said(client: Client) -> None:
    page = page_for(client, "robot (arm", "x" * 201)
    assert "This can’t be used." in page.text
    assert "1 cannot be used" in page.text
    notes = [each for _, each in page.tags if each.get("class") == "bad-word"]
    assert len(notes) == 2


HOSTILE = [
    "<script>alert(1)</script>",
    "\u202egnitset",
    "🦊" * 60,
    "' OR 1=1 --",
    '"' * 150,
    "(" * 150,
    "a* b* c* d* e*",
    "{% now %}",
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_keywords_are_text(client: Client, typed: str) -> None:
    page = page_for(client, typed, "robot")
    assert "<script>alert" not in page.source
    assert len(page.all("button")) == 1
    terms = [each for _, each in page.tags if each.get("class") == "term"]
    assert terms
    assert all(each.get("dir") == "auto" for each in terms)


@pytest.mark.usefixtures("_papers")
def test_a_hundred_keywords_take_no_more_steps_than_a_preview(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    spent: list[int] = []
    preview = keyword_lines.preview_keywords

    def counted(*args: object, **named: object) -> object:
        found = preview(*args, **named)  # type: ignore[arg-type]
        spent.append(found.steps)
        return found

    monkeypatch.setattr(keyword_lines, "preview_keywords", counted)
    page = page_for(client, *(f"robot{number}* number{number}*" for number in range(MAX_KEYWORDS)))
    assert "100 keywords" in page.text
    assert len(spent) == 1
    assert spent[0] < 1_000_000


def test_beyond_the_rate_the_page_confirms_without_counts(client: Client, settings: object) -> None:
    settings.LIMITS = read_rates("keywords=2/hour")  # type: ignore[attr-defined]
    first, second = page_for(client, "robot", "map"), page_for(client, "robot", "map")
    assert "no papers yet" in first.text
    assert "2 keywords" in second.text
    assert "no papers yet" not in second.text
    assert "The word “robot”" in second.text
    assert len(second.all("button")) == 1
