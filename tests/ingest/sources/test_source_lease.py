"""Sources are leased: each by one worker, when it is due; requests to one host keep their pause."""

import math
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db.models import F
from django.db.models.functions import Now

from digest.ingest import sources as package
from digest.ingest.sources import politeness
from digest.models import Source, Turn
from digest.models.sources import SourceQuerySet
from tests.support.site import Site

from .source_factory import MORNING, TODAY, copied_page, fetch_now, make_source
from .web_server import WebServer, reply, silent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("folders")]


class TestArxiv:
    def test_three_seconds_lie_between_requests_whoever_asks(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pauses = []

        def wait(seconds: float) -> None:
            """As if the pause were over, by the clock of the database."""
            pauses.append(seconds)
            Turn.objects.update(taken_until=F("taken_until") - timedelta(seconds=4))

        monkeypatch.setattr("digest.ingest.sources.politeness.time.sleep", wait)
        for host in ("export.arxiv.org", "arxiv.org", "rss.arxiv.org"):
            with politeness.host_slot(host, math.inf):
                taken = Turn.objects.annotate(now=Now()).get()
            free = Turn.objects.get()
            assert free.taken_until - taken.now >= timedelta(seconds=3)
        assert len(pauses) == 2

    @pytest.mark.parametrize("host", sorted(politeness.PAUSES))
    def test_each_host_keeps_its_own_pause(self, host: str) -> None:
        with politeness.host_slot(host, math.inf):
            pass
        taken = Turn.objects.annotate(now=Now()).get()
        left = taken.taken_until - taken.now
        assert taken.host == host
        assert timedelta(0) < left <= politeness.PAUSES[host]

    @pytest.mark.parametrize("host", ["notarxiv.org", "arxiv.org.example.org", "127.0.0.1"])
    def test_others_are_not_kept_waiting(self, host: str) -> None:
        with politeness.host_slot(host, 0), politeness.host_slot(host, 0):
            pass
        assert not Turn.objects.exists()

    def test_a_turn_that_does_not_come(self) -> None:
        with (
            politeness.host_slot("arxiv.org", time.monotonic() + 1),
            pytest.raises(package.CannotFetch, match="another process"),
            politeness.host_slot("arxiv.org", time.monotonic() + 0.1),
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
    web.answer("/", reply(body=copied_page(TODAY, "Robots that knit")))
    workers = [site.start("fetch") for _ in range(5)]
    output = [worker.communicate(timeout=60)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 5
    assert sorted(bool(each) for each in output) == [False] * 4 + [True]
    assert len(web.asked) == 1
    assert site.sql("SELECT count(*) FROM digest_dump") == [(1,)]


def test_who_saw_it_due_but_came_second_does_not_get_it(
    web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_source(web)
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
    make_source(web, name="later", next_run_at=MORNING + timedelta(minutes=1))
    make_source(web, name="off", enabled=False, next_run_at=None)
    make_source(web, name="push", kind="push", url="", every_minutes=None)
    assert fetch_now() == []
    assert not web.asked


def test_who_lost_the_lease_writes_nothing(web: WebServer) -> None:
    make_source(web)
    mine = Source.objects.claim(MORNING)
    assert mine is not None
    Source.objects.update(fence=99)
    assert not mine.note(last_error="late")
    assert Source.objects.get().last_error == ""


def test_a_slow_source_leaves_time_for_nothing_else_in_its_step(web: WebServer) -> None:
    make_source(web, "/slow", name="slow")
    make_source(web, "/next", name="next", next_run_at=MORNING + timedelta(seconds=1))
    web.answer("/slow", silent(3))
    fetched = fetch_now(MORNING + timedelta(minutes=1), seconds=0.5)
    assert [each.source.name for each in fetched] == ["slow"]
    assert "took too long" in fetched[0].error
