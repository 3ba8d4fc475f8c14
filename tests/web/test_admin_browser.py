"""The admin in Chromium: its policy holds, and all can be read in the light and in the dark."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import Page, expect
from pytest_django import Settings

from digest.models import Digest, DigestEntry, Listing, Paper
from tests.support import factories
from tests.support.browser import submit
from tests.support.dashboard_rows import make_service

from .conftest import BrowserSite
from .pages import dump
from .test_accessibility import violations
from .test_browser import LOW_CONTRAST

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long password"


def log_in(page: Page, code: str = "") -> None:
    page.get_by_label("Username").fill("operator")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code").fill(code)
    submit(page, "Log in")


@pytest.fixture
def digest(settings: Settings) -> Digest:
    settings.CELERY_BROKER_URL = "memory://"
    User.objects.create_superuser("operator", password=PASSWORD)
    paper = factories.paper("Diffusion models", abstract="A diffusion model.")
    return Digest.objects.create(
        subscriber=factories.subscriber("ada@example.org", "diffusion model"),
        local_date=factories.MORNING.date(),
        not_before=factories.MORNING,
        expires_at=factories.MORNING,
        composed_at=factories.MORNING,
        from_seq=0,
        to_seq=1,
        entries=[DigestEntry(paper.pk, ("diffusion model",), "title hit")],
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_kind_of_page_can_be_read(site: BrowserSite, digest: Digest, scheme: str) -> None:
    page = site.open("/admin/", color_scheme=scheme)
    low = {"log-in": page.evaluate(LOW_CONTRAST)}
    log_in(page)
    page.goto(reverse("admin:two-factor"))
    submit(page, "Set up an app")
    # The picture was drawn, under the page's policy.
    picture = page.get_by_role("img", name="QR code for your authenticator app")
    assert picture.evaluate("image => image.complete && image.naturalWidth > 100")
    low["two-factor"] = page.evaluate(LOW_CONTRAST)
    for name in ("index", "why-nothing", "admin_logentry_changelist", "digest_source_changelist"):
        page.goto(reverse(f"admin:{name}"))
        low[name] = page.evaluate(LOW_CONTRAST)
    page.goto(reverse("admin:subscriber-timeline", args=[digest.subscriber_id]))
    low["timeline"] = page.evaluate(LOW_CONTRAST)
    page.goto(reverse("admin:digest-mail", args=[digest.pk]))
    low["mail"] = page.evaluate(LOW_CONTRAST)
    page.goto(reverse("admin:digest_digest_changelist"))
    page.locator("input[name=_selected_action]").check()
    page.locator("select[name=action]").select_option("cancel")
    submit(page, "Go")
    low["question"] = page.evaluate(LOW_CONTRAST)
    page.get_by_role("link", name="No, go back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Select digest to view")
    assert {name: found for name, found in low.items() if found} == {}


def test_no_page_of_our_own_is_wider_than_a_phone(site: BrowserSite, digest: Digest) -> None:
    paper = Paper.objects.get()
    dump(factories.MORNING.date(), paper)
    doi = f"10.1000/{'d' * 40}"
    Listing.objects.update(doi=doi, record={"title": "A title of several longer words"})
    page = site.open("/admin/", viewport={"width": 360, "height": 800})
    log_in(page)
    for address in (
        reverse("admin:why-nothing"),
        reverse("admin:source-services"),
        reverse("admin:source-service", args=["openalex"]),
        reverse("admin:digest_dump_add"),
        reverse("admin:paper-split", args=[paper.pk]),
        reverse("admin:subscriber-timeline", args=[digest.subscriber_id]),
        reverse("admin:subscriber-find"),
    ):
        page.goto(address)
        root = page.locator("html")
        assert root.evaluate("root => root.scrollWidth <= root.clientWidth"), address


@pytest.mark.parametrize(
    ("width", "scheme"), [(360, "dark"), (360, "light"), (1280, "dark"), (1280, "light")]
)
def test_the_dashboard_stands_in_nobodys_way(
    site: BrowserSite, digest: Digest, width: int, scheme: str
) -> None:
    make_service()
    page = site.open("/admin/", viewport={"width": width, "height": 900}, color_scheme=scheme)
    log_in(page)
    expect(page.get_by_role("img", name="Digests by day")).to_be_visible()
    found = violations(page, "closed")
    for disclosure in page.locator("#content details > summary").all():
        disclosure.click()
    found += violations(page, "open")
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    bar = page.locator("svg[role=img] rect").first.bounding_box()
    picture = page.locator("svg[role=img]").first.bounding_box()
    assert bar
    assert picture
    assert picture["x"] < bar["x"] < picture["x"] + picture["width"]


def test_a_link_of_a_mail_does_nothing_for_whom_it_was_written(
    site: BrowserSite, digest: Digest
) -> None:
    page = site.open("/admin/")
    log_in(page)
    page.goto(reverse("admin:digest-mail", args=[digest.pk]))
    page.frame_locator("iframe").get_by_role("link", name="Unsubscribe").click()
    expect(page.get_by_role("button", name="Unsubscribe")).to_have_count(0)
    assert "link-removed" in page.url
    # The page for a bad link is a 404 by design, and the browser says so.
    site.complaints = [each for each in site.complaints if "status of 404" not in each]


def test_an_app_is_set_up_and_asked_for(site: BrowserSite, digest: Digest) -> None:
    page = site.open("/admin/")
    log_in(page)
    page.get_by_role("link", name="Two-step log-in").click()
    page.get_by_role("button", name="Set up an app").click()
    device = TOTPDevice.objects.get()
    page.get_by_label("Code").fill(f"{totp(device.bin_key):06d}")
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("From now on, you need a code to log in.")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    page.goto("/admin/")
    log_in(page)
    expect(page.get_by_text("Enter your password again, and the code")).to_be_visible()
    TOTPDevice.objects.update(last_t=-1)  # as if half a minute had passed
    log_in(page, f"{totp(device.bin_key):06d}")
    expect(page.get_by_role("heading", name="Operators’ desk")).to_be_visible()
