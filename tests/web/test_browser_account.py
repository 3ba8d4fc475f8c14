"""The reader's data in a browser: change the address and undo it, export, delete."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from subscriptions.links import Purpose
from subscriptions.models import ErasureRequest, Subscriber
from tests.support import factories
from tests.support.browser import submit

from .conftest import BrowserSite
from .mail_pages import account, address, digest_of
from .test_accessibility import violations
from .test_browser import newest_mail

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NEW = "ada@new.example"


def opened_from_mail(page: Page, link: str) -> None:
    newest_mail(page)
    page.frame_locator("iframe").get_by_role("link", name=link).click()


@pytest.fixture
def ada() -> Subscriber:
    due = timezone.now() + timedelta(hours=3)
    return factories.subscriber("ada@example.org", "robot", next_due_at=due)


@pytest.mark.parametrize(
    ("width", "scheme", "script"), [(360, "dark", False), (1280, "light", True)]
)
def test_change_the_address_undo_it_export_and_delete(
    site: BrowserSite, ada: Subscriber, tmp_path: Path, width: int, scheme: str, script: bool
) -> None:
    view = {"width": width, "height": 800}
    page = site.open(viewport=view, color_scheme=scheme, java_script_enabled=script)
    page.goto(address(Purpose.PREFERENCES, ada.pk))
    page.get_by_role("link", name="Your data").click()
    submit(page, "E-mail me a link")
    expect(page.get_by_role("status")).to_contain_text("Check your e-mail.")

    opened_from_mail(page, "Open the page")
    page.get_by_label("New e-mail address").fill("ada@new")
    submit(page, "Change address")
    expect(page.get_by_text("Enter a valid e-mail address")).to_be_visible()
    page.get_by_label("New e-mail address").fill(NEW)
    submit(page, "Change address")
    expect(page.get_by_role("status")).to_contain_text(f"If {NEW} can receive mail from us")
    opened_from_mail(page, "Confirm this address")
    submit(page, "Confirm")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Your digest comes to {NEW}")
    opened_from_mail(page, "Undo the change")
    submit(page, "Undo the change")
    again = "Your digest comes to ada@example.org again"
    expect(page.get_by_role("heading", level=1)).to_have_text(again)

    Subscriber.objects.update(address_since=None)  # an hour later
    page.goto(account(ada))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "paper-digest.json"
    download.value.save_as(tmp_path / "export.json")
    exported = json.loads((tmp_path / "export.json").read_text())
    assert exported["subscriptions.subscription"][0]["text"] == "robot"
    submit(page, "Download")
    expect(page.get_by_role("heading", level=1)).to_have_text("This link has already been used")
    submit(page, "E-mail me a new link")
    expect(page.get_by_role("status")).to_contain_text("Check your e-mail.")

    opened_from_mail(page, "Open the page")
    submit(page, "Delete everything")
    expect(page.get_by_text("Tick this box")).to_be_visible()
    page.get_by_label("Yes, delete everything").check()
    submit(page, "Delete everything")
    expect(page.get_by_role("heading", level=1)).to_have_text("Everything is deleted")
    assert not Subscriber.objects.exists()
    assert not ErasureRequest.objects.exists()


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_the_pages_with_errors_and_after_use_can_be_read_by_all(
    site: BrowserSite, ada: Subscriber, width: int, scheme: str
) -> None:
    page = site.open(viewport={"width": width, "height": 800}, color_scheme=scheme)
    found: list[str] = []

    def look(what: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, what
        found.extend(violations(page, what))

    page.goto(account(ada))
    look("account")
    submit(page, "Delete everything")
    look("delete without its tick")
    page.get_by_label("New e-mail address").fill("x")
    submit(page, "Change address")
    look("a wrong address")
    page.get_by_label("New e-mail address").fill(f"{'x' * 60}@{'y' * 60}.example")
    submit(page, "Change address")
    look("asked")
    page.reload()
    look("used")
    change = ada.address_changes.get()
    page.goto(address(Purpose.NEW_ADDRESS, change.pk))
    look("confirm")
    submit(page, "Confirm")
    look("confirmed")
    page.goto(address(Purpose.UNDO_ADDRESS, change.pk))
    look("undo")
    submit(page, "Undo the change")
    look("undone")
    page.goto("/deleted/")
    look("deleted")
    assert found == []


def test_who_was_forwarded_a_digest_subscribes_from_its_page(
    site: BrowserSite, ada: Subscriber
) -> None:
    digest = digest_of(ada, factories.paper("A robot"))
    page = site.open(java_script_enabled=False)
    page.goto(address(Purpose.DIGEST, digest.pk))
    page.get_by_label("E-mail").fill("bob@example.org")
    submit(page, "Subscribe")
    expect(page.get_by_label("E-mail")).to_have_value("bob@example.org")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_label("Keywords").fill("robot")
    submit(page, "Subscribe")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
