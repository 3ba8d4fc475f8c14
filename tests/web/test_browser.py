"""The site in Chromium, as a visitor and an operator use it."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings

from digest import tasks
from digest.models import Digest, DigestEntry, Paper
from digest.sending.planning import plan_sample
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.browser import submit

from .conftest import BrowserSite
from .pages import dump, private_pages

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The contrast of each piece of text with what lies beneath it (WCAG 2.2, 1.4.3), where it is low.
LOW_CONTRAST = """() => {
  const light = ([r, g, b]) => [r, g, b]
    .map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const numbers = color => color.match(/[0-9.]+/g).map(Number);
  const beneath = node => {
    for (; node; node = node.parentElement) {
      const found = numbers(getComputedStyle(node).backgroundColor);
      if (found.length < 4 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some(c => c.nodeType === 3 && c.textContent.trim());
    if (!own || !node.checkVisibility() || node.closest(".trap")) continue;
    const [a, b] = [numbers(getComputedStyle(node).color), beneath(node)].map(light);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push(`${node.tagName} ${node.className} ${ratio.toFixed(2)}`);
  }
  return low;
}"""


@pytest.fixture
def papers() -> None:
    """A listing of yesterday."""
    day = timezone.now().date() - timedelta(days=1)
    titles = ["Diffusion models for maps", "Robots that knit", "Speech without microphones"]
    made = [
        factories.paper(title, abstract=f"{title}. " * 40, listed_on=day, comment_count=3)
        for title in titles
    ]
    dump(day, *made, at=timezone.now())


def fill(page: Page, keywords: str = "diffusion model, knitting robot") -> None:
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Keywords").fill(keywords)


def newest_mail(page: Page) -> None:
    page.goto("/outbox/")
    page.locator(".mails a").first.click()


@pytest.mark.usefixtures("papers")
def test_from_the_first_visit_to_the_digest_and_out_again(site: BrowserSite) -> None:
    page = site.open(timezone_id="Asia/Tokyo")
    fill(page)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
    newest_mail(page)
    page.frame_locator("iframe").get_by_role("link", name="Review and confirm").click()
    expect(page.get_by_text("07:00 in Tokyo")).to_be_visible()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("status").filter(has_text="Confirmed.")).to_be_visible()
    page.get_by_role("button", name="Send me the last 7 days").click()
    expect(page.get_by_text("Sent today")).to_be_visible()
    newest_mail(page)
    mail = page.frame_locator("iframe")
    expect(mail.get_by_role("link", name="Diffusion models for maps")).to_be_visible()
    expect(mail.get_by_text("Speech without microphones")).to_have_count(0)
    mail.get_by_role("link", name=re.compile("nsubscribe")).first.click()
    submit(page, "Unsubscribe")
    assert Subscriber.objects.get().status == "unsubscribed"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Your digests are on")).to_be_visible()
    assert Subscriber.objects.get().status == "active"


@pytest.mark.usefixtures("papers")
def test_every_change_a_mail_offers_can_be_made_and_undone_without_scripts(
    site: BrowserSite,
) -> None:
    newest = Paper.objects.latest("seq").seq
    person = factories.subscriber("ada@example.org", "map", "knit", confirmed_through_seq=newest)
    plan_sample(person, timezone.now())
    tasks.drain()
    page = site.open("/outbox/", java_script_enabled=False)
    newest_mail(page)
    letter = page.url

    def follow(link: str) -> None:
        page.goto(letter)
        page.frame_locator("iframe").get_by_role("link", name=re.compile(link, re.I)).first.click()

    for link, button, after in [
        ("^Remove", "Remove keyword", "removed"),
        ("Pause", "Pause for a week", "Your digests are paused"),
    ]:
        before = keywords_and_state(person)
        follow(link)
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(after)
        assert keywords_and_state(person) != before
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_role("button", name="Undo")).to_have_count(0)
        assert keywords_and_state(person) == before
    follow("^why")
    expect(page.get_by_role("heading", level=1)).to_have_text("Why you got this paper")
    page.get_by_role("link", name="Less like this").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Less like this")
    follow("browser")
    page.get_by_role("link", name=re.compile("^Why ")).first.click()
    page.get_by_role("link", name="Back to the digest").click()


def keywords_and_state(person: Subscriber) -> tuple[list[str], str]:
    person.refresh_from_db()
    return person.active_keywords(), person.status


@pytest.mark.usefixtures("papers")
def test_it_all_works_without_scripts(site: BrowserSite) -> None:
    page = site.open(java_script_enabled=False)
    fill(page)
    page.get_by_text("Delivery time and frequency").click()
    page.get_by_label("Time zone").fill("New York")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")
    assert Subscriber.objects.get().requested["timezone"] == "America/New_York"
    page.goto("/")
    shorten = page.locator(".abstract").first
    folded = shorten.bounding_box()
    page.get_by_text("Full abstract").first.click()
    whole = shorten.bounding_box()
    assert folded
    assert whole
    assert whole["height"] > 2 * folded["height"]


def test_the_browser_fills_in_its_zone_but_never_over_what_was_typed(site: BrowserSite) -> None:
    page = site.open(timezone_id="Europe/Berlin")
    zone = page.locator("#id_timezone")
    expect(zone).to_have_value("Europe/Berlin")
    page.get_by_text("Delivery time and frequency").click()
    zone.fill("UTC")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(zone).to_have_value("UTC")


def test_the_form_can_be_used_by_keyboard_alone(site: BrowserSite) -> None:
    page = site.open()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type("ada@example.org")
    page.keyboard.press("Tab")
    page.keyboard.type("diffusion model")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox", name="Trending papers")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Time zone")).to_be_visible()
    page.get_by_role("button", name="Subscribe").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your e-mail")


@pytest.fixture
def addresses(papers: None) -> list[str]:
    """One address of each page a visitor sees, most of them with something on it."""
    person = factories.subscriber("ada@example.org", "diffusion model", "-survey OR x", "y" * 200)
    at = timezone.now()
    paper = Paper.objects.earliest("pk").pk
    entries = [DigestEntry(paper, ("diffusion model",), "title hit")]
    digest = Digest.objects.create(
        subscriber=person,
        local_date=at.date(),
        not_before=at,
        expires_at=at,
        composed_at=at,
        from_seq=0,
        to_seq=3,
        entries=entries,
    )
    keyword = person.subscriptions.earliest("pk").pk
    private = private_pages(person.pk, digest.pk, keyword, paper)
    # A browser shows the source of a feed, with its own colours.
    private = [address for address in private if not address.startswith("/feed/")]
    return ["/", "/subscribe/", "/link/", f"/papers/{paper}/", "/outbox/", "/digest/cut/", *private]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_small_screen_and_can_be_read(
    site: BrowserSite, addresses: list[str], scheme: str
) -> None:
    page = site.open(viewport={"width": 320, "height": 640}, color_scheme=scheme)
    for address in addresses:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
        assert page.evaluate(LOW_CONTRAST) == [], (address, scheme)
    page.goto("/")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate(LOW_CONTRAST) == []
    # The page for a bad link is a 404 by design, and the browser says so.
    site.complaints = [each for each in site.complaints if "status of 404" not in each]


@pytest.mark.usefixtures("papers")
def test_the_admin_runs_under_the_same_policy(site: BrowserSite) -> None:
    User.objects.create_superuser("operator", password="a long password")
    person = factories.subscriber("ada@example.org", "diffusion model")
    page = site.open("/admin/")
    page.get_by_label("Username").fill("operator")
    page.get_by_label("Password").fill("a long password")
    submit(page, "Log in")
    page.goto(reverse("admin:subscriptions_subscriber_change", args=[person.pk]))
    page.get_by_role("link", name="Preview their next digest").click()
    mail = page.frame_locator("iframe")
    expect(mail.get_by_role("link", name="Diffusion models for maps")).to_be_visible()
    page.goto(reverse("admin:subscriptions_subscriber_changelist"))
    page.locator("input[name=_selected_action]").check()
    page.locator("select[name=action]").select_option("send_now")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_text("1 subscriber.")).to_be_visible()
    page.get_by_role("button", name="Yes, go ahead").click()
    expect(page.get_by_text("is on the way")).to_be_visible()
    assert Digest.objects.get().state == "sent"
    page.goto(reverse("admin:digest_dump_changelist"))
    page.goto(reverse("admin:digest_dump_add"))


HOSTILE = b"""Content-Type: text/html; charset=utf-8
Subject: <script>top.hurt = 1</script>

<html><head><base href="https://evil.invalid/"></head><body onload="top.hurt = 1">
<script>top.hurt = 1; document.body.textContent = "run"</script>
<form action="/admin/"><button>Press</button></form>
<iframe src="/admin/"></iframe><p>Still here</p></body></html>
"""


def test_a_hostile_mail_can_do_nothing(site: BrowserSite, settings: Settings) -> None:
    folder = settings.OUTBOX_DIR
    folder.mkdir()
    name = "20261120T070000.000000Z-0123456789abcdef.eml"
    (folder / name).write_bytes(HOSTILE)
    page = site.open("/outbox/")
    page.locator(".mails a").first.click()
    expect(page.frame_locator("iframe").get_by_text("Still here")).to_be_visible()
    assert page.evaluate("window.hurt") is None
    page.goto(f"/outbox/{name}/html/")
    expect(page.get_by_text("Still here")).to_be_visible()
    page.get_by_role("button", name="Press").click()
    assert page.url.endswith("/html/")
    assert site.complaints  # the browser says what it refused
    site.complaints = []
