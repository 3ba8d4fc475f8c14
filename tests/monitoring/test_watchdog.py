"""The watchdog: missing heartbeats, nothing sent, full disk; one turn for all."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models.functions import Now

from digest.mail.inbound.imap import ImapMailbox
from digest.mail.outbox import mails
from digest.models import Alarm, Digest, Heartbeat, Hold, Letter, Run
from digest.models.alarms import AlarmFacts
from digest.monitoring import heartbeats, watchdog
from digest.monitoring.health import folders
from digest.monitoring.health.snapshot import find_alarms, take_snapshot
from digest.monitoring.heartbeats import missing_heartbeats
from subscriptions.models import Subscriber
from tests.support import factories

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
Kind = Heartbeat.Kind


@pytest.fixture(autouse=True)
def operators(settings: Any, tmp_path: Path) -> None:
    settings.OPERATORS = ("ada@ops.example",)
    settings.MAIL_RELAYS = ()
    settings.OUTBOX_DIR = tmp_path / "outbox"
    settings.CELERY_BROKER_URL = "memory://"


@pytest.fixture(autouse=True)
def same_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A watchdog closes its thread's connections; here they are the test's."""
    monkeypatch.setattr(watchdog.connections, "close_all", lambda: None)


def alive(kind: Heartbeat.Kind, host: str = "a", **ago: float) -> None:
    at = NOON - timedelta(**ago)
    Heartbeat.objects.create(kind=kind, host=host, at=at, since=at)


def found(at: datetime = NOON) -> dict[str, AlarmFacts]:
    return {kind.value: facts for kind, facts in find_alarms(take_snapshot(at))}


class TestHeartbeats:
    @pytest.fixture(autouse=True)
    def first_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(heartbeats, "_last", {})

    def test_one_row_a_kind_and_host(self) -> None:
        for host in ("a", "b", "a"):
            Heartbeat.objects.beat(Kind.WORKER, host)
        assert Heartbeat.objects.count() == 2

    def test_a_second_within_twenty_seconds_costs_nothing(
        self, django_assert_num_queries: Any
    ) -> None:
        heartbeats.record_heartbeat(Kind.WORKER)
        with django_assert_num_queries(0):
            heartbeats.record_heartbeat(Kind.WORKER)

    def test_without_a_database_work_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: Any) -> None:
            raise OperationalError("gone")

        monkeypatch.setattr(Heartbeat.objects, "beat", broken)
        heartbeats.record_heartbeat(Kind.WORKER)

    @pytest.mark.parametrize(("minutes", "silent"), [(14, []), (16, ["worker"]), (180, ["worker"])])
    def test_silence(self, minutes: int, silent: list[str]) -> None:
        alive(Kind.WORKER, minutes=minutes)
        alive(Kind.SCHEDULER, minutes=1)
        assert [each.kind.value for each in missing_heartbeats(NOON)] == silent

    def test_one_living_worker_of_two_is_enough(self) -> None:
        alive(Kind.WORKER, "a", hours=3)
        alive(Kind.WORKER, "b", minutes=1)
        assert not list(missing_heartbeats(NOON))

    def test_who_never_ran_celery_misses_nobody(self) -> None:
        assert not list(missing_heartbeats(NOON))

    def test_the_bounce_reader_is_missed_only_where_there_is_a_mailbox(self, settings: Any) -> None:
        alive(Kind.BOUNCE_READER, hours=3)
        assert not list(missing_heartbeats(NOON))
        settings.BOUNCE_MAILBOX = ImapMailbox.from_url("imaps://u:p@mail.example.org/INBOX")
        assert [each.kind for each in missing_heartbeats(NOON)] == [Kind.BOUNCE_READER]

    def test_a_bounce_reader_that_never_could_read_is_missed(self, settings: Any) -> None:
        settings.BOUNCE_MAILBOX = ImapMailbox.from_url("imaps://u:p@mail.example.org/INBOX")
        Heartbeat.objects.create(kind=Kind.WORKER, host="a", at=NOON, since=NOON)
        assert not list(missing_heartbeats(NOON))
        Heartbeat.objects.update(since=NOON - timedelta(minutes=20))
        (silence,) = missing_heartbeats(NOON)
        assert silence.sentence(NOON).startswith("The bounce reader has never sent a heartbeat")

    def test_rows_of_hosts_that_are_gone_go_but_the_newest_stays(self) -> None:
        for hours, host in ((30, "a"), (50, "b"), (90, "c")):
            alive(Kind.WORKER, host, hours=hours)
        assert Heartbeat.objects.forget(NOON) == 2
        assert [row.host for row in Heartbeat.objects.all()] == ["a"]


def test_a_dead_worker_and_scheduler_are_one_alarm() -> None:
    alive(Kind.WORKER, hours=3)
    alive(Kind.SCHEDULER, hours=3)
    facts = found()["heartbeat"]
    assert facts.summary == "No heartbeat from the worker and scheduler"
    assert facts.details[0].startswith("The worker has sent no heartbeat for 3 hours: start it ")


class TestNothingSent:
    @pytest.fixture
    def waiting(self) -> Digest:
        person = factories.subscriber(next_due_at=NOON + timedelta(hours=19))
        digest: Digest = Digest.objects.create(
            subscriber=person, local_date=NOON.date(), not_before=NOON - timedelta(minutes=40),
            expires_at=NOON + timedelta(hours=9),
        )  # fmt: skip
        return digest

    def test_due_for_half_an_hour(self, waiting: Digest) -> None:
        facts = found()["nothing_sent"]
        assert facts.summary == "No e-mail has been sent for 40 minutes, although some is due"
        assert "nothing_sent" not in found(NOON - timedelta(minutes=20))

    def test_a_backlog_that_moves_is_none(self, waiting: Digest) -> None:
        Run.objects.note("sent", NOON - timedelta(minutes=5))
        assert "nothing_sent" not in found()

    def test_what_everybody_knows_is_held_is_none(self, waiting: Digest) -> None:
        Hold.objects.create(scope="everything")
        assert "nothing_sent" not in found()

    def test_people_who_are_not_even_planned(self) -> None:
        factories.subscriber(next_due_at=NOON - timedelta(hours=3))
        assert "No e-mail has been sent for 3 hours" in found()["nothing_sent"].summary

    def test_paused_people_are_not_waited_for(self) -> None:
        factories.subscriber(next_due_at=NOON - timedelta(hours=3), status=Subscriber.Status.PAUSED)
        assert found() == {}


class TestStorage:
    @pytest.fixture(autouse=True)
    def here(self, settings: Any, tmp_path: Path) -> None:
        settings.DATA_DIR = tmp_path
        settings.DUMPS_DIR, settings.INBOX_DIR = tmp_path / "dumps", tmp_path / "inbox"

    def test_folders_that_take_something(self, settings: Any) -> None:
        settings.OUTBOX_DIR.mkdir()
        assert list(folders.unwritable_folders()) == []
        assert list(settings.OUTBOX_DIR.iterdir()) == []

    def test_a_full_disk(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.OUTBOX_DIR.mkdir()

        def full(folder: Path) -> None:
            if folder == settings.OUTBOX_DIR:
                raise OSError(28, "No space left on device")

        monkeypatch.setattr(folders, "_write_trial", full)
        facts = found()["storage"]
        assert facts.details[0].endswith("outbox cannot be written (No space left on device): free "
                                         "some space, or fix its permissions.")  # fmt: skip

    def test_something_else_lies_where_the_outbox_was(self, settings: Any) -> None:
        settings.OUTBOX_DIR.write_text("")
        assert "outbox cannot be written (Not a directory)" in found()["storage"].details[0]

    def test_the_outbox_does_not_matter_to_who_sends_by_smtp(self, settings: Any) -> None:
        settings.OUTBOX_DIR.write_text("")
        settings.MAIL_RELAYS = (object(),)
        assert found() == {}


class TestTurns:
    def test_one_of_many(self) -> None:
        assert [watchdog.take_turn() for _ in range(5)] == [True, False, False, False, False]
        Run.objects.update(ended_at=Now() - timedelta(minutes=1))
        assert [watchdog.take_turn() for _ in range(2)] == [True, False]

    def test_a_spare_has_one_when_others_had_none_for_two_minutes(self) -> None:
        watched = Run.objects.create(task="watch", ended_at=Now() - timedelta(seconds=100))
        watchdog.Watchdog(is_spare=True).step()
        watched.refresh_from_db()
        first = watched.ended_at
        Run.objects.update(ended_at=first - timedelta(seconds=30))
        watchdog.Watchdog(is_spare=True).step()
        watched.refresh_from_db()
        assert watched.ended_at is not None
        assert first is not None
        assert watched.ended_at > first

    def test_an_instant_of_a_wrong_clock_stops_nobody(self) -> None:
        Run.objects.create(task="watch", ended_at=Now() + timedelta(days=3))
        assert watchdog.take_turn()

    def test_a_step_sends(self, settings: Any) -> None:
        alive(Kind.WORKER, hours=3)
        watchdog.Watchdog().step()
        watchdog.Watchdog().step()
        assert len(mails(settings.OUTBOX_DIR)) == 1
        assert [alarm.kind for alarm in Alarm.objects.all()] == ["heartbeat"]

    def test_whatever_goes_wrong_the_thread_goes_on(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken(_: datetime) -> None:
            raise ValueError("a fault of the program")

        monkeypatch.setattr(watchdog, "watch", broken)
        watchdog.Watchdog().step()
        assert "The watchdog failed" in caplog.text

    def test_each_process_has_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(watchdog, "_started", {})
        first = watchdog.start()
        try:
            assert watchdog.start() is first
            monkeypatch.setattr(os, "getpid", lambda: -1)  # as after a fork
            second = watchdog.start()
            assert second is not first
        finally:
            for each in (first, second):
                each.stop()
                each.join()

    def test_a_worker_that_has_the_scheduler_has_no_spare(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(watchdog, "_started", {})
        Run.objects.create(task="watch", ended_at=Now() - timedelta(seconds=100))
        thread = watchdog.start(is_spare=True)
        try:
            thread.step()
            watched = Run.objects.get(task="watch").ended_at
            assert watchdog.start() is thread
            thread.step()
        finally:
            thread.stop()
            thread.join()
        assert Run.objects.get(task="watch").ended_at != watched


@pytest.mark.skipif(connection.vendor != "sqlite", reason="its file cannot be made read-only")
def test_letters_are_claimed_in_the_database() -> None:
    alive(Kind.WORKER, hours=3)
    watchdog.watch(NOON)
    assert Letter.objects.get().state == "sent"
