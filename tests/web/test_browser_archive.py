"""The archive in a browser, with the keyboard: from the first page by the calendar to a paper."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.support import factories

from .conftest import BrowserSite
from .pages import dump

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.mark.usefixtures("transactional_db")
def test_from_the_first_page_to_a_day_of_an_earlier_month(site: BrowserSite) -> None:
    now = timezone.now()
    earlier = (now - timedelta(days=70)).date()
    dump(now.date(), factories.paper("Newest gauges"), at=now)
    dump(earlier, factories.paper("Older gauges", authors=["Ada Lamp"]), at=now)
    page = site.open(viewport={"width": 320, "height": 640})
    page.goto("/")
    page.get_by_role("link", name="All days").click()
    expect(page.get_by_role("table")).to_have_accessible_name(
        f"Papers listed each day in {now:%B %Y}"
    )
    page.get_by_role("link", name=f"← {earlier:%B %Y}").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{earlier:%B %Y}")
    days = page.get_by_role("table").get_by_role("link")
    expect(days).to_have_accessible_name(f"{earlier.day} {earlier:%B}: 1 paper")
    days.press("Enter")
    page.get_by_role("link", name="Details of Older gauges").click()
    page.get_by_text("Copy BibTeX").press("Enter")
    expect(page.locator("pre")).to_contain_text("author = {Ada Lamp}")
    page.get_by_role("link", name="Ada Lamp").click()
    expect(page.get_by_role("link", name="Details of Older gauges")).to_be_visible()
