"""The trending papers in a real browser."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.support import factories
from tests.support.browser import submit

from .conftest import BrowserSite
from .test_browser import newest_mail

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_address_alone_gets_trending_papers_without_scripts(site: BrowserSite) -> None:
    for number in range(4):
        factories.paper(f"Paper {number}", upvotes=number, listed_on=timezone.now().date())
    page = site.open(java_script_enabled=False)
    expect(page.get_by_role("checkbox", name="Trending papers")).not_to_be_checked()
    expect(page.get_by_text("The first")).to_be_visible()
    page.get_by_label("E-mail").fill("ada@example.org")
    submit(page, "Subscribe")
    newest_mail(page)
    page.frame_locator("iframe").get_by_role("link", name="Review and confirm").click()
    expect(page.get_by_role("definition").filter(has_text="most popular papers")).to_be_visible()
    page.get_by_role("button", name="Confirm").click()
    submit(page, "Send me the last 7 days")
    newest_mail(page)
    mail = page.frame_locator("iframe")
    expect(mail.get_by_role("link", name="Paper 3")).to_be_visible()
    mail.get_by_role("link", name="Remove Trending papers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Remove trending papers?")
