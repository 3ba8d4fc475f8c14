"""Importing keywords in Chromium: alerts and each kind of file, without scripts, and undone."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from subscriptions.links import Purpose, token
from subscriptions.models import Subscriber
from tests.libraries.libraries import FILES, GAUGES, ris
from tests.support import factories
from tests.support.browser import submit

from .conftest import BrowserSite

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DARK_PHONE = {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"}


def start(person: Subscriber) -> str:
    return f"/preferences/{token(Purpose.PREFERENCES, person.pk)}/"


def choose(page: Page, data: bytes, name: str = "library.txt") -> None:
    page.get_by_label("File", exact=True).set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    )
    submit(page, "Read this file")


def test_each_kind_of_file_is_read_added_and_undone_without_scripts(
    site: BrowserSite, person: Subscriber
) -> None:
    before = person.active_keywords()
    page = site.open(start(person), java_script_enabled=False)
    for data in FILES.values():
        page.get_by_role("link", name="Import keywords").click()
        choose(page, data)
        page.get_by_role("checkbox", name="gauges").first.check()
        submit(page, "Add ticked keywords")
        expect(page.locator(".notice")).to_contain_text("Added “")
        assert len(person.active_keywords()) == len(before) + 1
        submit(page, "Undo")
        expect(page.locator(".notice")).to_contain_text("Undone.")
        assert person.active_keywords() == before


def test_pasted_alerts_are_added_and_undone(site: BrowserSite, person: Subscriber) -> None:
    before = person.active_keywords()
    page = site.open(start(person) + "import/")
    page.get_by_label("Alerts or searches").fill(
        '"deep learning" - new results\nJane Doe - new articles\nspeech'
    )
    submit(page, "Read these alerts")
    page.get_by_role("checkbox", name="deep learning").uncheck()
    submit(page, "Add ticked keywords")
    assert person.active_keywords() == [*before, 'author:"Jane Doe"']
    submit(page, "Undo")
    assert person.active_keywords() == before


@pytest.mark.parametrize("look", [{}, DARK_PHONE], ids=["light", "dark phone"])
def test_each_state_of_the_pages_can_be_read_by_all(
    site: BrowserSite, person: Subscriber, look: dict[str, object]
) -> None:
    for days in range(9):
        listed = timezone.now().date() - timedelta(days=days)
        factories.paper("Silent river gauges", listed_on=listed, authors=["Ada Lamp"])
    page = site.open(start(person) + "import/", **look)

    def check(what: str) -> None:
        found = Axe().run(page).response["violations"]
        assert [(what, each["id"], each["nodes"][0]["html"]) for each in found] == []
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= page.evaluate("document.documentElement.clientWidth"), what

    submit(page, "Read these alerts")
    check("no alert")
    choose(page, b"%PDF-1.7")
    check("no library")
    choose(page, FILES["bibtex"])
    check("a library")
    submit(page, "Add ticked keywords")
    check("nothing ticked")
    page.get_by_role("link", name="Import something else").click()
    long, odd = "y" * 150, "x AND (y"
    page.get_by_label("Alerts or searches").fill(f"{long}\n{odd}\nspeech\nNOT z\nتعلم الآلة")
    submit(page, "Read these alerts")
    check("alerts")
    page.get_by_role("link", name="Import something else").click()
    choose(page, ris(GAUGES))
    check("topics")
    page.get_by_role("checkbox", name="river gauges").check()
    submit(page, "Add ticked keywords")
    check("added")
