"""Pages of an unfinished day: what leads on from them is kept with them."""

from datetime import timedelta
from typing import Any

import pytest

from digest.ingest.sources.paging import FetchedPage, PartialPages
from digest.models import Paper, Source

from ..source_factory import MORNING, TODAY, api_page, fetch_now, make_source
from ..web_server import Request, WebServer, reply

# Pages older than an hour, by the clock of the disk, are not used.
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.real_clock,
    pytest.mark.usefixtures("folders"),
]
KEY = "linked-key-12345"


@pytest.fixture
def linked(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> WebServer:
    """A server with three pages, each with the address of the next in its head, key and all."""
    monkeypatch.setenv("SOURCE_LAB_KEY", KEY)
    monkeypatch.setenv("SOURCE_LAB_KEY_HOST", "127.0.0.1")

    def answer(asked: Request) -> Any:
        number = int(asked.path.partition("p=")[2].partition("&")[0] or "1")
        following = f"{web.url}/?p={number + 1}&api_key={KEY}"
        head = {"Link": f'<{following}>; rel="next"'} if number < 3 else {}
        return reply(body=api_page(number), **head)

    web.otherwise = answer
    return web


def linked_source(web: WebServer) -> Source:
    return make_source(
        web, "/?p=1", cursor_path="header:Link", format="hf_json",
        key_variable="SOURCE_LAB_KEY", key_place="query:api_key",
    )  # fmt: skip


def test_a_link_is_followed_from_where_a_step_ended(
    linked: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked_source(linked)
    monkeypatch.setattr("digest.ingest.sources.website.ENOUGH_SECONDS", 9999)
    steps = 0
    while (fetched := fetch_now(MORNING + timedelta(minutes=steps))[0]).more and steps < 9:
        steps += 1
    assert (fetched.error, steps) == ("", 2)
    assert Paper.objects.count() == 3
    assert linked.paths == [f"/?p={number}&api_key={KEY}" for number in (1, 2, 3)]


def test_the_key_in_a_link_is_not_kept(
    linked: WebServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked_source(linked)
    monkeypatch.setattr("digest.ingest.sources.website.ENOUGH_SECONDS", 9999)
    assert fetch_now()[0].more
    kept = [each.read_bytes() for each in (tmp_path / "fetching").rglob("*.*")]
    assert any(b'rel="next"' in each for each in kept)
    assert not any(KEY.encode() in each for each in kept)


@pytest.mark.parametrize("changed", ["url", "list_path", "cursor_path"])
def test_pages_of_another_way_of_asking_are_not_used(web: WebServer, changed: str) -> None:
    source = make_source(web)
    PartialPages(source, TODAY).add(1, FetchedPage(b"[1]", "next"))
    assert PartialPages(source, TODAY).pages() == [FetchedPage(b"[1]", "next")]
    setattr(source, changed, "other")
    assert PartialPages(source, TODAY).pages() == []


def test_all_pages_together_have_a_limit(linked: WebServer, settings: Any) -> None:
    linked_source(linked)
    settings.MAX_DUMP_BYTES = len(api_page(1)) * 2
    (fetched,) = fetch_now()
    assert "together have more than MAX_DUMP_BYTES" in fetched.error
    assert not Paper.objects.exists()
