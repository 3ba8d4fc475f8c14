"""The page of a digest in a browser, without JavaScript."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine

from digest.rendering.digest_message import compose_digest
from digest.rendering.sections import group_id
from subscriptions.digest_links import signed
from subscriptions.links import Purpose
from tests.support.broad_digest import broad_reader
from tests.support.factories import MORNING
from tests.support.mails import digest_of, links_of_html, parsed

from .conftest import BrowserSite

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "light")])
def test_a_group_is_reached_and_its_abstracts_open(
    site: BrowserSite, width: int, scheme: str
) -> None:
    with time_machine.travel(MORNING, tick=True):
        digest = digest_of(broad_reader())
        mail = parsed(compose_digest(digest))
        name = group_id("reinforcement learning")
        to = urlsplit(next(link for link in links_of_html(mail) if link.endswith(f"#{name}")))
        page = site.open(
            f"{to.path}?{to.query}#{to.fragment}",
            viewport={"width": width, "height": 844},
            color_scheme=scheme,
            java_script_enabled=False,
        )
        assert page.locator(f"#{name} article").count() == 24
        card = page.locator("article", has=page.locator("details")).first
        short, whole = card.locator(".abstract").all()
        assert short.is_visible()
        assert not whole.is_visible()
        card.locator("summary").click()
        assert whole.is_visible()
        assert not short.is_visible()
        if folder := os.environ.get("PICTURES"):
            page.screenshot(path=Path(folder) / f"page-{width}-{scheme}.png", clip={
                "x": 0, "y": 0, "width": width, "height": 1600}, full_page=True)  # fmt: skip
        everything = urlsplit(signed(digest, "digest", Purpose.DIGEST, digest.pk)).path
        page.goto(everything)
        assert page.locator("article").count() == 45
        if folder:
            page.screenshot(path=Path(folder) / f"pages-{width}-{scheme}.png", clip={
                "x": 0, "y": 0, "width": width, "height": 1600}, full_page=True)  # fmt: skip
        box = page.locator("body").bounding_box()
        assert box is not None
        assert box["width"] <= width
