"""The daily report: once a day, whatever there is to say, by mail, webhook and log."""

import logging
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from digest.mail.outbox import mails
from digest.models import Alarm, Dump, Letter, OutcomeCount, Tally, minute_now
from digest.models.alarms import AlarmFacts, raise_alarm
from digest.monitoring import watchdog
from digest.monitoring.alarms.daily_report import daily_facts, report_day
from subscriptions.letters.composing import compose_letter
from tests.support.mails import parsed, text_of

pytestmark = pytest.mark.django_db
EIGHT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def here(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DAILY_REPORT = time(8)
    settings.OPERATORS = ("ada@ops.example",)
    settings.OUTBOX_DIR = tmp_path / "outbox"
    settings.CELERY_BROKER_URL = "memory://"
    monkeypatch.setattr("digest.monitoring.checks.check_newest_listing", lambda at: iter(()))


def reports() -> list[str]:
    return list(
        Alarm.objects.filter(kind="daily").order_by("day").values_list("summary", flat=True)
    )


def test_once_a_day_from_that_time_on() -> None:
    times = (-1, 0, 1, 600, 23 * 60, 24 * 60)
    made = [report_day(EIGHT + timedelta(minutes=minutes)) for minutes in times]
    assert made == [False, True, False, False, False, True]
    assert reports() == ["All is well"] * 2


def test_never(settings: Any) -> None:
    settings.DAILY_REPORT = None
    assert not report_day(EIGHT)


def test_it_reaches_operators_and_the_log(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        watchdog.watch(EIGHT)
        watchdog.watch(EIGHT + timedelta(minutes=1))
    (mail,) = mails(settings.OUTBOX_DIR)
    assert parsed(mail.read_bytes())["Subject"] == "Daily report: All is well"
    lines = [line for line in caplog.messages if line.startswith("Daily report: All is well. In")]
    assert len(lines) == 1


def test_its_words_are_not_those_of_an_alarm() -> None:
    report_day(EIGHT)
    text = text_of(parsed(compose_letter(Letter.objects.get(), EIGHT).message))
    assert "You get this report once a day" in text
    assert "kind of alarm" not in text
    Letter.objects.all().delete()
    raise_alarm("storage", AlarmFacts("Files cannot be written"), EIGHT)  # type: ignore[arg-type]
    composed = compose_letter(Letter.objects.get(), EIGHT)
    assert composed.subject == "Alarm: Files cannot be written"
    assert "each kind of alarm" in text_of(parsed(composed.message))


def test_it_names_alarms_and_what_doctor_finds() -> None:
    raise_alarm("storage", AlarmFacts("Files cannot be written"), EIGHT - timedelta(hours=23))  # type: ignore[arg-type]
    raise_alarm("clock", AlarmFacts("The clock is behind"), EIGHT - timedelta(hours=25))  # type: ignore[arg-type]
    Dump.objects.create(
        sha256="a" * 64, name="x", received_at=EIGHT - timedelta(hours=1), state="waiting", new=3
    )
    facts = daily_facts(EIGHT)
    assert facts.summary == "1 alarm and 1 thing to look at"
    assert facts.details[1] == "Alarm: Files cannot be written."
    assert "1 dumps are waiting for an operator" in facts.details[2]
    assert "and 3 new papers came" in facts.details[0]


def test_figures_of_the_last_24_hours() -> None:
    OutcomeCount.objects.add({("smtp", "a.example"): Tally(1_200, refused=3, unknown=2)})
    OutcomeCount.objects.add({("smtp", "a.example"): Tally(50)}, minute_now() - 24 * 60 - 1)
    assert (
        daily_facts(timezone.now())
        .details[0]
        .startswith("In the last 24 hours 1,195 digests were sent, 3 were refused, 2 got no reply")
    )
