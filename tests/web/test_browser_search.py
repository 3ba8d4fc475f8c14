"""A search in a browser: typed, read page by page, in another order, and subscribed to."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from digest import tasks
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.browser import submit

from .conftest import BrowserSite
from .test_accessibility import violations
from .test_browser import newest_mail
from .test_signup import asked_of

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("width", "script"), [(320, True), (320, False), (1280, True)])
def test_from_typing_to_a_subscription(site: BrowserSite, width: int, script: bool) -> None:
    day = timezone.now().date()
    for number in range(35):
        factories.paper(f"Speech {number}", listed_on=day - timedelta(days=number))
    factories.paper("Speech to speech", abstract="Speech " * 9, listed_on=day - timedelta(days=90))
    page = site.open(
        viewport={"width": width, "height": 800},
        java_script_enabled=script,
        timezone_id="Europe/Berlin",
    )
    header = page.get_by_role("banner")
    if width < 640:
        expect(header.get_by_role("searchbox")).to_be_hidden()
        header.get_by_role("link", name="Search").click()
        page.get_by_role("searchbox").fill("speech, robot")
    else:
        header.get_by_role("searchbox").fill("speech, robot")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Papers on “speech, robot”")).to_be_visible()
    expect(page.get_by_role("heading", name="36 papers")).to_be_visible()
    expect(page.locator("article")).to_have_count(30)
    page.get_by_role("link", name="Page 2").click()
    expect(page.locator("article")).to_have_count(6)
    page.get_by_role("link", name="Best match first").click()
    expect(page.locator("article h3").first).to_have_text("Speech to speech")
    if script:
        assert violations(page, "search") == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.get_by_role("link", name="Get new ones by e-mail").click()
    page.get_by_label("E-mail").fill("ada@example.org")
    submit(page, "Subscribe")
    expect(page.get_by_role("heading", name="Check your e-mail")).to_be_visible()
    tasks.take_requests()
    asked = asked_of()
    assert asked.keywords == ("speech", "robot")
    assert asked.timezone == ("Europe/Berlin" if script else "UTC")
    newest_mail(page)
    page.frame_locator("iframe").get_by_role("link", name="Review and confirm").click()
    submit(page, "Confirm")
    assert Subscriber.objects.get().status == "active"
