"""A source with one address: fetched, noted, and tried again later."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from digest.models import Catalogue, Dump, Paper

from .source_factory import MORNING, TODAY, copied_page, fetch_now, make_source
from .web_server import WebServer, moved, reply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folders")]


class TestOneAddress:
    def test_what_is_listed_becomes_papers_and_is_noted(self, web: WebServer) -> None:
        made = make_source(web)
        web.answer("/", reply(body=copied_page(TODAY, "Robots that knit"), ETag='"1"'))
        (fetched,) = fetch_now()
        assert fetched.error == ""
        dump = Dump.objects.get()
        assert (dump.state, dump.source, dump.new) == ("parsed", made, 1)
        made.refresh_from_db()
        assert made.last_success_at == MORNING
        assert made.next_run_at == MORNING + timedelta(minutes=60)
        assert (made.etag, made.lease_until, made.trouble) == ('"1"', None, "")

    def test_who_asks_is_said(self, web: WebServer) -> None:
        make_source(web, contact="ops@example.org")
        fetch_now()
        assert "ops@example.org" in web.asked[0].headers["user-agent"]
        assert "PaperDigest" in web.asked[0].headers["user-agent"]

    @pytest.mark.parametrize("contact", ["Zoë <zoë@example.org>", "a\r\nX-Evil: 1", "\x00"])
    def test_a_contact_cannot_spoil_the_request(self, web: WebServer, contact: str) -> None:
        if connection.vendor == "postgresql" and "\x00" in contact:
            pytest.skip("PostgreSQL keeps no NUL")
        make_source(web, contact=contact)
        web.answer("/", reply(body=copied_page(TODAY, "Robots")))
        (fetched,) = fetch_now()
        assert not web.asked or "x-evil" not in web.asked[0].headers
        assert bool(fetched.error) != bool(web.asked)

    def test_what_cannot_be_sent_back_is_not_kept(self, web: WebServer) -> None:
        made = make_source(web)
        web.answer(
            "/", reply(body=copied_page(TODAY, "Robots"), ETag='"é"', Last_Modified="x" * 101)
        )
        fetch_now()
        fetch_now(MORNING + timedelta(hours=2))
        made.refresh_from_db()
        assert (made.etag, made.last_modified, made.trouble) == ("", "", "")
        assert "if-none-match" not in web.asked[1].headers

    def test_whatever_the_other_side_writes_can_be_noted(self, web: WebServer) -> None:
        made = make_source(web)
        web.answer("/", moved("ftp://a/%00\x7f" + "x" * 3000))
        fetch_now()
        made.refresh_from_db()
        assert 0 < len(made.last_error) <= 2000
        assert made.last_error.isprintable()

    def test_the_first_fetch_is_backfill_and_what_follows_is_news(self, web: WebServer) -> None:
        make_source(web, first_fetched_at=None)
        web.answer(
            "/",
            reply(body=copied_page(TODAY, "Old one")),
            reply(body=copied_page(TODAY, "New one")),
        )
        fetch_now()
        fetch_now(MORNING + timedelta(hours=2))
        numbered = dict(Paper.objects.values_list("title", "seq"))
        assert numbered == {"Old one": None, "New one": 1}

    def test_a_source_of_backfill_never_gives_news(self, web: WebServer) -> None:
        make_source(web, intent="backfill")
        web.answer("/", reply(body=copied_page(TODAY, "Robots that knit")))
        fetch_now()
        assert (Paper.objects.count(), Catalogue.current().newest_seq) == (1, 0)

    def test_what_has_not_changed_is_not_read_again(self, web: WebServer) -> None:
        made = make_source(web)
        ok = reply(body=copied_page(TODAY, "Robots"), ETag='"1"', Last_Modified="Fri, 20 Nov 2026")
        web.answer("/", ok, reply(304))
        fetch_now()
        fetch_now(MORNING + timedelta(hours=2))
        headers = web.asked[1].headers
        assert (headers["if-none-match"], headers["if-modified-since"][:3]) == ('"1"', "Fri")
        assert Dump.objects.count() == 1
        made.refresh_from_db()
        assert made.last_success_at == MORNING + timedelta(hours=2)

    def test_what_was_not_taken_is_asked_for_anew(self, web: WebServer) -> None:
        made = make_source(web)
        web.answer("/", reply(body=b"<h1>Please log in</h1>", ETag='"1"'))
        (fetched,) = fetch_now()
        assert "was rejected" in fetched.error
        assert Dump.objects.get().state == "quarantined"
        made.refresh_from_db()
        assert (made.etag, made.failures) == ("", 1)
        assert made.trouble == fetched.error

    def test_a_failure_is_noted_and_tried_again_later_and_later(self, web: WebServer) -> None:
        made = make_source(web, every_minutes=100_000)
        web.answer("/", reply(403))
        at, waits = MORNING, []
        for _ in range(7):
            (fetched,) = fetch_now(at)
            assert "403" in fetched.error
            made.refresh_from_db()
            waits.append((made.next_run_at - at).total_seconds() / 60)
            at = made.next_run_at
        assert waits == [5, 15, 60, 180, 360, 360, 360]
        assert made.last_success_at is None

    def test_a_wait_that_is_asked_for_is_kept(self, web: WebServer) -> None:
        made = make_source(web)
        web.answer("/", reply(503, Retry_After="7200"))
        fetch_now()
        made.refresh_from_db()
        assert made.next_run_at == MORNING + timedelta(hours=2)

    def test_a_redirect_into_our_own_network(self, web: WebServer) -> None:
        path = web.answer("/out", moved(f"{web.url}/secret")).replace("127.0.0.1", "localhost")
        made = make_source(web, url=path)
        web.answer("/secret", reply(body=copied_page(TODAY, "Secret")))
        fetch_now()
        made.refresh_from_db()
        assert "its own network" in made.trouble
        assert "/secret" not in web.paths

    def test_a_private_address_is_refused_unless_it_is_allowed(self, web: WebServer) -> None:
        make_source(web, allow_private=False)
        (fetched,) = fetch_now()
        assert "allow a private address" in fetched.error
        assert not web.asked

    def test_a_fault_of_ours_does_not_stop_the_others(
        self, web: WebServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_source(web, "/a", name="A", format="gone")
        make_source(web, "/b", name="B", next_run_at=MORNING + timedelta(seconds=1))
        web.answer("/a", reply(body=b"x"))
        web.answer("/b", reply(body=copied_page(TODAY, "Robots")))
        first, second = fetch_now(MORNING + timedelta(minutes=1))
        assert "There is no format “gone”" in first.error
        assert second.error == ""


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
        make_source(web, **wrong)
    assert connection.is_usable()
