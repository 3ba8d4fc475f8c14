"""The alarm that needs no database: sent by the watchdog of any process, once a day."""

from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from digest.mail.outbox import mails
from digest.monitoring import watchdog
from digest.monitoring.alarms import database_alarm

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def operators(settings: Any, tmp_path: Path) -> None:
    settings.OPERATORS = ("ada@ops.example",)
    settings.MAIL_RELAYS = ()
    settings.OUTBOX_DIR = tmp_path / "outbox"


@pytest.fixture(autouse=True)
def no_database(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watchdog's turn fails; it closes connections, which here are the test's."""
    monkeypatch.setattr(watchdog.connections, "close_all", lambda: None)
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(database_alarm, "_sent", set())

    def gone(_after: float) -> bool:
        raise OperationalError("database or disk is full\nDETAIL: ada@readers.example")

    monkeypatch.setattr(watchdog, "take_turn", gone)


def test_after_three_turns_once_a_day_over_all_processes(
    settings: Any, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    dogs = [watchdog.Watchdog(), watchdog.Watchdog()]
    with django_assert_num_queries(0):
        for turn in range(5):
            for dog in dogs:
                monkeypatch.setattr(database_alarm, "_sent", set())  # another process's
                dog.step()
            assert len(_sent(settings)) == (turn >= 2)
    (mail,) = _sent(settings)
    assert b"database or disk is full" in mail.read_bytes()
    assert b"readers.example" not in mail.read_bytes()


def test_where_not_even_a_mark_can_be_made_the_process_remembers(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nowhere = [tmp_path / "gone" / "mark"]
    monkeypatch.setattr(database_alarm, "_marker_files", lambda _: nowhere)
    wrong = OperationalError("gone")
    assert database_alarm.alarm_without_database(wrong)
    assert not database_alarm.alarm_without_database(wrong)
    assert len(_sent(settings)) == 1


def test_what_did_not_leave_is_tried_again(settings: Any) -> None:
    settings.OUTBOX_DIR.write_text("")
    wrong = OperationalError("gone")
    assert not database_alarm.alarm_without_database(wrong)
    settings.OUTBOX_DIR.unlink()
    assert database_alarm.alarm_without_database(wrong)


def _sent(settings: Any) -> list[Path]:
    return mails(settings.OUTBOX_DIR)
