"""Addresses with a day or a page in them: what was missed is caught up, each day a dump."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest.ingest import sources as package
from digest.ingest.sources.fetch_schedule import MAX_DAYS
from digest.ingest.sources.website import ENOUGH_SECONDS, MAX_REFUSALS
from digest.models import Dump, Paper, Source

from .source_factory import (
    MORNING,
    TODAY,
    api_page,
    copied_page,
    day_before,
    days_asked,
    fetch_now,
    make_source,
)
from .web_server import WebServer, reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folders")]


class TestDays:
    def test_the_first_time_it_is_today_alone(self, web: WebServer) -> None:
        made = make_source(web, "/{date}", first_fetched_at=None)
        web.answer(f"/{TODAY}", reply(body=copied_page(TODAY, "Robots")))
        fetch_now()
        made.refresh_from_db()
        assert days_asked(web) == [str(TODAY)]
        assert (made.covered_through, made.first_fetched_at) == (day_before(1), MORNING)
        assert Paper.objects.get().seq is None

    def test_missed_days_come_oldest_first_each_its_own_dump(self, web: WebServer) -> None:
        made = make_source(web, "/{date}", covered_through=day_before(4))
        for ago in range(4):
            web.answer(
                f"/{day_before(ago)}",
                reply(body=copied_page(day_before(ago), f"Paper of {ago} days ago")),
            )
        fetch_now()
        assert days_asked(web) == [str(day_before(ago)) for ago in (3, 2, 1, 0)]
        made.refresh_from_db()
        assert made.covered_through == day_before(1)
        listed = Dump.objects.order_by("pk").values_list("listed_on", flat=True)
        assert list(listed) == [day_before(3), day_before(2), day_before(1), day_before(0)]
        assert Paper.objects.numbered().count() == 4

    def test_today_is_fetched_until_it_is_over(self, web: WebServer) -> None:
        made = make_source(web, "/{date}", covered_through=day_before(1))
        web.answer(
            f"/{TODAY}",
            reply(body=copied_page(TODAY, "Early")),
            reply(body=copied_page(TODAY, "Early", "Late")),
        )
        web.answer(f"/{day_before(-1)}", reply(404))
        fetch_now()
        fetch_now(MORNING + timedelta(days=1))
        assert days_asked(web) == [str(TODAY), str(TODAY), str(day_before(-1))]
        assert Paper.objects.numbered().count() == 2
        made.refresh_from_db()
        assert (made.covered_through, made.trouble) == (TODAY, "")

    def test_old_days_are_backfill(self, web: WebServer) -> None:
        make_source(web, "/{date}", covered_through=day_before(16))
        for ago in range(16):
            web.answer(
                f"/{day_before(ago)}",
                reply(body=copied_page(day_before(ago), f"Paper of {ago} days ago")),
            )
        fetch_now()
        old = Paper.objects.get(title="Paper of 15 days ago")
        assert (old.seq, Paper.objects.numbered().count()) == (None, 15)

    def test_a_long_outage_is_caught_up_in_turns(self, web: WebServer) -> None:
        made = make_source(web, "/{date}", covered_through=day_before(40), format="hf_json")
        for ago in range(40):
            web.answer(f"/{day_before(ago)}", reply(body=b"[]"))
        (fetched,) = fetch_now()
        assert fetched.more
        assert len(web.asked) == MAX_DAYS
        fetch_now(MORNING + timedelta(minutes=1))
        assert days_asked(web) == [str(day_before(ago)) for ago in range(39, -1, -1)]
        made.refresh_from_db()
        assert made.covered_through == day_before(1)
        assert not Dump.objects.exists()

    def test_a_crash_between_days_goes_on_where_it_was(
        self, web: WebServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = make_source(web, "/{date}", covered_through=day_before(3))
        for ago in range(3):
            web.answer(
                f"/{day_before(ago)}",
                reply(body=copied_page(day_before(ago), f"Paper of {ago} days ago")),
            )
        whole = package.website.ingest_bytes

        def killed(*args: Any) -> Dump:
            if args[-1] == day_before(1):
                raise KeyboardInterrupt
            return whole(*args)

        with monkeypatch.context() as patch:
            patch.setattr(package.website, "ingest_bytes", killed)
            with pytest.raises(KeyboardInterrupt):
                fetch_now()
        assert Source.objects.get().covered_through == day_before(2)
        assert fetch_now(MORNING + timedelta(seconds=1)) == []  # its lease still holds
        Source.objects.update(lease_until=MORNING - timedelta(days=9999))
        fetch_now(MORNING + timedelta(minutes=4))
        assert days_asked(web) == [str(day_before(ago)) for ago in (2, 1, 1, 0)]
        made.refresh_from_db()
        assert Paper.objects.numbered().count() == 3

    def test_without_network_no_day_is_given_up(self, web: WebServer) -> None:
        made = make_source(
            web, "/{date}", covered_through=day_before(3), url="http://127.0.0.1:1/{date}"
        )
        at = MORNING
        for _ in range(MAX_REFUSALS + 2):
            fetch_now(at, seconds=25)
            made.refresh_from_db()
            at = made.next_run_at
        assert (made.covered_through, made.refusals) == (day_before(3), 0)
        assert made.failures == MAX_REFUSALS + 2

    def test_a_day_that_is_never_a_listing_is_left_out_by_name(self, web: WebServer) -> None:
        made = make_source(web, "/{date}", covered_through=day_before(2))
        web.answer(f"/{day_before(1)}", reply(404))
        web.answer(f"/{TODAY}", reply(body=copied_page(TODAY, "Robots")))
        at = MORNING
        for number in range(1, MAX_REFUSALS):
            fetch_now(at)
            made.refresh_from_db()
            assert (made.refusals, made.covered_through) == (number, day_before(2))
            at = made.next_run_at
        assert not Paper.objects.exists()
        fetch_now(at)
        made.refresh_from_db()
        assert f"{day_before(1)} is skipped after {MAX_REFUSALS} tries" in made.trouble
        assert (made.covered_through, made.refusals) == (day_before(1), 0)
        assert Paper.objects.count() == 1

    def test_a_page_of_today_that_is_still_to_come_is_no_error(self, web: WebServer) -> None:
        made = make_source(web, "/{date}", covered_through=day_before(1))
        web.answer(f"/{TODAY}", reply(404))
        (fetched,) = fetch_now()
        assert fetched.error == ""
        made.refresh_from_db()
        assert made.covered_through == day_before(1)

    def test_the_day_in_the_address_is_the_day_of_the_dump(self, web: WebServer) -> None:
        make_source(web, "/{date}", covered_through=day_before(2), format="hf_json")
        for ago in (1, 0):
            web.answer(f"/{day_before(ago)}", reply(body=api_page(ago + 1)))
        fetch_now()
        days = Paper.objects.order_by("listed_on").values_list("listed_on", flat=True)
        assert list(days) == [day_before(1), TODAY]

    def test_a_step_that_takes_too_long_goes_on_at_the_next(self, web: WebServer) -> None:
        made = make_source(web, "/{date}", covered_through=day_before(3))
        for ago in range(3):
            web.answer(
                f"/{day_before(ago)}",
                reply(body=copied_page(day_before(ago), f"Paper of {ago} days ago")),
            )
        (fetched,) = fetch_now(seconds=ENOUGH_SECONDS - 1)
        assert (fetched.more, len(web.asked)) == (True, 1)
        made.refresh_from_db()
        assert made.covered_through == day_before(2)
        assert made.next_run_at == MORNING + timedelta(seconds=30)
        assert made.first_fetched_at is not None

    # 20 November 2026 is a Friday.
    @pytest.mark.parametrize(("ago", "believed"), [(0, True), (1, False), (5, True), (6, True)])
    def test_a_short_listing_is_no_wonder_today_or_at_the_week_end(
        self, web: WebServer, ago: int, believed: bool
    ) -> None:
        at = MORNING - timedelta(days=ago)
        made = make_source(web, "/{date}", covered_through=day_before(ago + 4), next_run_at=at)
        for each in range(1, 4):
            titles = [f"Paper {number} of {each}" for number in range(20)]
            web.answer(
                f"/{day_before(ago + each)}",
                reply(body=copied_page(day_before(ago + each), *titles)),
            )
        web.answer(f"/{day_before(ago)}", reply(body=copied_page(day_before(ago), "Alone")))
        fetch_now(at + timedelta(days=1 if ago else 0))
        assert Paper.objects.filter(title="Alone").exists() == believed
        made.refresh_from_db()
        assert ("Perhaps only part of it" in made.trouble) != believed


class TestPages:
    def test_the_pages_of_a_day_are_one_dump(self, web: WebServer) -> None:
        make_source(
            web, "/?d={date}&limit=2&p={page}", covered_through=day_before(1), format="hf_json"
        )
        for number, body in enumerate([api_page(1, 2), api_page(3, 4), api_page(5)]):
            web.answer(f"/?d={TODAY}&limit=2&p={number}", reply(body=body))
        fetch_now()
        assert (len(web.asked), Dump.objects.get().papers) == (3, 5)

    @pytest.mark.real_clock
    def test_a_step_that_ends_between_pages(self, web: WebServer, tmp_path: Path) -> None:
        made = make_source(
            web, "/?d={date}&limit=1&p={page}", covered_through=day_before(1), format="hf_json"
        )
        for number, body in enumerate([api_page(1), api_page(2), b"[]"]):
            web.answer(f"/?d={TODAY}&limit=1&p={number}", reply(body=body))
        for second in range(1, 4):
            fetch_now(MORNING + timedelta(minutes=second), seconds=ENOUGH_SECONDS - 1)
        assert len(web.asked) == 3
        assert Dump.objects.get().papers == 2
        made.refresh_from_db()
        assert not list((tmp_path / "fetching").iterdir())

    def test_a_page_that_is_none_spoils_the_day_and_not_the_next_try(self, web: WebServer) -> None:
        make_source(web, "/?p={page}&limit=1", format="hf_json")
        web.answer("/?p=0&limit=1", reply(body=api_page(1)))
        web.answer("/?p=1&limit=1", reply(404), reply(body=api_page(2)))
        web.answer("/?p=2&limit=1", reply(body=b"[]"))
        (first,) = fetch_now()
        assert "404" in first.error
        assert not Dump.objects.exists()
        fetch_now(MORNING + timedelta(hours=1))
        assert Dump.objects.get().papers == 2

    def test_after_a_page_that_is_none_the_day_is_begun_anew(self, web: WebServer) -> None:
        make_source(web, "/?p={page}&limit=1", format="hf_json")
        web.answer("/?p=0&limit=1", reply(body=api_page(1)), reply(body=api_page(3)))
        web.answer("/?p=1&limit=1", reply(body=b"<h1>busy</h1>"), reply(body=b"[]"))
        (first,) = fetch_now()
        assert "page 2 is not of the same kind" in first.error
        fetch_now(MORNING + timedelta(hours=1))
        assert Paper.objects.get().arxiv_id == "2611.00003"

    def test_of_several_pages_the_first_says_nothing_of_the_others(self, web: WebServer) -> None:
        made = make_source(web, "/?p={page}&limit=1", format="hf_json")
        web.answer("/?p=0&limit=1", reply(body=api_page(1), ETag='"1"'))
        web.answer("/?p=1&limit=1", reply(body=b"[]"))
        fetch_now()
        made.refresh_from_db()
        assert made.etag == ""
