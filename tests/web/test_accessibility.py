"""axe-core on every page a visitor sees and on the golden mails: nothing may stand in the way of
people who use a keyboard, a screen reader, large type or few colours."""

from datetime import timedelta
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page

from digest.models import Digest, DigestEntry
from tests.support import factories
from tests.support.mails import GOLDEN, parsed

from .conftest import BrowserSite
from .pages import dump, private_pages

pytestmark = [pytest.mark.slow, pytest.mark.browser]

LOOKS = pytest.mark.parametrize(
    ("width", "scheme"), list(product((360, 1280), ("light", "dark"))), ids=str
)


def violations(page: Page, what: str) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{what}: {rule['id']} ({rule['help']}): {node['html']}"
        for rule in found
        for node in rule["nodes"]
    ]


def test_what_stands_in_the_way_is_found(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content("<p style='color: #ccc'>Pale</p><img src='data:,'>")
    found = " ".join(violations(page, "bad"))
    page.close()
    assert "bad: image-alt" in found
    assert "bad: color-contrast" in found


@LOOKS
def test_no_golden_mail_stands_in_the_way(chromium: Browser, width: int, scheme: str) -> None:
    view = {"width": width, "height": 800}
    context = chromium.new_context(viewport=view, color_scheme=scheme, offline=True)
    page, found = context.new_page(), []
    for path in sorted(GOLDEN.glob("*.eml")):
        if (body := parsed(path.read_bytes()).get_body(("html",))) is not None:
            page.set_content(body.get_content())
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            found += violations(page, path.stem)
    context.close()
    assert found == []


@pytest.fixture
def addresses() -> list[str]:
    """One address of each page, most of them with something on it."""
    at = timezone.now()
    titles = ["Diffusion models for maps", "Robots that knit", "Speech without microphones"]
    papers = [
        factories.paper(title, abstract=f"{title}. " * 40, listed_on=at.date(), comment_count=3)
        for title in titles
    ]
    dump(at.date() - timedelta(days=1), *papers, at=at)
    person = factories.subscriber("ada@example.org", "diffusion model", "-survey OR x")
    entries = [DigestEntry(papers[0].pk, ("diffusion model",), "title hit")]
    digest = Digest.objects.create(
        subscriber=person, local_date=at.date(), not_before=at, expires_at=at, composed_at=at,
        from_seq=0, to_seq=3, entries=entries,
    )  # fmt: skip
    keyword = person.subscriptions.earliest("pk").pk
    private = private_pages(person.pk, digest.pk, keyword, papers[0].pk)
    return ["/", "/subscribe/", "/link/", f"/papers/{papers[0].pk}/", "/outbox/", *private]


@LOOKS
@pytest.mark.django_db(transaction=True)
def test_no_page_stands_in_the_way(
    site: BrowserSite, addresses: list[str], width: int, scheme: str
) -> None:
    page = site.open(viewport={"width": width, "height": 800}, color_scheme=scheme)
    found = []
    for address in addresses:
        page.goto(address)
        found += violations(page, address)
    page.goto("/")
    page.get_by_role("button", name="Subscribe").click()
    page.get_by_role("alert").wait_for()
    found += violations(page, "the form with its errors")
    assert found == []
