"""Sources on the test's web server, and the pages they list papers on."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from digest.ingest.sources import FetchResult, fetch_due
from digest.models import Source

from .web_server import WebServer

MORNING = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)  # a Friday
TODAY = MORNING.date()


def fetch_now(at: datetime = MORNING, seconds: float = 45) -> list[FetchResult]:
    return fetch_due(lambda: at, seconds)


def days_asked(web: WebServer) -> list[str]:
    return [path.removeprefix("/") for path in web.paths]


def day_before(ago: int) -> date:
    return TODAY - timedelta(days=ago)


def copied_page(on: date, *titles: str) -> bytes:
    """Return a day's listing as copied text."""
    papers = "".join(
        f"{title}\n\nWe study it and report what we found, at length.\n\n  • 2 authors\n·\n"
        f"{on:%b} {on.day}\n\n"
        for title in titles
    )
    return f"Daily Papers\n\n{on:%b} {on.day}, {on.year}\n\n{papers}".encode()


def api_page(*numbers: int) -> bytes:
    """Return a page of the daily-papers API."""
    papers = [
        {
            "paper": {
                "id": f"2611.{number:05}",
                "title": f"Paper number {number}",
                "summary": "We study it and report what we found.",
                "publishedAt": "2026-11-19T00:00:00.000Z",
                "authors": [{"name": "A. Author"}],
                "upvotes": number,
            },
            "title": f"Paper number {number}",
            "publishedAt": "2026-11-20T00:00:00.000Z",
            "numComments": 0,
        }
        for number in numbers
    ]
    return json.dumps(papers).encode()


def make_source(web: WebServer, path: str = "/", **values: Any) -> Source:
    """Create a source that is switched on, due, and past its first fetch."""
    usual: dict[str, Any] = {
        "name": "Papers",
        "kind": Source.Kind.URL,
        "url": web.url + path,
        "allow_private": True,
        "every_minutes": 60,
        "enabled": True,
        "enabled_at": MORNING,
        "next_run_at": MORNING,
        "first_fetched_at": MORNING - timedelta(days=30),
    }
    return Source.objects.create(**(usual | values))
