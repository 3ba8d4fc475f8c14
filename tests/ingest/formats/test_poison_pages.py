"""Days whose pages cannot be joined are given up in the end, and later days are fetched."""

import pytest

from digest.ingest.sources.paging import FetchedPage, PartialPages
from digest.ingest.sources.paging.paged_walk import PagedWalk
from digest.ingest.sources.website import MAX_REFUSALS
from digest.models import Dump
from tests.ingest.sources.paging.page_walks import joined
from tests.ingest.sources.source_factory import (
    MORNING,
    TODAY,
    copied_page,
    day_before,
    fetch_now,
    make_source,
)
from tests.ingest.sources.web_server import WebServer, reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folders")]


def test_such_a_day_is_refused_like_others_and_given_up(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_source(web, "/{date}", covered_through=day_before(2), refusals=MAX_REFUSALS - 2)
    web.answer(f"/{day_before(1)}", reply(body=b"poison"))
    web.answer(f"/{TODAY}", reply(body=copied_page(TODAY, "Robots")))

    whole = PagedWalk.joined

    def broken(walk: PagedWalk) -> bytes:
        if walk.pages[0].body == b"poison":
            raise RecursionError
        return whole(walk)

    monkeypatch.setattr(PagedWalk, "joined", broken)
    (fetched,) = fetch_now()
    assert "The program failed on its pages (RecursionError)" in fetched.error
    made.refresh_from_db()
    fetch_now(made.next_run_at or MORNING)
    made.refresh_from_db()
    assert f"{day_before(1)} is skipped after {MAX_REFUSALS} tries" in made.trouble
    assert Dump.objects.get().listed_on == TODAY


def test_half_a_pair_of_utf_16_is_joined() -> None:
    assert joined([b'[{"a": "\\ud800"}]', b'[{"b": 1}]']) == b'[{"a": "\\ud800"}, {"b": 1}]'


def test_pages_that_vanish_begin_the_day_anew(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial = PartialPages(make_source(web), TODAY)
    partial.add(1, FetchedPage(b"[1]"))
    real = sorted

    def vanishing(paths: object) -> list[object]:
        found = real(paths)  # type: ignore[call-overload]
        partial.drop()
        return list(found)

    monkeypatch.setattr(
        "digest.ingest.sources.paging.partial_pages.sorted", vanishing, raising=False
    )
    assert partial.pages() == []
