"""Sources on the web: claimed by one, fetched in steps, caught up after an outage."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from digest.ingest import fetch as package
from digest.ingest.fetch import Fetched, fetch_due, turns
from digest.ingest.fetch.days import MOST_DAYS
from digest.ingest.fetch.website import ENOUGH_SECONDS, PATIENCE
from digest.models import Catalogue, Dump, Paper, Source, Turn
from digest.models.sources import SourceQuerySet
from tests.site import Site

from .fetching import MORNING, TODAY, api_page, day, page, source
from .web_server import WebServer, moved, reply, serving, silent

pytestmark = pytest.mark.django_db


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.ingest.fetch.web.PAUSE_SECONDS", 0.01)
    settings.DATA_DIR = tmp_path
    settings.DUMPS_DIR = tmp_path / "dumps"


def run(at: datetime = MORNING, seconds: float = 45) -> list[Fetched]:
    return fetch_due(lambda: at, seconds)


def days_asked(web: WebServer) -> list[str]:
    return [path.removeprefix("/") for path in web.paths]


class TestOneAddress:
    def test_what_is_listed_becomes_papers_and_is_noted(self, web: WebServer) -> None:
        made = source(web)
        web.answer("/", reply(body=page(TODAY, "Robots that knit"), ETag='"1"'))
        (fetched,) = run()
        assert fetched.error == ""
        dump = Dump.objects.get()
        assert (dump.state, dump.source, dump.new) == ("parsed", made, 1)
        made.refresh_from_db()
        assert made.last_success_at == MORNING
        assert made.next_run_at == MORNING + timedelta(minutes=60)
        assert (made.etag, made.lease_until, made.trouble) == ('"1"', None, "")

    def test_who_asks_is_said(self, web: WebServer) -> None:
        source(web, contact="ops@example.org")
        run()
        assert "ops@example.org" in web.asked[0].headers["user-agent"]
        assert "PaperDigest" in web.asked[0].headers["user-agent"]

    @pytest.mark.parametrize("contact", ["Zoë <zoë@example.org>", "a\r\nX-Evil: 1", "\x00"])
    def test_a_contact_cannot_spoil_the_request(self, web: WebServer, contact: str) -> None:
        if connection.vendor == "postgresql" and "\x00" in contact:
            pytest.skip("PostgreSQL keeps no NUL")
        source(web, contact=contact)
        web.answer("/", reply(body=page(TODAY, "Robots")))
        (fetched,) = run()
        assert not web.asked or "x-evil" not in web.asked[0].headers
        assert bool(fetched.error) != bool(web.asked)

    def test_what_cannot_be_sent_back_is_not_kept(self, web: WebServer) -> None:
        made = source(web)
        web.answer("/", reply(body=page(TODAY, "Robots"), ETag='"é"', Last_Modified="x" * 101))
        run()
        run(MORNING + timedelta(hours=2))
        made.refresh_from_db()
        assert (made.etag, made.last_modified, made.trouble) == ("", "", "")
        assert "if-none-match" not in web.asked[1].headers

    def test_whatever_the_other_side_writes_can_be_noted(self, web: WebServer) -> None:
        made = source(web)
        web.answer("/", moved("ftp://a/%00\x7f" + "x" * 3000))
        run()
        made.refresh_from_db()
        assert 0 < len(made.last_error) <= 2000
        assert made.last_error.isprintable()

    def test_the_first_fetch_is_backfill_and_what_follows_is_news(self, web: WebServer) -> None:
        source(web, first_fetched_at=None)
        web.answer("/", reply(body=page(TODAY, "Old one")), reply(body=page(TODAY, "New one")))
        run()
        run(MORNING + timedelta(hours=2))
        numbered = dict(Paper.objects.values_list("title", "seq"))
        assert numbered == {"Old one": None, "New one": 1}

    def test_a_source_of_backfill_never_gives_news(self, web: WebServer) -> None:
        source(web, intent="backfill")
        web.answer("/", reply(body=page(TODAY, "Robots that knit")))
        run()
        assert (Paper.objects.count(), Catalogue.current().newest_seq) == (1, 0)

    def test_what_has_not_changed_is_not_read_again(self, web: WebServer) -> None:
        made = source(web)
        ok = reply(body=page(TODAY, "Robots"), ETag='"1"', Last_Modified="Fri, 20 Nov 2026")
        web.answer("/", ok, reply(304))
        run()
        run(MORNING + timedelta(hours=2))
        headers = web.asked[1].headers
        assert (headers["if-none-match"], headers["if-modified-since"][:3]) == ('"1"', "Fri")
        assert Dump.objects.count() == 1
        made.refresh_from_db()
        assert made.last_success_at == MORNING + timedelta(hours=2)

    def test_what_was_not_taken_is_asked_for_anew(self, web: WebServer) -> None:
        made = source(web)
        web.answer("/", reply(body=b"<h1>Please log in</h1>", ETag='"1"'))
        (fetched,) = run()
        assert "was not taken" in fetched.error
        assert Dump.objects.get().state == "quarantined"
        made.refresh_from_db()
        assert (made.etag, made.failures) == ("", 1)
        assert made.trouble == fetched.error

    def test_a_failure_is_noted_and_tried_again_later_and_later(self, web: WebServer) -> None:
        made = source(web, every_minutes=100_000)
        web.answer("/", reply(403))
        at, waits = MORNING, []
        for _ in range(7):
            (fetched,) = run(at)
            assert "403" in fetched.error
            made.refresh_from_db()
            waits.append((made.next_run_at - at).total_seconds() / 60)
            at = made.next_run_at
        assert waits == [5, 15, 60, 180, 360, 360, 360]
        assert made.last_success_at is None

    def test_a_wait_that_is_asked_for_is_kept(self, web: WebServer) -> None:
        made = source(web)
        web.answer("/", reply(503, Retry_After="7200"))
        run()
        made.refresh_from_db()
        assert made.next_run_at == MORNING + timedelta(hours=2)

    def test_a_redirect_into_our_own_network(self, web: WebServer) -> None:
        path = web.answer("/out", moved(f"{web.url}/secret")).replace("127.0.0.1", "localhost")
        made = source(web, url=path)
        web.answer("/secret", reply(body=page(TODAY, "Secret")))
        run()
        made.refresh_from_db()
        assert "its own network" in made.trouble
        assert "/secret" not in web.paths

    def test_a_private_address_is_refused_unless_it_is_allowed(self, web: WebServer) -> None:
        source(web, allow_private=False)
        (fetched,) = run()
        assert "allow a private address" in fetched.error
        assert not web.asked

    def test_a_fault_of_ours_does_not_stop_the_others(
        self, web: WebServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source(web, "/a", name="A", format="gone")
        source(web, "/b", name="B", next_run_at=MORNING + timedelta(seconds=1))
        web.answer("/a", reply(body=b"x"))
        web.answer("/b", reply(body=page(TODAY, "Robots")))
        first, second = run(MORNING + timedelta(minutes=1))
        assert "There is no format “gone”" in first.error
        assert second.error == ""


class TestDays:
    def test_the_first_time_it_is_today_alone(self, web: WebServer) -> None:
        made = source(web, "/{date}", first_fetched_at=None)
        web.answer(f"/{TODAY}", reply(body=page(TODAY, "Robots")))
        run()
        made.refresh_from_db()
        assert days_asked(web) == [str(TODAY)]
        assert (made.covered_through, made.first_fetched_at) == (day(1), MORNING)
        assert Paper.objects.get().seq is None

    def test_missed_days_come_oldest_first_each_its_own_dump(self, web: WebServer) -> None:
        made = source(web, "/{date}", covered_through=day(4))
        for ago in range(4):
            web.answer(f"/{day(ago)}", reply(body=page(day(ago), f"Paper of {ago} days ago")))
        run()
        assert days_asked(web) == [str(day(ago)) for ago in (3, 2, 1, 0)]
        made.refresh_from_db()
        assert made.covered_through == day(1)
        listed = Dump.objects.order_by("pk").values_list("listed_on", flat=True)
        assert list(listed) == [day(3), day(2), day(1), day(0)]
        assert Paper.objects.numbered().count() == 4

    def test_today_is_fetched_until_it_is_over(self, web: WebServer) -> None:
        made = source(web, "/{date}", covered_through=day(1))
        web.answer(
            f"/{TODAY}", reply(body=page(TODAY, "Early")), reply(body=page(TODAY, "Early", "Late"))
        )
        web.answer(f"/{day(-1)}", reply(404))
        run()
        run(MORNING + timedelta(days=1))
        assert days_asked(web) == [str(TODAY), str(TODAY), str(day(-1))]
        assert Paper.objects.numbered().count() == 2
        made.refresh_from_db()
        assert (made.covered_through, made.trouble) == (TODAY, "")

    def test_old_days_are_backfill(self, web: WebServer) -> None:
        source(web, "/{date}", covered_through=day(16))
        for ago in range(16):
            web.answer(f"/{day(ago)}", reply(body=page(day(ago), f"Paper of {ago} days ago")))
        run()
        old = Paper.objects.get(title="Paper of 15 days ago")
        assert (old.seq, Paper.objects.numbered().count()) == (None, 15)

    def test_a_long_outage_is_caught_up_in_turns(self, web: WebServer) -> None:
        made = source(web, "/{date}", covered_through=day(40), format="hf_json")
        for ago in range(40):
            web.answer(f"/{day(ago)}", reply(body=b"[]"))
        (fetched,) = run()
        assert fetched.more
        assert len(web.asked) == MOST_DAYS
        run(MORNING + timedelta(minutes=1))
        assert days_asked(web) == [str(day(ago)) for ago in range(39, -1, -1)]
        made.refresh_from_db()
        assert made.covered_through == day(1)
        assert not Dump.objects.exists()

    def test_a_crash_between_days_goes_on_where_it_was(
        self, web: WebServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = source(web, "/{date}", covered_through=day(3))
        for ago in range(3):
            web.answer(f"/{day(ago)}", reply(body=page(day(ago), f"Paper of {ago} days ago")))
        whole = package.website.take

        def killed(*args: Any) -> Dump:
            if args[-1] == day(1):
                raise KeyboardInterrupt
            return whole(*args)

        with monkeypatch.context() as patch:
            patch.setattr(package.website, "take", killed)
            with pytest.raises(KeyboardInterrupt):
                run()
        assert Source.objects.get().covered_through == day(2)
        assert run(MORNING + timedelta(seconds=1)) == []  # its lease still holds
        Source.objects.update(lease_until=MORNING - timedelta(days=9999))
        run(MORNING + timedelta(minutes=4))
        assert days_asked(web) == [str(day(ago)) for ago in (2, 1, 1, 0)]
        made.refresh_from_db()
        assert Paper.objects.numbered().count() == 3

    def test_without_network_no_day_is_given_up(self, web: WebServer) -> None:
        made = source(web, "/{date}", covered_through=day(3), url="http://127.0.0.1:1/{date}")
        at = MORNING
        for _ in range(PATIENCE + 2):
            run(at, seconds=25)
            made.refresh_from_db()
            at = made.next_run_at
        assert (made.covered_through, made.refusals) == (day(3), 0)
        assert made.failures == PATIENCE + 2

    def test_a_day_that_is_never_a_listing_is_left_out_by_name(self, web: WebServer) -> None:
        made = source(web, "/{date}", covered_through=day(2))
        web.answer(f"/{day(1)}", reply(404))
        web.answer(f"/{TODAY}", reply(body=page(TODAY, "Robots")))
        at = MORNING
        for number in range(1, PATIENCE):
            run(at)
            made.refresh_from_db()
            assert (made.refusals, made.covered_through) == (number, day(2))
            at = made.next_run_at
        assert not Paper.objects.exists()
        run(at)
        made.refresh_from_db()
        assert f"{day(1)} is left out after {PATIENCE} tries" in made.trouble
        assert (made.covered_through, made.refusals) == (day(1), 0)
        assert Paper.objects.count() == 1

    def test_a_page_of_today_that_is_still_to_come_is_no_error(self, web: WebServer) -> None:
        made = source(web, "/{date}", covered_through=day(1))
        web.answer(f"/{TODAY}", reply(404))
        (fetched,) = run()
        assert fetched.error == ""
        made.refresh_from_db()
        assert made.covered_through == day(1)

    def test_the_day_in_the_address_is_the_day_of_the_dump(self, web: WebServer) -> None:
        source(web, "/{date}", covered_through=day(2), format="hf_json")
        for ago in (1, 0):
            web.answer(f"/{day(ago)}", reply(body=api_page(ago + 1)))
        run()
        days = Paper.objects.order_by("listed_on").values_list("listed_on", flat=True)
        assert list(days) == [day(1), TODAY]

    def test_a_step_that_takes_too_long_goes_on_at_the_next(self, web: WebServer) -> None:
        made = source(web, "/{date}", covered_through=day(3))
        for ago in range(3):
            web.answer(f"/{day(ago)}", reply(body=page(day(ago), f"Paper of {ago} days ago")))
        (fetched,) = run(seconds=ENOUGH_SECONDS - 1)
        assert (fetched.more, len(web.asked)) == (True, 1)
        made.refresh_from_db()
        assert made.covered_through == day(2)
        assert made.next_run_at == MORNING + timedelta(seconds=30)
        assert made.first_fetched_at is not None

    # 20 November 2026 is a Friday.
    @pytest.mark.parametrize(("ago", "believed"), [(0, True), (1, False), (5, True), (6, True)])
    def test_a_short_listing_is_no_wonder_today_or_at_the_week_end(
        self, web: WebServer, ago: int, believed: bool
    ) -> None:
        at = MORNING - timedelta(days=ago)
        made = source(web, "/{date}", covered_through=day(ago + 4), next_run_at=at)
        for each in range(1, 4):
            titles = [f"Paper {number} of {each}" for number in range(20)]
            web.answer(f"/{day(ago + each)}", reply(body=page(day(ago + each), *titles)))
        web.answer(f"/{day(ago)}", reply(body=page(day(ago), "Alone")))
        run(at + timedelta(days=1 if ago else 0))
        assert Paper.objects.filter(title="Alone").exists() == believed
        made.refresh_from_db()
        assert ("perhaps only half of it" in made.trouble) != believed


class TestPages:
    def test_the_pages_of_a_day_are_one_dump(self, web: WebServer) -> None:
        source(web, "/?d={date}&limit=2&p={page}", covered_through=day(1), format="hf_json")
        for number, body in enumerate([api_page(1, 2), api_page(3, 4), api_page(5)]):
            web.answer(f"/?d={TODAY}&limit=2&p={number}", reply(body=body))
        run()
        assert (len(web.asked), Dump.objects.get().papers) == (3, 5)

    def test_a_step_that_ends_between_pages(self, web: WebServer, tmp_path: Path) -> None:
        made = source(web, "/?d={date}&limit=1&p={page}", covered_through=day(1), format="hf_json")
        for number, body in enumerate([api_page(1), api_page(2), b"[]"]):
            web.answer(f"/?d={TODAY}&limit=1&p={number}", reply(body=body))
        for second in range(1, 4):
            run(MORNING + timedelta(minutes=second), seconds=ENOUGH_SECONDS - 1)
        assert len(web.asked) == 3
        assert Dump.objects.get().papers == 2
        made.refresh_from_db()
        assert not list((tmp_path / "fetching").iterdir())

    def test_a_page_that_is_none_spoils_the_day_and_not_the_next_try(self, web: WebServer) -> None:
        source(web, "/?p={page}&limit=1", format="hf_json")
        web.answer("/?p=0&limit=1", reply(body=api_page(1)))
        web.answer("/?p=1&limit=1", reply(404), reply(body=api_page(2)))
        web.answer("/?p=2&limit=1", reply(body=b"[]"))
        (first,) = run()
        assert "404" in first.error
        assert not Dump.objects.exists()
        run(MORNING + timedelta(hours=1))
        assert Dump.objects.get().papers == 2

    def test_after_a_page_that_is_none_the_day_is_begun_anew(self, web: WebServer) -> None:
        source(web, "/?p={page}&limit=1", format="hf_json")
        web.answer("/?p=0&limit=1", reply(body=api_page(1)), reply(body=api_page(3)))
        web.answer("/?p=1&limit=1", reply(body=b"<h1>busy</h1>"), reply(body=b"[]"))
        (first,) = run()
        assert "page 2 is not of the same kind" in first.error
        run(MORNING + timedelta(hours=1))
        assert Paper.objects.get().arxiv_id == "2611.00003"

    def test_of_several_pages_the_first_says_nothing_of_the_others(self, web: WebServer) -> None:
        made = source(web, "/?p={page}&limit=1", format="hf_json")
        web.answer("/?p=0&limit=1", reply(body=api_page(1), ETag='"1"'))
        web.answer("/?p=1&limit=1", reply(body=b"[]"))
        run()
        made.refresh_from_db()
        assert made.etag == ""


class TestArxiv:
    def test_three_seconds_lie_between_requests_whoever_asks(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(turns.PAUSES, "arxiv.org", timedelta(seconds=0.3))
        until, begun = time.monotonic() + 5, time.monotonic()
        for host in ("export.arxiv.org", "arxiv.org", "rss.arxiv.org"):
            with turns.turn(host, until):
                pass
        assert time.monotonic() - begun >= 0.6
        assert turns.PAUSES.keys() == {"arxiv.org"}
        assert Turn.objects.count() == 1

    @pytest.mark.parametrize("host", ["notarxiv.org", "arxiv.org.example.org", "127.0.0.1"])
    def test_others_are_not_kept_waiting(self, host: str) -> None:
        with turns.turn(host, 0), turns.turn(host, 0):
            pass
        assert not Turn.objects.exists()

    def test_a_turn_that_does_not_come(self) -> None:
        with (
            turns.turn("arxiv.org", time.monotonic() + 1),
            pytest.raises(package.CannotFetch, match="another fetch"),
            turns.turn("arxiv.org", time.monotonic() + 0.1),
        ):
            pass


@pytest.mark.slow
def test_five_workers_fetch_once(web: WebServer, tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    site.run("migrate", "--verbosity=0")
    make = (
        "from digest.models import Source; from django.utils import timezone; "
        f"source = Source.objects.create(name='Papers', kind='url', url='{web.url}/', "
        "allow_private=True, every_minutes=60); source.switch(True, timezone.now())"
    )
    site.run("shell", "-c", make)
    web.answer("/", reply(body=page(TODAY, "Robots that knit")))
    workers = [site.start("fetch") for _ in range(5)]
    told = [worker.communicate(timeout=60)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 5
    assert sorted(bool(each) for each in told) == [False] * 4 + [True]
    assert len(web.asked) == 1
    assert site.sql("SELECT count(*) FROM digest_dump") == [(1,)]


def test_who_saw_it_due_but_came_second_does_not_get_it(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    source(web)
    due, others = SourceQuerySet.due, []

    def overtaken(rows: SourceQuerySet, at: datetime) -> SourceQuerySet:
        if others:
            return due(rows, at)
        seen = list(due(rows, at).values_list("pk", flat=True))
        others.append(None)
        others[0] = Source.objects.claim(at)
        return rows.filter(pk__in=seen)

    monkeypatch.setattr(SourceQuerySet, "due", overtaken)
    assert Source.objects.claim(MORNING) is None
    assert others[0] is not None


def test_what_is_not_due_is_not_fetched(web: WebServer) -> None:
    source(web, name="later", next_run_at=MORNING + timedelta(minutes=1))
    source(web, name="off", enabled=False, next_run_at=None)
    source(web, name="push", kind="push", url="", every_minutes=None)
    assert run() == []
    assert not web.asked


def test_who_lost_the_lease_writes_nothing(web: WebServer) -> None:
    source(web)
    mine = Source.objects.claim(MORNING)
    assert mine is not None
    Source.objects.update(fence=99)
    assert not mine.note(last_error="late")
    assert Source.objects.get().last_error == ""


def test_a_slow_source_leaves_time_for_nothing_else_in_its_step(web: WebServer) -> None:
    source(web, "/slow", name="slow")
    source(web, "/next", name="next", next_run_at=MORNING + timedelta(seconds=1))
    web.answer("/slow", silent(3))
    begun = time.monotonic()
    fetched = run(MORNING + timedelta(minutes=1), seconds=0.5)
    assert time.monotonic() - begun < 1.5
    assert [each.source.name for each in fetched] == ["slow"]
    assert "took too long" in fetched[0].error


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": ""},
        {"kind": "else"},
        {"kind": "folder"},
        {"kind": "mailbox", "mail_host": "a", "mail_user": "b"},
        {"kind": "mailbox", "mail_host": "a", "mail_user": "b", "password_variable": "SECRET_KEY"},
        {"every_minutes": None},
        {"every_minutes": 4},
        {"daily_at": 5},
        {"every_minutes": None, "daily_at": 24},
        {"weekdays": 0},
        {"expected_on": 128},
        {"next_run_at": None},
        {"enabled_at": None},
    ],
)
def test_the_database_takes_no_source_that_cannot_work(
    web: WebServer, wrong: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        source(web, **wrong)
    assert connection.is_usable()
