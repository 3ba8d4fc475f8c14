"""Mails refused or put off and people suspended: doctor, diagnosis and alarms."""

import errno
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from digest.mail.outbox import OutboxTransport
from digest.mail.transport import Outcome, Result
from digest.models import (
    WITHHELD,
    Digest,
    Dump,
    Heartbeat,
    Hold,
    OutcomeCount,
    Run,
    State,
    Tally,
    minute_now,
)  # fmt: skip
from digest.monitoring.alarms.alarm_limits import AlarmLimits
from digest.monitoring.health.snapshot import find_alarms, take_snapshot
from digest.sending.drain import drain
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.stub_transport import StubTransport

pytestmark = pytest.mark.django_db
LATER = Outcome(Result.REFUSED, "RCPT", 451, "4.3.0 try again later")
DUE = timedelta(hours=19)


@pytest.fixture(autouse=True)
def healthy(settings: Any, tmp_path: Path) -> None:
    settings.CELERY_BROKER_URL = "memory://"
    settings.MAIL_RELAYS = ()
    settings.OUTBOX_DIR = tmp_path / "outbox"
    Dump.objects.create(
        sha256="0" * 64, name="p", state="parsed", received_at=MORNING, papers=3, new=3,
        listed_on=MORNING.date(),
    )  # fmt: skip
    Run.objects.note("drain", MORNING, shut="")
    Run.objects.note("sent", MORNING)


def digests(number: int, **values: Any) -> None:
    """That many people, each with a digest of this morning."""
    made = Subscriber.objects.count()
    for person in range(made, made + number):
        reader = factories.subscriber(f"p{person}@example.org", "robot", next_due_at=MORNING + DUE)
        usual = {"not_before": MORNING, "expires_at": MORNING + DUE, "created_at": MORNING}
        Digest.objects.create(subscriber=reader, local_date=MORNING.date(), **(usual | values))


def output_of(command: str) -> tuple[str, int]:
    out = io.StringIO()
    with time_machine.travel(MORNING, tick=False):
        try:
            call_command(command, stdout=out)
        except SystemExit as ended:
            return out.getvalue(), int(str(ended.code))
    return out.getvalue(), 0


def kinds() -> set[str]:
    return {kind.value for kind, _ in find_alarms(take_snapshot(MORNING))}


def counted(tried: int, refused: int = 0) -> None:
    OutcomeCount.objects.add({("smtp", "example.org"): Tally(tried, refused)})


class TestPutOff:
    def test_every_recipient_is_refused_for_now(self) -> None:
        factories.paper("A robot")
        digests(25)
        assert drain(StubTransport(LATER), lambda: MORNING)["digests"] == {"planned": 25}
        out, code = output_of("doctor")
        assert code == 1
        assert "25 digests are deferred, the first for 0 seconds; 0 finished" in out
        assert output_of("why_nothing")[1] == 1
        assert kinds() == {"put_off"}

    def test_the_outbox_s_disk_is_full(
        self, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        def full(*_: Any) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("digest.mail.outbox._write_through", full)
        factories.paper("A robot")
        digests(25)
        drain(OutboxTransport(settings.OUTBOX_DIR), lambda: MORNING)
        out, code = output_of("doctor")
        assert code == 1
        assert "or the outbox cannot be written" in out
        assert kinds() == {"put_off"}

    def test_few_among_many_are_greylisted_as_ever(self) -> None:
        digests(25, attempts=1)
        counted(tried=1000)
        assert output_of("doctor") == ("All is well.\n", 0)
        assert kinds() == set()

    def test_even_one_for_more_than_an_hour(self) -> None:
        digests(1, attempts=4, created_at=MORNING - timedelta(hours=3))
        Run.objects.note("sent", MORNING - timedelta(hours=3))
        out, code = output_of("doctor")
        assert code == 1
        assert "1 digests are deferred, the first for 3 hours" in out
        assert kinds() == {"put_off", "nothing_sent"}

    def test_what_is_held_is_not_put_off(self) -> None:
        digests(25, attempts=1, created_at=MORNING - timedelta(hours=3))
        Hold.objects.create(scope="domain", value="example.org")
        assert kinds() == set()
        Hold.objects.all().delete()
        Digest.objects.update(reply_text=WITHHELD)
        assert "put_off" not in kinds()


class TestRefused:
    @pytest.mark.parametrize(
        ("tried", "refused", "alarms"),
        [(19, 19, False), (20, 0, False), (100, 4, False), (100, 5, True), (0, 20, True)],
    )
    def test_a_share_of_the_last_hour(self, tried: int, refused: int, alarms: bool) -> None:
        counted(tried, refused)
        assert kinds() == ({"refused"} if alarms else set())
        assert output_of("doctor")[1] == output_of("why_nothing")[1] == int(alarms)

    def test_of_the_last_hour_only(self) -> None:
        OutcomeCount.objects.add({("smtp", "a.org"): Tally(100, 100)}, minute_now() - 61)
        assert kinds() == set()

    def test_limits_are_settings(self, settings: Any) -> None:
        counted(100, 50)
        settings.ALARM_LIMITS = AlarmLimits.from_text("refused=0")
        assert kinds() == set()
        settings.ALARM_LIMITS = AlarmLimits.from_text("refused=50")
        assert kinds() == {"refused"}


class TestSuspended:
    def test_many_at_once(self) -> None:
        digests(30, state=State.SENT)
        first = Subscriber.objects.order_by("pk").values_list("pk", flat=True)[:20]
        Subscriber.objects.filter(pk__in=list(first)).update(
            status="bouncing", paused_until=MORNING + timedelta(days=30)
        )
        out, code = output_of("doctor")
        assert code == 1
        assert "20 of 30 subscribers are suspended, because their addresses refused e-mails" in out
        assert kinds() == {"refused"}
        Subscriber.objects.update(paused_until=MORNING)
        assert kinds() == set()

    def test_it_is_a_number_in_the_diagnosis_in_any_case(self) -> None:
        digests(1, state=State.SENT)
        out, code = output_of("why_nothing")
        assert code == 0
        assert "0 are deferred now. 0 subscribers are suspended" in out


def test_a_dead_worker_for_three_hours() -> None:
    digests(1, created_at=MORNING - timedelta(hours=3), not_before=MORNING - timedelta(hours=3))
    for kind in (Heartbeat.Kind.WORKER, Heartbeat.Kind.SCHEDULER):
        at = MORNING - timedelta(hours=3)
        Heartbeat.objects.create(kind=kind, host="a", at=at, since=at)
    Run.objects.note("sent", MORNING - timedelta(hours=3))
    for command in ("doctor", "why_nothing"):
        out, code = output_of(command)
        assert code == 1
        assert "The worker has sent no heartbeat for 3 hours" in out
        assert "The scheduler has sent no heartbeat for 3 hours" in out
    assert kinds() == {"heartbeat", "nothing_sent"}


def test_doctor_mails_what_is_alarming(settings: Any) -> None:
    settings.OPERATORS = ("ada@ops.example",)
    counted(100, 50)
    out = io.StringIO()
    for _ in range(2):
        with pytest.raises(SystemExit), time_machine.travel(MORNING, tick=False):
            call_command("doctor", "--mail", "--json", stdout=out)
    assert len(list(settings.OUTBOX_DIR.glob("*.eml"))) == 1
    found = json.loads(out.getvalue().splitlines()[0])
    assert found["checks"]["outcomes"]
    assert not found["ok"]


@pytest.mark.parametrize(
    ("raw", "limits"),
    [
        ("", AlarmLimits()),
        ("refused=2.5 mails=100", AlarmLimits(refused=2.5, mails=100)),
        ("put_off=0 suspended=100", AlarmLimits(put_off=0, suspended=100)),
    ],
)
def test_limits(raw: str, limits: AlarmLimits) -> None:
    assert AlarmLimits.from_text(raw) == limits


@pytest.mark.parametrize(
    "raw", ["5", "refused", "refused=x", "other=5", "refused=5 refused=6", "refused=101",
            "refused=-1", "mails=0", "mails=1.5", "refused=nan"],
)  # fmt: skip
def test_anything_else_is_refused(raw: str) -> None:
    with pytest.raises(ValueError):
        AlarmLimits.from_text(raw)
