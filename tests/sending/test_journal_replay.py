"""Replies that a dead drain left in its journal: each ends its row once, and no other."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from digest.mail.send_loop import MailOutcome, PermitRequest
from digest.mail.transport import Mail, Outcome, Result
from digest.models import Digest, Letter, OutcomeCount, Run, State
from digest.monitoring.diagnosis import diagnose
from digest.sending import outcomes, planning
from digest.sending.batch import digest_mails
from digest.sending.drain import drain, reap
from digest.sending.journal_replay import replay
from digest.sending.outcomes import OutcomeRecorder
from digest.sending.reply_journal import KEPT, Journal, journals, reply_of
from subscriptions import signup
from subscriptions.models import Subscriber, Suppression
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.stub_transport import TAKEN, StubTransport

pytestmark = pytest.mark.django_db
NAMES = ("ada", "bob", "cyd")
FULL = Outcome(Result.REFUSED, "dot", 452, "4.3.1 full")
NO = Outcome(Result.REFUSED, "dot", 554, "5.6.0 ada@example.org may not")


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.JOURNAL_DIR = tmp_path / "replies"
    return tmp_path / "replies"


@pytest.fixture
def mails() -> list[Mail]:
    """A mail for each of three people, claimed and composed."""
    for name in NAMES:
        factories.subscriber(f"{name}@example.org", "robot")
    factories.paper("A robot")
    planning.plan(MORNING)
    rows = Digest.objects.claim(MORNING, 10)
    written = digest_mails(rows, OutcomeRecorder(lambda: MORNING), MORNING)
    return sorted(written, key=lambda mail: mail.envelope.recipient)


def dies_before_the_commit(folder: Path, mails: Sequence[Mail], *outcomes: Outcome) -> int:
    """Send them in a drain that ends between its journal and the transaction; its epoch."""
    with pytest.MonkeyPatch.context() as patch, Journal(folder) as journal:
        recorder = OutcomeRecorder(lambda: MORNING, journal)
        assert recorder.record_and_permit(
            [], [PermitRequest(mail, "smtp") for mail in mails]
        ) == set(mails)
        patch.setattr(OutcomeRecorder, "_record", lambda *_: _gone())
        with pytest.raises(OperationalError):
            recorder.record_and_permit(
                [MailOutcome(*pair) for pair in zip(mails, outcomes, strict=True)], []
            )
        return journal.epoch


def _gone() -> None:
    raise OperationalError("the database is gone")


def states() -> list[str]:
    rows = Digest.objects.order_by("subscriber__email_key")
    return list(rows.values_list("state", flat=True))


def marks() -> list[int]:
    people = Subscriber.objects.order_by("email_key")
    return list(people.values_list("confirmed_through_seq", flat=True))


def lapse() -> None:
    Digest.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def test_the_reply_is_written_down_before_its_transaction(folder: Path, mails: list[Mail]) -> None:
    dies_before_the_commit(folder, mails, TAKEN, FULL, NO)
    assert states() == ["sending"] * 3
    (path,) = journals(folder, 0)
    assert path.read_bytes().count(b"\n") == 4
    assert b"@" not in path.read_bytes()


def test_from_sending_each_settles_as_usual(folder: Path, mails: list[Mail]) -> None:
    dies_before_the_commit(folder, mails, TAKEN, FULL, NO)
    assert replay(folder, MORNING) == {"sent": 1, "planned": 1, "failed": 1}
    assert states() == ["sent", "planned", "failed"]
    assert marks() == [1, 0, 0]
    sent, later, _ = Digest.objects.order_by("subscriber__email_key")
    assert (sent.reply_code, sent.reply_text) == (250, "2.0.0 ok")
    assert sent.sent_at is not None
    assert later.not_before > MORNING
    assert later.attempts == 1
    assert journals(folder, 0) == []


def test_from_unknown_a_refusal_is_final(folder: Path, mails: list[Mail]) -> None:
    dies_before_the_commit(folder, mails, TAKEN, FULL, NO)
    lapse()
    assert Digest.objects.reap(MORNING) == {"unknown": 3}
    assert replay(folder, MORNING) == {"sent": 1, "failed": 2}
    assert states() == ["sent", "failed", "failed"]
    assert marks() == [1, 0, 0]
    assert Digest.objects.get(reply_code=452).reply_text == "4.3.1 full"
    assert not Suppression.objects.exists()


def test_the_reaper_replays_before_it_gives_up(folder: Path, mails: list[Mail]) -> None:
    dies_before_the_commit(folder, mails, TAKEN, TAKEN, TAKEN)
    lapse()
    reap(MORNING)
    assert states() == ["sent"] * 3


def test_so_does_the_next_drain(folder: Path, mails: list[Mail]) -> None:
    dies_before_the_commit(folder, mails, TAKEN, TAKEN, TAKEN)
    server = StubTransport()
    drain(server, lambda: MORNING)
    assert states() == ["sent"] * 3
    assert server.mails == []


def test_twice_changes_nothing(folder: Path, mails: list[Mail]) -> None:
    dies_before_the_commit(folder, mails, TAKEN, FULL, NO)
    (path,) = journals(folder, 0)
    whole = path.read_bytes()
    replay(folder, MORNING)
    before = list(Digest.objects.order_by("pk").values())
    path.write_bytes(whole)
    assert replay(folder, MORNING) == {}
    assert list(Digest.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_killed_in_the_replay_the_next_one_goes_on(
    folder: Path, mails: list[Mail], monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    dies_before_the_commit(folder, mails, TAKEN, TAKEN, TAKEN)
    left, real = [rows], outcomes.record_outcome

    def dies(*arguments: object) -> State | None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return real(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr("digest.sending.journal_replay.record_outcome", dies)
        with pytest.raises(KeyboardInterrupt):
            replay(folder, MORNING)
    assert states().count("sent") == rows
    assert replay(folder, MORNING) == {"sent": 3 - rows}
    assert states() == ["sent"] * 3


def test_a_row_that_was_claimed_again_is_another_attempt(folder: Path, mails: list[Mail]) -> None:
    dies_before_the_commit(folder, mails, TAKEN, TAKEN, TAKEN)
    Digest.objects.filter(subscriber__email_key="bob@example.org").update(fence=2)
    assert replay(folder, MORNING) == {"sent": 2}
    assert states() == ["sent", "sending", "sent"]


@pytest.mark.real_clock
def test_another_database_is_not_written(folder: Path, mails: list[Mail]) -> None:
    """One restored from a backup, or another one altogether: same ids and fences, other epochs."""
    epoch = dies_before_the_commit(folder, mails, TAKEN, NO, FULL)
    Digest.objects.update(epoch=epoch + 1)
    before = list(Digest.objects.order_by("pk").values())
    assert replay(folder, MORNING) == {}
    assert list(Digest.objects.order_by("pk").values()) == before
    assert len(journals(folder, 0)) == 1  # it may be that database's turn again
    Digest.objects.update(epoch=epoch)
    assert replay(folder, MORNING) == {"sent": 1, "planned": 1, "failed": 1}
    assert journals(folder, 0) == []


@pytest.mark.real_clock
def test_what_no_database_knows_is_dropped_after_a_week(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(folder) as journal:
        journal.write([reply_of("digest", 4711, 1, TAKEN, "ada@example.org")])
    assert replay(folder, MORNING) == {}
    (path,) = journals(folder, 0)
    later = path.stat().st_mtime + KEPT + 1
    monkeypatch.setattr("time.time", lambda: later)
    assert replay(folder, MORNING) == {}
    assert not path.exists()


def test_a_living_drain_keeps_its_own(folder: Path, mails: list[Mail]) -> None:
    with Journal(folder) as journal:
        recorder = OutcomeRecorder(lambda: MORNING, journal)
        recorder.record_and_permit([], [PermitRequest(mail, "smtp") for mail in mails])
        journal.write([reply_of("digest", mails[0].row.pk, 1, TAKEN, "ada@example.org")])
        assert replay(folder, MORNING) == {}
        assert states() == ["sending"] * 3
    assert replay(folder, MORNING) == {"sent": 1}


def test_a_later_digest_has_covered_the_papers(folder: Path, mails: list[Mail]) -> None:
    dies_before_the_commit(folder, mails, TAKEN, TAKEN, TAKEN)
    lapse()
    Digest.objects.reap(MORNING)
    factories.paper("Another robot")
    tomorrow = MORNING + timedelta(days=1)
    planning.plan(tomorrow)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digest.sending.drain.replay", lambda *_: None)
        drain(StubTransport(), lambda: tomorrow)
    assert marks() == [2, 2, 2]
    assert replay(folder, tomorrow) == {"sent": 3}
    assert marks() == [2, 2, 2]


def test_a_refusal_that_is_found_late_counts(folder: Path, mails: list[Mail]) -> None:
    dies_before_the_commit(folder, mails, TAKEN, NO, FULL)
    replay(folder, MORNING)
    count = OutcomeCount.objects.get(domain="example.org", backend="smtp")
    assert (count.tried, count.refused) == (2, 1)


def test_letters_too(folder: Path, mails: list[Mail]) -> None:
    signup.request("new@example.org", signup.SignUpRequest(keywords=("robot",)), at=MORNING)
    (letter,) = Letter.objects.claim(MORNING, 10)
    post = Mail(mails[0].envelope, bytes, letter)
    dies_before_the_commit(folder, [post, *mails], TAKEN, TAKEN, TAKEN, TAKEN)
    assert replay(folder, MORNING) == {"sent": 4}
    assert Letter.objects.get().state == State.SENT


def test_what_had_no_permit_is_not_written_down(folder: Path, mails: list[Mail]) -> None:
    early = Outcome(Result.REFUSED, "RCPT", 451, "4.2.0 later")
    with Journal(folder) as journal:
        OutcomeRecorder(lambda: MORNING, journal).record_and_permit(
            [MailOutcome(mails[0], early)], []
        )
    assert not folder.exists()


def test_a_drain_that_ends_well_leaves_nothing(folder: Path, mails: list[Mail]) -> None:
    Digest.objects.release_all([mail.row for mail in mails])
    assert drain(StubTransport(), lambda: MORNING)["digests"] == {"sent": 3}
    assert list(folder.iterdir()) == []


def test_a_full_disk_does_not_stop_mail_and_the_drain_says_so(
    folder: Path, mails: list[Mail]
) -> None:
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("no folder")
    Digest.objects.release_all([mail.row for mail in mails])
    assert drain(StubTransport(), lambda: MORNING)["digests"] == {"sent": 3}
    sentence = Run.objects.get(task="drain").details["journal"]
    assert "cannot be written" in sentence
    assert sentence in diagnose(MORNING).notes


def test_a_journal_that_breaks_a_replay_stops_no_other(
    folder: Path, mails: list[Mail], caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "0.replies").mkdir(parents=True)
    dies_before_the_commit(folder, mails, TAKEN, TAKEN, TAKEN)
    assert replay(folder, MORNING) == {"sent": 3}
    assert "0.replies cannot be read" in caplog.text


@pytest.mark.parametrize("lines", [1, 400])
def test_rows_that_ended_cost_one_question(
    folder: Path, lines: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with Journal(folder) as journal:
        journal.write(
            [reply_of("digest", number, 1, TAKEN, "ada@example.org") for number in range(lines)]
        )
    with django_assert_num_queries(1):
        replay(folder, MORNING)
