"""Signing up in a browser: few steps, cities, a repeated sign-up, and a pause."""

from datetime import time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from digest import tasks
from subscriptions import signup
from subscriptions.links import Purpose, confirmation_name
from subscriptions.models import Subscriber
from subscriptions.schedule import Schedule
from subscriptions.sign_up_request import SignUpRequest
from tests.support import factories

from .conftest import BrowserSite
from .mail_pages import address
from .test_accessibility import violations
from .test_browser import newest_mail

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Actions:
    """Counts what a visitor does on the site's own pages."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label).fill(text)
        self.count += 1

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()
        self.count += 1


@pytest.mark.parametrize(("keywords", "most"), [("diffusion model, robot", 4), ("", 3)])
@pytest.mark.parametrize("script", [True, False])
def test_from_the_first_visit_to_confirmed_takes_few_actions(
    site: BrowserSite, keywords: str, most: int, script: bool
) -> None:
    factories.paper("Robots that knit", listed_on=timezone.now().date() - timedelta(days=1))
    page = site.open(java_script_enabled=script, timezone_id="Europe/Berlin")
    visitor = Actions(page)
    visitor.fill("E-mail", "ada@example.org")
    if keywords:
        visitor.fill("Keywords", keywords)
    visitor.press("Subscribe")
    tasks.take_requests()
    newest_mail(page)
    page.frame_locator("iframe").get_by_role("link", name="Review and confirm").click()
    assert page.get_by_role("button").count() == 1
    visitor.press("Confirm")
    expect(page.get_by_role("status").filter(has_text="Confirmed.")).to_be_visible()
    person = Subscriber.objects.get()
    assert person.status == "active"
    assert person.timezone == ("Europe/Berlin" if script else "UTC")
    assert visitor.count == most


def test_cities_are_offered_and_understood(site: BrowserSite) -> None:
    page = site.open("/subscribe/", timezone_id="Europe/Berlin")
    zone = page.get_by_label("Time zone")
    page.get_by_text("Delivery time and frequency").click()
    expect(zone).to_have_value("Europe/Berlin")
    zone.focus()
    options = page.locator("#zone-names option")
    expect(options.first).to_be_attached()
    offered = options.evaluate_all("each => each.map(option => option.value)")
    assert {"UTC", "Asia/Tokyo", "San Francisco", "Mumbai", "Beijing"} <= set(offered)
    assert "Portland" not in offered  # two of them: a question would follow
    assert len(offered) == len(set(offered))
    page.get_by_label("E-mail").fill("ada@example.org")
    zone.fill("San Francisco")
    page.get_by_role("button", name="Subscribe").click()
    tasks.take_requests()
    assert Subscriber.objects.get().requested["timezone"] == "America/Los_Angeles"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_a_repeated_sign_up_asks_about_the_schedule(
    site: BrowserSite, width: int, scheme: str
) -> None:
    factories.subscriber("ada@example.org", "robot", timezone="Europe/Berlin", send_at=time(18))
    wanted = SignUpRequest(
        ("knitting machine", "(map", "w" * 120), timezone="Asia/Tokyo", trending_top=10
    )
    person = signup.request("ada@example.org", wanted, at=timezone.now())
    named = confirmation_name(person)
    page = site.open(
        address(Purpose.CONFIRM, named), viewport={"width": width, "height": 800},
        color_scheme=scheme,
    )  # fmt: skip
    assert violations(page, "confirm") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.get_by_label("Keep: every day at 18:00 in Berlin")).to_be_checked()
    # By keyboard: the other choice, then the button.
    page.get_by_label("Keep:").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Confirmed.")).to_be_visible()
    assert Subscriber.objects.get().schedule == Schedule("Asia/Tokyo", time(7), "daily", 0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("purpose", [Purpose.PAUSE, Purpose.PREFERENCES])
def test_a_pause_until_a_date_and_resumed_without_scripts(
    site: BrowserSite, purpose: Purpose, scheme: str
) -> None:
    person = factories.subscriber("ada@example.org", "robot")
    page = site.open(
        address(purpose, person.pk), java_script_enabled=False, color_scheme=scheme,
        viewport={"width": 320, "height": 800},
    )  # fmt: skip
    day = timezone.now().date() + timedelta(days=30)
    page.get_by_label("Until").fill(day.isoformat())
    page.get_by_role("button", name="Pause until this day").click()
    expect(page.get_by_role("heading", name="aused until")).to_contain_text(f"{day:%A}")
    assert Subscriber.objects.get().paused_until.date() == day
    page.goto(address(purpose, person.pk))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("button", name="Resume now").click()
    expect(page.get_by_role("status").filter(has_text="Your digests are on again.")).to_be_visible()
    assert Subscriber.objects.get().status == "active"
