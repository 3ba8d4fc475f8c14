"""What a reader does with papers, in Chromium: rate, look for a missed one, save and export."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from digest.ingest.formats import bibtex, ris
from digest.models import Digest, DigestEntry, Paper
from subscriptions.links import Purpose, token
from subscriptions.models import Rating, Subscriber
from tests.support import factories
from tests.support.browser import submit

from .conftest import BrowserSite

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DARK_PHONE = {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"}


@pytest.fixture
def digest() -> Digest:
    """Yesterday's digest, and a paper that was listed since."""
    at = timezone.now() - timedelta(days=1)
    person = factories.subscriber(
        "ada@example.org", "robot", "federated learning",
        confirmed_through_seq=3, next_due_at=at + timedelta(days=2),
    )  # fmt: skip
    titles = ["Robots that knit", "Robots <b>for</b> تعلم الروبوتات", "A robot " + "long" * 30]
    papers = [factories.paper(title, abstract=f"{title}. " * 20) for title in titles]
    factories.paper("Learning in federated clinics", arxiv_id="2611.01234")
    return Digest.objects.create(
        subscriber=person, local_date=at.date(), not_before=at, expires_at=at, composed_at=at,
        from_seq=0, to_seq=3, state="sent",
        entries=[DigestEntry(paper.pk, ("robot",), "title hit") for paper in papers],
    )  # fmt: skip


def start(person: Subscriber) -> str:
    return f"/preferences/{token(Purpose.PREFERENCES, person.pk)}/"


def test_rate_and_undo_from_a_mail_without_scripts(site: BrowserSite, digest: Digest) -> None:
    paper = Paper.objects.earliest("pk")
    address = f"/rate/{token(Purpose.RATE, digest.pk)}/{paper.pk}/"
    page = site.open(address, java_script_enabled=False)
    submit(page, "More like this")
    expect(page.get_by_role("status")).to_contain_text("Used from tomorrow")
    assert Rating.objects.get().value == 1
    submit(page, "Undo")
    expect(page.get_by_role("status")).to_contain_text("Rating removed")
    assert not Rating.objects.exists()
    page.reload()
    expect(page.get_by_role("status")).to_have_count(0)
    page.get_by_role("link", name="Back to your preferences").click()
    expect(page).to_have_url(re.compile("/preferences/"))


def test_a_missed_paper_is_found_and_its_keyword_added_without_scripts(
    site: BrowserSite, digest: Digest
) -> None:
    page = site.open(start(digest.subscriber) + "missed/", java_script_enabled=False)
    page.get_by_label("Paper", exact=True).fill("https://arxiv.org/abs/2611.01234v2")
    submit(page, "Look it up")
    expect(page.get_by_text("None of your keywords match it.")).to_be_visible()
    submit(page, "Add federated AND learning")
    expect(page.get_by_role("status")).to_contain_text("added")
    expect(page.get_by_text("It will be in your next digest")).to_be_visible()
    assert "federated AND learning" in digest.subscriber.active_keywords()
    submit(page, "Undo")
    expect(page.get_by_text("None of your keywords match it.")).to_be_visible()
    assert "federated AND learning" not in digest.subscriber.active_keywords()


def test_papers_are_saved_from_the_history_and_exported(
    site: BrowserSite, digest: Digest, tmp_path: Path
) -> None:
    page = site.open(start(digest.subscriber) + "history/")
    page.locator("main h2 a").click()
    for _ in range(3):
        submit(page, "Save for later")
    page.get_by_role("link", name="Saved papers").click()
    expect(page.get_by_role("button", name="Remove")).to_have_count(3)
    submit(page, "Remove")
    submit(page, "Undo")
    for name, parser in (("BibTeX", bibtex), ("RIS", ris)):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        download.value.save_as(tmp_path / name)
        found = parser.parse((tmp_path / name).read_bytes(), timezone.now().date())
        assert len(found.records) == 3
    for _ in range(3):
        submit(page, "Remove")
    expect(page.get_by_text("No saved papers yet")).to_be_visible()


@pytest.mark.parametrize("look", [{}, DARK_PHONE], ids=["light", "dark phone"])
def test_each_state_of_the_pages_can_be_read_by_all(
    site: BrowserSite, digest: Digest, look: dict[str, object]
) -> None:
    papers = list(Paper.objects.order_by("pk"))
    factories.paper("Robots that knit", doi="10.1000/other")
    own = start(digest.subscriber)
    page = site.open(own, **look)

    def check(what: str) -> None:
        found = Axe().run(page).response["violations"]
        assert [(what, each["id"], each["nodes"][0]["html"]) for each in found] == []
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= page.evaluate("document.documentElement.clientWidth"), what

    for path in ("history/", f"history/{digest.pk}/", f"papers/{papers[3].pk}/"):
        page.goto(own + path)
        check(path)
    submit(page, "Less important")
    check("rated")
    submit(page, "Add ")
    check("added")
    for typed in ("Robots that knit", "10.1000/never", "😀"):
        page.goto(own + "missed/")
        page.get_by_label("Paper", exact=True).fill(typed)
        submit(page, "Look it up")
        check(typed)
    page.goto(f"{own}history/{digest.pk}/")
    submit(page, "Save for later")
    check("saved in the list")
    page.goto(own + "saved/")
    check("saved")
    page.goto(f"/rate/{token(Purpose.RATE, digest.pk)}/{papers[2].pk}/")
    check("rate")
