"""The page of a search, asked and read."""

from datetime import date, timedelta
from typing import Any

from django.test import Client

from tests.support import factories

from .pages import Page

DAY = date(2026, 11, 20)


def search(client: Client, q: str, **more: Any) -> Page:
    response = client.get("/search/", {"q": q, **more})
    assert response.status_code == 200
    return Page(response)


def titles(page: Page) -> list[str]:
    """The titles of a page's papers, in order."""
    labels = [each.get("aria-label", "") for each in page.all("a")]
    return [each.removeprefix("Details of ") for each in labels if each.startswith("Details of ")]


def many(count: int) -> None:
    """Papers on speech, of which the first is the newest."""
    for number in range(count):
        factories.paper(f"Speech {number}", listed_on=DAY - timedelta(days=number))
