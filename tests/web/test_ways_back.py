"""Which pages lead to the preferences, and which only offer to mail a link to them."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from digest.web.signed_pages import OpenedLink
from subscriptions.links import LIFETIMES, Purpose, made_at, read, token
from subscriptions.models import Subscriber
from tests.support import factories

from .mail_pages import address, digest_of, submit
from .pages import Page, behind, private_rows

pytestmark = pytest.mark.django_db
MADE = datetime(2026, 11, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LEAD = {Purpose.KEYWORD, Purpose.EXCLUDE, Purpose.RATE, Purpose.TRENDING, Purpose.PAUSE}
OFFER = {
    Purpose.UNSUBSCRIBE, Purpose.UNDO, Purpose.DIGEST, Purpose.WHY, Purpose.UNDO_CHANGE,
    Purpose.NEW_ADDRESS, Purpose.UNDO_ADDRESS,
}  # fmt: skip
TO_PREFERENCES = "/preferences/"


@pytest.fixture
def rows() -> dict[Purpose, str]:
    """What a token of each purpose names; the last is the paper."""
    person = factories.subscriber("ada@example.org", "diffusion model", "robot")
    paper = factories.paper("Diffusion models for maps")
    digest = digest_of(person, paper)
    keyword = person.subscriptions.get(text="robot")
    return private_rows(person.pk, digest.pk, keyword.pk)


def pages_of(client: Client, purpose: Purpose, named: str) -> list[Page]:
    paper = factories.Paper.objects.get().pk
    found = []
    for where in behind(purpose, token(purpose, named, at=MADE), paper):
        response = client.get(where)
        assert response.status_code == 200, where
        found.append(Page(response))
    return found


def preferences_tokens(page: Page) -> list[str]:
    links = [*page.links(), *(form.get("action", "") for form in page.all("form"))]
    return [link.split("/")[2] for link in links if link.startswith(TO_PREFERENCES)]


def test_every_purpose_has_its_rule() -> None:
    others = {Purpose.CONFIRM, Purpose.PREFERENCES, Purpose.ACCOUNT, Purpose.FEED}
    assert LEAD | OFFER | others == set(Purpose)


@pytest.mark.parametrize("purpose", sorted(LEAD))
def test_pages_that_change_what_comes_lead_back_for_as_long_as_their_link_lives(
    client: Client, rows: dict[Purpose, str], purpose: Purpose
) -> None:
    with time_machine.travel(MADE + timedelta(hours=20), tick=False):
        for page in pages_of(client, purpose, rows[purpose]):
            (found,) = set(preferences_tokens(page))
            assert made_at(found) == MADE
            assert read(Purpose.PREFERENCES, found) == Subscriber.objects.get().pk
            assert client.get(f"{TO_PREFERENCES}{found}/").status_code == 200


@pytest.mark.parametrize("purpose", sorted(OFFER | {Purpose.CONFIRM, Purpose.ACCOUNT}))
def test_other_pages_do_not(client: Client, rows: dict[Purpose, str], purpose: Purpose) -> None:
    with time_machine.travel(MADE + timedelta(minutes=20), tick=False):
        for page in pages_of(client, purpose, rows[purpose]):
            assert preferences_tokens(page) == []
            text = "To see or change your preferences, get a link by e-mail"
            assert (text in page.text) == (purpose in OFFER)


@pytest.mark.parametrize("purpose", sorted({Purpose.UNSUBSCRIBE, Purpose.DIGEST}))
def test_nothing_that_such_a_page_leads_to_leads_there(
    client: Client, rows: dict[Purpose, str], purpose: Purpose
) -> None:
    """A forwarded page: somebody follows all its links and presses all its buttons."""
    paper = factories.Paper.objects.get().pk
    waiting = behind(purpose, token(purpose, rows[purpose]), paper)
    seen: set[str] = set()
    while waiting:
        where = waiting.pop()
        if where in seen or not where.startswith("/"):
            continue
        seen.add(where)
        for page in (Page(client.get(where)), Page(client.post(where, follow=True))):
            assert preferences_tokens(page) == [], where
            private = [form.get("action", "") for form in page.all("form")]
            waiting += [*page.links(), *private]
    assert len(seen) > 3


def test_a_page_leads_back_only_while_the_preferences_would_be_alive() -> None:
    with time_machine.travel(MADE + 29 * DAY, tick=False):
        assert OpenedLink(Purpose.RATE, 1, MADE).preferences_token
        assert not OpenedLink(Purpose.DIGEST, 1, MADE).preferences_token
    lifetime = LIFETIMES[Purpose.PREFERENCES]
    assert lifetime
    with time_machine.travel(MADE + lifetime, tick=False):
        assert not OpenedLink(Purpose.RATE, 1, MADE).preferences_token


@pytest.mark.parametrize(
    ("purpose", "rest", "sent"),
    [
        (Purpose.KEYWORD, "drop/", {}),
        (Purpose.PAUSE, "", {"do": "pause"}),
    ],
)
def test_the_page_of_a_change_leads_back_with_the_life_of_the_link_that_made_it(
    client: Client, rows: dict[Purpose, str], purpose: Purpose, rest: str, sent: dict[str, str]
) -> None:
    with time_machine.travel(MADE, tick=False):
        where = address(purpose, rows[purpose], rest)
    with time_machine.travel(MADE + 29 * DAY, tick=False):
        response, page = submit(client, where, **sent)
        undo = response.redirect_chain[-1][0]  # type: ignore[attr-defined]
        assert undo.startswith("/undo-change/")
        (found,) = set(preferences_tokens(page))
        assert made_at(found) == MADE
        undone = submit(client, undo)[1]
        assert set(preferences_tokens(undone)) == {found}
    with time_machine.travel(MADE + 29.99 * DAY, tick=False):
        assert preferences_tokens(Page(client.get(undo)))
    with time_machine.travel(MADE + 30 * DAY, tick=False):
        page = Page(client.get(undo))  # it lives for a day
        assert preferences_tokens(page) == []
        assert "get a link by e-mail" in page.text


def test_a_page_of_a_link_that_does_not_work_leads_nowhere(client: Client) -> None:
    page = Page(client.get(f"/keyword/{token(Purpose.KEYWORD, 1)}x/drop/"))
    assert preferences_tokens(page) == []
