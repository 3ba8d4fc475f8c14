"""A mail in a browser as wide as a phone: short, and nothing wider than the screen."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from digest.mail.mime.composer import ComposedMail
from tests.support.broad_digest import broad_reader
from tests.support.mails import mail_to

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.browser,
]
WIDTH, SCREEN = 390, 844  # CSS pixels of a common phone
MOST_SCREENS = 5


def shown(
    chromium: Browser, mail: ComposedMail, width: int = WIDTH, scheme: str = "light", name: str = ""
) -> tuple[float, float]:
    """Width and height of the whole mail; a picture of it in PICTURES, if that is set."""
    page = chromium.new_page(
        viewport={"width": width, "height": SCREEN},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page.set_content(mail.html)
    if (folder := os.environ.get("PICTURES")) and name:
        page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
    size = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    page.close()
    return size[0], size[1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_broad_digest_is_five_screens_at_most(chromium: Browser, scheme: str) -> None:
    mail = mail_to(broad_reader())
    assert "and 20 more" in mail.text
    width, height = shown(chromium, mail, scheme=scheme, name="brief")
    shown(chromium, mail, 1280, scheme, "brief")
    print(f"{height / SCREEN:.2f} screens, {len(mail.html):,} bytes of HTML")
    assert width == WIDTH
    assert height <= MOST_SCREENS * SCREEN


@pytest.mark.parametrize("kind", ["short", "full", "none"])
def test_no_length_is_wider_than_the_screen(chromium: Browser, kind: str) -> None:
    mail = mail_to(broad_reader(abstracts=kind))
    for width in (320, WIDTH):
        assert shown(chromium, mail, width, name=kind)[0] == width
