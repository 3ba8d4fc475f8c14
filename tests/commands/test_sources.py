"""The commands about sources: what they print, what they refuse, and in which words."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.utils import timezone

from digest.ingest.sources.ready_made.presets import PRESETS
from digest.models import Dump, PushToken, Source
from digest.models.sources import token_hash
from digest.monitoring.health import folders as storage
from tests.ingest.sources.source_factory import copied_page
from tests.ingest.sources.web_server import WebServer, reply, serving

pytestmark = pytest.mark.django_db
PAPERS = {"name": "Papers", "kind": "url", "url": "https://a.example/", "every_minutes": 60}


@pytest.fixture(autouse=True)
def folders(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    settings.DUMPS_DIR = tmp_path / "dumps"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as server:
        yield server


def run(*arguments: str) -> tuple[str, str, int]:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=err)
    except SystemExit as end:
        return out.getvalue(), err.getvalue(), int(str(end.code))
    return out.getvalue(), err.getvalue(), 0


class TestSources:
    def test_without_any(self) -> None:
        assert "--ready-made" in run("sources")[0]

    def test_ready_made_twice(self) -> None:
        assert run("sources", "--ready-made")[0].startswith(f"{len(PRESETS)} created")
        assert run("sources", "--ready-made")[0].startswith("0 created")
        assert not Source.objects.filter(enabled=True).exists()
        output = [json.loads(line) for line in run("sources", "--json")[0].splitlines()]
        assert {each["name"] for each in output} == {each["name"] for each in PRESETS}
        assert all(each["trouble"] == each["quiet"] == "" for each in output)

    def test_on_and_off(self) -> None:
        Source.objects.create(**PAPERS)
        run("sources", "--enable", "Papers")
        assert run("sources")[0].startswith("on   Papers (url)")
        run("sources", "--disable", "Papers")
        assert run("sources")[0].startswith("off  Papers (url)")

    def test_switching_on_what_is_on_changes_nothing(self) -> None:
        made = Source.objects.create(**PAPERS)
        run("sources", "--enable", "Papers")
        made.refresh_from_db()
        run("sources", "--enable", "Papers")
        assert Source.objects.get().enabled_at == made.enabled_at

    def test_no_such_source(self) -> None:
        Source.objects.create(**PAPERS)
        for option in ("--enable", "--disable"):
            with pytest.raises(CommandError, match="Sources: 'Papers'"):
                run("sources", option, "papers")

    def test_a_token_alone_on_standard_output(self) -> None:
        out, err, _ = run("sources", "--new-token", "lab")
        row = PushToken.objects.get(name="lab")
        assert token_hash(out.strip()) == row.sha256
        assert out.strip() not in err
        assert row.source.enabled
        with pytest.raises(CommandError, match="already"):
            run("sources", "--new-token", "lab")
        run("sources", "--revoke-token", "lab")
        row.refresh_from_db()
        assert row.revoked
        with pytest.raises(CommandError, match="There is no token"):
            run("sources", "--revoke-token", "else")

    def test_a_token_for_what_is_no_push_source(self) -> None:
        Source.objects.create(**PAPERS)
        with pytest.raises(CommandError, match="not a push source"):
            run("sources", "--new-token", "lab", "--source", "Papers")


class TestFetch:
    def make(self, web: WebServer, name: str, **values: Any) -> Source:
        usual = {"url": f"{web.url}/{name}", "allow_private": True, "enabled": True}
        times = {"enabled_at": timezone.now(), "next_run_at": timezone.now() + timedelta(days=1)}
        return Source.objects.create(**(PAPERS | usual | times | values | {"name": name}))

    def test_those_that_are_due(self, web: WebServer) -> None:
        assert run("fetch") == ("", "No source is due.\n", 0)
        self.make(web, "A", next_run_at=timezone.now())
        self.make(web, "B")
        web.answer("/A", reply(body=copied_page(timezone.now().date(), "Robots")))
        out, _, code = run("fetch")
        assert (out.splitlines()[0].startswith("A: A 2"), code) == (True, 0)
        assert "1 new" in out
        assert web.paths == ["/A"]

    def test_those_that_are_named_and_no_others(self, web: WebServer) -> None:
        self.make(web, "A", next_run_at=timezone.now())
        self.make(web, "B")
        web.answer("/B", reply(body=copied_page(timezone.now().date(), "Robots")))
        output = json.loads(run("fetch", "B", "--json")[0])
        assert (output["source"], output["dumps"][0]["papers"], output["error"]) == ("B", 1, "")
        assert web.paths == ["/B"]

    def test_what_goes_wrong(self, web: WebServer) -> None:
        self.make(web, "A")
        self.make(web, "off", enabled=False)
        out, err, code = run("fetch", "A", "off")
        assert "answered 404" in out
        assert "switched off" in err
        assert code == 1
        with pytest.raises(CommandError, match="There is no source"):
            run("fetch", "nothing")


class TestDoctor:
    @pytest.fixture(autouse=True)
    def healthy(self, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
        settings.CELERY_BROKER_URL = "memory://"
        self.dump(papers=3)

    def dump(self, ago: int = 0, **values: Any) -> None:
        at = timezone.now() - timedelta(days=ago)
        usual = {"name": "page.txt", "state": "parsed", "received_at": at, "listed_on": at.date()}
        Dump.objects.create(sha256=f"{Dump.objects.count():064}", **(usual | values))

    def wrong(self) -> str:
        out, _, code = run("doctor")
        assert code == 1
        return out

    def test_all_is_well(self) -> None:
        assert run("doctor") == ("All is well.\n", "", 0)
        assert json.loads(run("doctor", "--json")[0])["ok"]

    def test_dumps_that_nobody_reads_or_takes(self) -> None:
        self.dump(1, state="received")
        self.dump(2, state="waiting")
        self.dump(3, state="quarantined", error="This is no listing.")
        self.dump(30, state="quarantined", error="Long ago.")
        out = self.wrong()
        assert "1 dumps received over ten minutes ago" in out
        assert "1 dumps are waiting for an operator" in out
        assert "This is no listing." in out
        assert "Long ago" not in out

    def test_an_old_listing_and_none(self) -> None:
        Dump.objects.update(listed_on=timezone.now().date() - timedelta(days=5))
        assert "5 days old" in self.wrong()
        Dump.objects.all().delete()
        assert "No papers have been read yet" in self.wrong()

    def test_papers_without_a_day_are_papers(self) -> None:
        """As from JSON lines: they count on the day of their receipt."""
        Dump.objects.all().update(listed_on=None, papers=534, new=534)
        assert run("doctor")[2] == 0
        Dump.objects.update(received_at=timezone.now() - timedelta(days=6))
        assert "The newest listing is 6 days old" in self.wrong()
        Dump.objects.update(intent="backfill")
        assert run("doctor")[2] == 0

    def test_sources_in_trouble_quiet_and_overdue(self) -> None:
        at = timezone.now()
        since = {"enabled": True, "enabled_at": at - timedelta(days=9)}
        late = {"next_run_at": at - timedelta(hours=1)}
        Source.objects.create(**PAPERS, **since, **late, last_error="Not found.", last_error_at=at)
        out = self.wrong()
        assert "Papers: Not found." in out
        assert "Papers: Quiet" in out
        assert "1 sources should have been fetched" in out
        Source.objects.update(enabled=False)
        assert run("doctor")[2] == 0

    def test_the_broker(self, settings: Any) -> None:
        settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
        assert "The broker cannot be reached" in self.wrong()

    def test_the_disk(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(storage, "LEAST_FREE", 10**18)
        assert "MB are free" in self.wrong()

    def test_the_database(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*arguments: object) -> None:
            raise DatabaseError("no such host")

        monkeypatch.setattr("digest.database_errors.MigrationRecorder", refuse)
        found = json.loads(run("doctor", "--json")[0])
        assert found["checks"]["database"] == [
            "The database cannot be used (no such host): check DATABASE_URL."
        ]
        assert found["checks"]["dumps"] == []
