"""Feeds in a browser: found on the page of a search, made and revoked in the preferences."""

import feedparser
import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from digest.models import Digest, DigestEntry, State
from subscriptions.links import Purpose, token
from tests.support import factories
from tests.support.browser import submit

from .conftest import BrowserSite
from .test_accessibility import violations

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def entries(page: Page, address: str) -> list[str]:
    """The titles that a feed reader reads there."""
    answer = page.request.get(address)
    assert answer.status == 200
    read = feedparser.parse(answer.body(), response_headers=answer.headers)
    assert not read.bozo
    return [each.title for each in read.entries]


def test_a_search_leads_to_its_feed(site: BrowserSite) -> None:
    factories.paper("Robots & birds")
    page = site.open("/search/?q=robot,+bird", java_script_enabled=False)
    found = page.locator("link[rel=alternate][type='application/atom+xml']").get_attribute("href")
    assert page.get_by_role("link", name="Feed", exact=True).get_attribute("href") == found
    assert entries(page, str(found)) == ["Robots & birds"]


@pytest.mark.parametrize(("width", "script"), [(320, True), (1280, False)])
def test_a_private_feed_is_made_and_turned_off(site: BrowserSite, width: int, script: bool) -> None:
    at = timezone.now()
    reader = factories.subscriber("ada@example.org", "robot")
    paper = factories.paper("A robot")
    Digest.objects.create(
        subscriber=reader, local_date=at.date(), not_before=at, expires_at=at, composed_at=at,
        sent_at=at, from_seq=0, to_seq=1, state=State.SENT,
        entries=[DigestEntry(paper.pk, ("robot",), "title hit")],
    )  # fmt: skip
    page = site.open(
        f"/preferences/{token(Purpose.PREFERENCES, reader.pk)}/",
        viewport={"width": width, "height": 800},
        java_script_enabled=script,
        color_scheme="dark" if script else "light",
    )
    page.get_by_role("link", name="Read your digests as a feed").click()
    submit(page, "Make a feed link")
    expect(page.get_by_role("status")).to_contain_text("Your new link is below.")
    address = page.get_by_role("main").get_by_role("link", name="/feed/").inner_text()
    assert entries(page, address) == ["A robot"]
    if script:
        assert violations(page, "reader-feed-link") == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
    submit(page, "Turn feed off")
    expect(page.get_by_role("status")).to_contain_text("The feed is off")
    assert page.request.get(address).status == 410
