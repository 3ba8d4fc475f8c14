"""Walks through pages that a test serves."""

from collections.abc import Callable, Sequence
from datetime import date

from digest.ingest.sources.paging import FetchedPage, PageWalk, walk_of
from digest.models import Source

DAY = date(2026, 11, 20)
CONTACT = "ops@example.org"
Serve = Callable[[str], bytes | FetchedPage]


def walk_at(address: str, list_path: str = "", cursor_path: str = "") -> PageWalk:
    source = Source(url=address, list_path=list_path, cursor_path=cursor_path)
    return walk_of(source, DAY, CONTACT)


def walked(
    address: str, serve: Serve, list_path: str = "", cursor_path: str = ""
) -> tuple[list[str], PageWalk]:
    """Return the addresses that were asked, and the walk at its end."""
    walk, asked = walk_at(address, list_path, cursor_path), []
    while (here := walk.next_address()) is not None:
        asked.append(here)
        page = serve(here)
        walk.add(page if isinstance(page, FetchedPage) else FetchedPage(page))
    return asked, walk


def joined(bodies: Sequence[bytes], list_path: str = "") -> bytes:
    walk = walk_at("https://a.example/{page}", list_path)
    for body in bodies:
        walk.add(FetchedPage(body))
    return walk.joined()
