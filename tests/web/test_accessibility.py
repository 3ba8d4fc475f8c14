"""axe-core on every page a visitor sees and on the golden mails: nothing may stand in the way of
people who use a keyboard, a screen reader, large type or few colours."""

from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, Page

from tests.support.mails import GOLDEN, parsed

from .conftest import BrowserSite
from .every_page import every_page, make_rows

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
def pages(transactional_db: None) -> dict[str, str]:
    """Every page that can be looked at, by name: those that answer by POST only are left out."""
    found, client = every_page(make_rows()), Client()
    return {name: each for name, each in found.items() if client.get(each).status_code == 200}


@pytest.mark.parametrize(
    ("width", "scheme"), list(product((320, 1280), ("light", "dark"))), ids=str
)
def test_no_page_stands_in_the_way(
    site: BrowserSite, pages: dict[str, str], width: int, scheme: str
) -> None:
    page = site.open(viewport={"width": width, "height": 800}, color_scheme=scheme)
    found = []
    for name, address in pages.items():
        page.goto(address)
        found += violations(page, name)
        for disclosure in page.locator("details:not([open]) > summary").all():
            if disclosure.is_visible():
                disclosure.click()
        found += violations(page, f"{name}, all of it open")
        wide = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{name} is {wide} wide"] if wide > width else []
    page.goto("/")
    page.get_by_label("Keywords").fill("diffusion model, speach, knitting AND robot\n(a OR b)")
    page.locator("#id_keywords-preview li").nth(3).wait_for(state="attached")
    for disclosure in page.locator(".keyword-panel summary").all():
        disclosure.click()
    found += violations(page, "the keyword preview")
    page.get_by_role("button", name="Subscribe").click()
    page.get_by_role("alert").wait_for()
    found += violations(page, "the form with its errors")
    assert found == []


# The Tab key stops once in a group of radio buttons.
CONTROLS = (
    "a[href], button, select, textarea, input[type=radio]:checked, "
    "input:not([type=hidden]):not([type=radio])"
)
# The controls in the order of the Tab key, and those of them without a visible focus.
FOCUS = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const style = getComputedStyle(node), box = node.getBoundingClientRect();
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  return {
    name: `${node.tagName} ${node.name || node.textContent.trim().slice(0, 40)}`,
    seen: (ring || style.boxShadow !== "none") && box.width > 0 && box.height > 0,
    top: box.top + scrollY, at: [...document.querySelectorAll("*")].indexOf(node),
  };
}"""


def test_the_tab_key_reaches_every_control_in_order_with_a_visible_focus(
    site: BrowserSite, pages: dict[str, str]
) -> None:
    page = site.open(viewport={"width": 1280, "height": 800})
    unseen, disordered = [], []
    for name, address in pages.items():
        page.goto(address)
        controls = page.locator(CONTROLS)
        wanted = sum(each.is_visible() for each in controls.all())
        reached: list[int] = []
        for _ in range(2 * wanted + 40):
            page.keyboard.press("Tab")
            if (found := page.evaluate(FOCUS)) is None or found["at"] in reached[:-1]:
                break
            if found["at"] in reached:  # the next part of a date or a time
                continue
            if reached and found["at"] < reached[-1]:
                disordered.append(f"{name}: {found['name']}")
            reached.append(found["at"])
            if not found["seen"]:
                unseen.append(f"{name}: {found['name']}")
        assert len(reached) >= wanted, name
    assert (unseen, disordered) == ([], [])


@pytest.mark.parametrize("width", [640, 1280])
def test_text_of_twice_the_size_fits(site: BrowserSite, pages: dict[str, str], width: int) -> None:
    """WCAG 2.2, 1.4.4: nothing is cut off, and nobody scrolls sideways to read."""
    page = site.open(viewport={"width": width, "height": 800})
    for name, address in pages.items():
        page.goto(address)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{name} is {wide} wide"
