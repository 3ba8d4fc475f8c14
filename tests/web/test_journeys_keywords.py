"""A reader changes keywords on the preferences page: few actions, no mail, no second sign-up."""

from datetime import time

import pytest
from playwright.sync_api import Page, expect

from digest.models import Letter
from subscriptions.links import Purpose
from subscriptions.models import Subscriber
from tests.support import factories

from .conftest import BrowserSite
from .mail_pages import address

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MODES = pytest.mark.parametrize(
    ("script", "scheme", "width"),
    [(True, "light", 1280), (True, "dark", 360), (False, "light", 360), (False, "dark", 1280)],
)
FIRST, SECOND = "diffusion model", "speech"


@pytest.fixture
def reader() -> Subscriber:
    return factories.subscriber(
        "ada@example.org", FIRST, SECOND, send_at=time(18), timezone="Europe/Berlin"
    )


def opened(site: BrowserSite, reader: Subscriber, script: bool, scheme: str, width: int) -> Page:
    return site.open(
        address(Purpose.PREFERENCES, reader.pk), java_script_enabled=script, color_scheme=scheme,
        viewport={"width": width, "height": 800},
    )  # fmt: skip


def said(page: Page, text: str) -> None:
    """The notice above the list says so."""
    expect(page.locator("#keywords .notice")).to_contain_text(text)


@MODES
def test_a_keyword_is_added_with_two_actions_and_no_mail(
    site: BrowserSite, reader: Subscriber, script: bool, scheme: str, width: int
) -> None:
    page = opened(site, reader, script, scheme, width)
    page.get_by_label("Add keywords").fill("machine unlearning")
    page.get_by_role("button", name="Add", exact=True).click()
    said(page, "machine unlearning")
    assert reader.active_keywords() == [FIRST, SECOND, "machine unlearning"]
    assert not Letter.objects.exists()
    reader.refresh_from_db()
    assert (reader.send_at, reader.timezone) == (time(18), "Europe/Berlin")


@MODES
def test_a_keyword_is_edited_in_place(
    site: BrowserSite, reader: Subscriber, script: bool, scheme: str, width: int
) -> None:
    page = opened(site, reader, script, scheme, width)
    page.get_by_role("link", name=f"Edit {FIRST}").click()
    field = page.get_by_role("textbox").first
    expect(field).to_have_value(FIRST)
    field.fill("latent diffusion")
    page.get_by_role("button", name="Save", exact=True).first.click()
    said(page, "latent diffusion")
    assert reader.active_keywords() == ["latent diffusion", SECOND]


@MODES
def test_the_keywords_are_put_in_order_and_one_is_removed(
    site: BrowserSite, reader: Subscriber, script: bool, scheme: str, width: int
) -> None:
    page = opened(site, reader, script, scheme, width)
    page.get_by_role("button", name=f"Move {SECOND} up").click()
    said(page, "moved")
    assert reader.active_keywords() == [SECOND, FIRST]
    page.get_by_role("button", name=f"Remove {SECOND}").first.click()
    said(page, "removed")
    assert reader.active_keywords() == [FIRST]
    page.get_by_role("button", name="Undo").click()
    said(page, "Undone")
    assert reader.active_keywords() == [SECOND, FIRST]


def test_a_keyword_is_added_by_keyboard_alone(site: BrowserSite, reader: Subscriber) -> None:
    page = opened(site, reader, script=True, scheme="light", width=1280)
    field = page.get_by_label("Add keywords")
    for _ in range(20):
        page.keyboard.press("Tab")
        if field.evaluate("node => node === document.activeElement"):
            break
    page.keyboard.type("unlearning")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Add", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    said(page, "unlearning")
    assert reader.active_keywords()[-1] == "unlearning"
