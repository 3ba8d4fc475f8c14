"""A database that was taken back to an earlier state, however: what was lost changes nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from digest import celery, tasks
from digest.epochs import checking, seen
from digest.epochs.checking import MAY_BE_SENT, WAITING
from digest.epochs.sequences import GAP
from digest.mail_events.reconciliation import apply_relay_log, unknown_share
from digest.mail_events.recording import record_message
from digest.models import Alarm, Catalogue, DatabaseEpoch, Digest, Hold, Letter, MailEvent, Paper
from digest.monitoring.checks import check_epoch
from digest.rendering.digest_headers import message_id_of
from digest.sending import planning
from digest.sending.drain import drain
from subscriptions import links, signup
from subscriptions.links import Purpose
from subscriptions.models import Subscriber, Subscription, Suppression
from tests.support import factories
from tests.support.databases import database_file
from tests.support.factories import MORNING
from tests.support.restorable import Restorable
from tests.support.returned_mails import about
from tests.support.stub_transport import StubTransport

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("verp_sender")]
NEXT = MORNING + timedelta(days=1)


@pytest.fixture(autouse=True)
def settled(settings: Any, tmp_path: Any) -> Iterator[None]:
    settings.CELERY_BROKER_URL = "memory://"
    settings.JOURNAL_DIR = tmp_path / "replies"
    with time_machine.travel(NEXT):
        yield


def send(at: Any = NEXT) -> list[str]:
    """Plan and drain as workers do; the recipients."""
    server = StubTransport()
    if not checking.check():
        planning.plan(at)
    drain(server, lambda: at)
    return server.recipients


@pytest.fixture
def lost(database: Restorable) -> Digest:
    """A day was sent after the backup and is lost; the digest of that day as it was."""
    ada = factories.subscriber("ada@example.org", "robot")
    factories.paper("A robot")
    assert send(MORNING) == ["ada@example.org"]
    database.save()
    factories.paper("Another robot")
    eve = factories.subscriber("eve@example.org", "robot", next_due_at=NEXT)
    assert sorted(send()) == ["ada@example.org", "eve@example.org"]
    digest = Digest.objects.select_related("subscriber").get(subscriber=eve)
    assert Digest.objects.get(subscriber=ada, local_date=NEXT.date()).state == "sent"
    database.take_back()
    return digest


def test_it_is_held_at_the_next_tick_and_says_so(lost: Digest) -> None:
    assert [row.local_date for row in Digest.objects.all()] == [MORNING.date()]
    assert list(check_epoch(NEXT)) == [WAITING]
    assert send() == []
    row = DatabaseEpoch.objects.get()
    assert (row.number, row.is_waiting) == (2, True)
    hold = Hold.objects.get()
    assert (hold.scope, hold.automatic) == ("everything", True)
    assert Alarm.objects.get().kind == "restored"
    assert list(check_epoch(NEXT)) == [WAITING]
    assert seen.read(_data_dir()).get(row.database) == seen.Progress(2, row.drains, _newest())


def test_it_stays_held_if_somebody_lifts_the_hold(lost: Digest) -> None:
    checking.check()
    Hold.objects.all().delete()
    assert send() == []
    assert Hold.objects.count() == 1


@pytest.mark.parametrize("task", [tasks.plan, tasks.drain, tasks.reap, tasks.take_requests])
def test_every_task_that_matters_notices(lost: Digest, task: Any) -> None:
    task()
    assert DatabaseEpoch.objects.get().number == 2
    assert Digest.objects.count() == 1


def test_a_worker_notices_at_its_start(lost: Digest) -> None:
    celery.check_database()
    assert DatabaseEpoch.objects.get().number == 2
    assert Hold.objects.exists()


def test_ids_of_all_tables_leave_out_those_of_the_lost_time(lost: Digest) -> None:
    checking.check()
    person = factories.subscriber("new@example.org", "robot")
    assert person.pk > lost.subscriber_id + GAP - 2
    assert Subscription.objects.latest("pk").pk > GAP
    assert factories.paper("New").pk > GAP
    # A table that never had a row, too.
    assert MailEvent.objects.count() == 0
    event = MailEvent.objects.create(
        kind="forged", provider="mail", event_id="1", sha256="0" * 64, at=NEXT
    )
    assert event.pk > GAP


def test_papers_are_numbered_on_after_the_gap(lost: Digest) -> None:
    before = Catalogue.current()
    checking.check()
    now, gap = Catalogue.current(), GAP + 2  # that many digests were lost
    assert (now.newest_seq, now.change) == (before.newest_seq + gap, before.change + gap)
    assert DatabaseEpoch.objects.get().first_seq == now.newest_seq


def test_links_of_the_lost_time_change_nothing(lost: Digest, client: Client) -> None:
    checking.check()
    newcomer = factories.subscriber("new@example.org", "robot", next_due_at=NEXT)
    before = list(Subscriber.objects.order_by("pk").values())
    for purpose, name in (
        (Purpose.UNSUBSCRIBE, "unsubscribe"),
        (Purpose.PREFERENCES, "preferences"),
    ):
        token = links.token(purpose, lost.subscriber_id)
        for ask in (client.get, client.post):
            assert "new@example.org" not in ask(links.address(name, token)).content.decode()
    page = client.get(links.address("digest", links.token(Purpose.DIGEST, lost.pk)))
    assert page.status_code in (404, 410)
    assert list(Subscriber.objects.order_by("pk").values()) == before
    assert newcomer.pk != lost.subscriber_id


def test_a_bounce_of_the_lost_time_changes_nothing(lost: Digest) -> None:
    bounce = about(lost, "hard")
    checking.check()
    person = factories.subscriber("new@example.org", "robot", next_due_at=NEXT)
    row = planning.send_now(person, NEXT)
    assert row.pk > lost.pk
    event = record_message(bounce, NEXT).event
    assert (event.digest, event.letter) == (None, None)
    assert set(Subscriber.objects.values_list("status", flat=True)) == {"active"}
    assert not Suppression.objects.exists()


def test_what_was_open_is_not_sent_and_may_be_proven(database: Restorable) -> None:
    factories.subscriber("ada@example.org", "robot")
    factories.paper("A robot")
    planning.plan(MORNING)
    signup.request("bob@example.org", signup.SignUpRequest(("robot",)), at=MORNING)
    checking.note_drain()
    database.save()
    checking.note_drain()
    database.take_back()
    checking.check()
    for row in (Digest.objects.get(), Letter.objects.get()):
        assert (row.state, row.reply_text) == ("unknown", MAY_BE_SENT)
    assert unknown_share(MORNING + timedelta(hours=1)) == (0, 0)
    log = _postfix_log(message_id_of(Digest.objects.select_related("subscriber").get()))
    assert apply_relay_log(log).proven == 1
    assert Digest.objects.get().state == "sent"


def test_an_older_epoch_jumps_past_the_ids_of_the_later_one(database: Restorable) -> None:
    factories.subscriber("ada@example.org", "robot")
    database.save()
    checking.begin()
    checking.begin()
    later = factories.subscriber("bob@example.org", "robot").pk
    database.take_back()
    checking.check()
    assert DatabaseEpoch.objects.get().number == 4
    assert factories.subscriber("cyd@example.org", "robot").pk > later + GAP - 2


def test_a_lost_time_with_more_digests_than_the_gap_is_jumped_too(database: Restorable) -> None:
    row = checking.current().row
    seen.note(_data_dir(), row.database, seen.Progress(1, 1, 3 * GAP))
    checking.check()
    assert checking.current().last_digest == 4 * GAP


def test_another_database_is_not_behind(database: Restorable) -> None:
    row = checking.current().row
    seen.note(_data_dir(), row.database + 1, seen.Progress(9, 9, 9))
    assert checking.check() == ""
    assert not Hold.objects.exists()


def test_erasing_the_newest_digest_is_no_restore(database: Restorable) -> None:
    factories.subscriber("ada@example.org", "robot")
    factories.paper("A robot")
    send(MORNING)
    Digest.objects.all().delete()
    assert checking.check() == ""


def test_only_one_of_two_machines_begins_the_epoch(lost: Digest) -> None:
    database = DatabaseEpoch.objects.get().database
    before = seen.read(_data_dir()).get(database)
    assert before
    checking.check()
    (_data_dir() / seen.NAME).unlink()
    seen.note(_data_dir(), database, before)  # as the other machine has it
    checking.check()
    assert DatabaseEpoch.objects.get().number == 2


def test_a_file_that_cannot_be_read_is_told_and_stops_nothing(database: Restorable) -> None:
    (_data_dir() / seen.NAME).write_text("{")
    assert checking.check() == ""
    (said,) = check_epoch(timezone.now())
    assert "Delete it" in said


def test_a_start_without_tables_or_database_goes_on(tmp_path: Any) -> None:
    for path in (tmp_path / "empty.sqlite3", tmp_path / "none" / "site.sqlite3"):
        with database_file(path):
            assert checking.check_at_start() == ""


def test_a_drain_without_mail_writes_nothing(database: Restorable) -> None:
    drain(StubTransport(), lambda: MORNING)
    assert DatabaseEpoch.objects.get().drains == 0
    assert not (_data_dir() / seen.NAME).exists()


def test_the_file_is_written_before_anything_is_sent(database: Restorable) -> None:
    factories.subscriber("ada@example.org", "robot")
    factories.paper("A robot")
    planning.plan(MORNING)

    class Watching(StubTransport):
        def steps(self, mail: Any) -> Any:
            found = seen.read(_data_dir()).get(DatabaseEpoch.objects.get().database)
            assert found == seen.Progress(1, 1, Digest.objects.get().pk)
            return super().steps(mail)

    drain(server := Watching(), lambda: MORNING)
    assert server.recipients == ["ada@example.org"]


@pytest.mark.usefixtures("database")
def test_a_worker_that_counts_in_between_is_no_restore(monkeypatch: pytest.MonkeyPatch) -> None:
    state = checking.current

    def read_then_count() -> checking.EpochState:
        """The database is read, and another worker begins to send."""
        monkeypatch.setattr(checking, "current", state)
        found = state()
        checking.note_drain()
        return found

    checking.note_drain()
    monkeypatch.setattr(checking, "current", read_then_count)
    assert checking.check() == ""
    assert DatabaseEpoch.objects.get().number == 1


def _data_dir() -> Any:
    from django.conf import settings

    return settings.DATA_DIR


def _newest() -> int:
    return Digest.objects.latest("pk").pk


def _postfix_log(message_id: str) -> list[bytes]:
    return [
        f"Nov 20 07:00:01 mx postfix/cleanup[1]: A1: message-id=<{message_id}>\n".encode(),
        b"Nov 20 07:00:02 mx postfix/smtp[2]: A1: to=<a@b.example>, relay=mx, dsn=2.0.0, "
        b"status=sent (250 2.0.0 ok)\n",
    ]


def test_the_vendor_is_what_the_parameter_says(database: Restorable) -> None:
    """The tests above would prove little on another database."""
    assert type(database).__name__.lower().startswith(connection.vendor[:6])
    assert Paper.objects.count() == 0
