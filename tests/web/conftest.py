"""Fixtures: a real browser on a real server, an operator, and subscribers."""

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from digest.celery import app
from digest.models import Paper
from subscriptions.models import Subscriber, Subscription
from tests.support import factories

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ("--disable-background-networking", "--disable-component-update", "--no-first-run")


@pytest.fixture
def dump_folders(settings: Settings, tmp_path: Path) -> None:
    """Folders of the test's own for what the ingest keeps."""
    settings.DUMPS_DIR = tmp_path / "dumps"
    settings.INBOX_DIR = tmp_path / "inbox"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium; the test is skipped where there is none."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("Chromium is missing: apt-get install chromium")
    # Playwright runs its event loop in this thread; the tests read the database beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses root's sandbox
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=program, args=[*QUIET, *root])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class BrowserSite:
    """The site in a browser; errors and warnings of the browser are collected."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.complaints: list[str] = []
        self.contexts: list[BrowserContext] = []

    def open(self, path: str = "/", **choices: object) -> Page:
        """A page in a fresh window; `choices` are those of Playwright's new_context."""
        context = self.browser.new_context(base_url=self.address, **choices)  # type: ignore[arg-type]
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._asked(request.url))
        page.goto(path)
        return page

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _asked(self, address: str) -> None:
        if not address.startswith((self.address, "data:", "about:")):
            self.complaints.append(f"asked for {address}")


@pytest.fixture
def site(
    chromium: Browser,
    live_server: LiveServer,
    settings: Settings,
    tmp_path: Path,
) -> Iterator[BrowserSite]:
    """The site with an outbox of its own; tasks run at once, in the request that wakes them."""
    settings.SITE_URL = live_server.url
    settings.OUTBOX_DIR = tmp_path / "outbox"
    app.conf.task_always_eager = True
    opened = BrowserSite(chromium, live_server.url)
    yield opened
    for context in opened.contexts:
        context.close()
    app.conf.task_always_eager = False
    assert not opened.complaints


@pytest.fixture
def operator(client: Client) -> Client:
    """An operator who is logged in, and may do everything."""
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.fixture
def person() -> Subscriber:
    return factories.subscriber("ada@example.org", "diffusion model", "speech")


@pytest.fixture
def first(person: Subscriber) -> Subscription:
    return person.subscriptions.get(text="diffusion model")


@pytest.fixture
def recent_papers() -> list[Paper]:
    """Papers of yesterday; the first is of a topic that the second has too."""
    day = timezone.now().date() - timedelta(days=1)
    titles = ["Diffusion models for medical imaging", "Diffusion models in medical imaging",
              *(f"A diffusion model, number {n}" for n in range(8))]  # fmt: skip
    return [factories.paper(title, abstract="It works.", listed_on=day) for title in titles]
