"""The diagnosis names each cause that stops mail, and so does `manage.py why_nothing`."""

import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from digest.mail.routing.relay import Relay
from digest.models import WITHHELD, Digest, Dump, Hold, Letter, Run
from digest.monitoring.diagnosis import diagnose
from subscriptions.models import Subscriber
from tests.support import factories
from tests.support.sink import Sink

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    """The clock stands still: sentences tell minutes."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def healthy(settings: Any) -> None:
    """Somebody is due tomorrow, papers came today, a worker runs, the broker is there."""
    settings.CELERY_BROKER_URL = "memory://"
    settings.MAIL_RELAYS = ()
    factories.subscriber("ada@example.org", next_due_at=NOW + timedelta(hours=20))
    Dump.objects.create(sha256="0" * 64, name="p", state="parsed", received_at=NOW, new=3)
    Run.objects.note("drain", NOW, shut="")


def digest(**values: Any) -> Digest:
    usual: dict[str, Any] = {
        "subscriber": Subscriber.objects.get(),
        "local_date": NOW.date(),
        "not_before": NOW,
        "expires_at": NOW + timedelta(hours=9),
    }
    return Digest.objects.create(**(usual | values))


def run(*arguments: str) -> tuple[str, int]:
    out = io.StringIO()
    try:
        call_command("why_nothing", *arguments, stdout=out)
    except SystemExit as ended:
        return out.getvalue(), int(str(ended.code))
    return out.getvalue(), 0


def test_nothing_in_the_way() -> None:
    out, code = run()
    assert code == 0
    assert out.startswith(
        "Nothing is blocking e-mail.\n- No digest is due. The next one is due at "
    )
    assert "e-mails go to the outbox" in out


def hold_everything(settings: Any) -> None:
    Hold.objects.create(scope="everything", reason="a new relay")


def hold_a_domain(settings: Any) -> None:
    Hold.objects.create(scope="domain", value="example.org")


def hold_today(settings: Any) -> None:
    Hold.objects.create(scope="date", value=str(NOW.date()))


def no_broker(settings: Any) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"


def no_relay(settings: Any) -> None:
    settings.MAIL_RELAYS = (Relay("127.0.0.1", 1, name="ses", password="secret"),)


def not_planned(settings: Any) -> None:
    Subscriber.objects.update(next_due_at=NOW - timedelta(hours=3))


def late(settings: Any) -> None:
    digest(not_before=NOW - timedelta(hours=5))


def breakers_open(settings: Any) -> None:
    Run.objects.note("drain", NOW, shut="smtp: connect: refused")


def waiting_dump(settings: Any) -> None:
    Dump.objects.create(sha256="1" * 64, name="q", state="waiting", received_at=NOW)


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        (hold_everything, "Held by an operator: everything (a new relay)."),
        (hold_a_domain, "Held by an operator: mail to example.org."),
        (hold_today, "Held by an operator: the digests of 20"),
        (no_broker, "The broker cannot be reached"),
        (no_relay, "The mail server ses (127.0.0.1:1) does not answer"),
        (not_planned, "but are not planned"),
        (late, "Overdue: 1 digest, the first for 5 hours (since "),
        (breakers_open, "It stopped early: smtp: connect: refused"),
        (waiting_dump, "1 dumps are waiting for an operator"),
    ],
)
def test_what_stands_in_the_way(settings: Any, cause: Callable[[Any], None], sentence: str) -> None:
    cause(settings)
    (output,) = diagnose(timezone.now()).obstacles
    assert sentence in output
    assert "secret" not in output
    assert run()[1] == 1


NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # the hour at which a day ends in the last zone


@pytest.mark.parametrize(
    ("day", "at", "blocks"),
    [
        ("2026-11-20", NOON - timedelta(minutes=1), True),
        ("2026-11-20", NOON, False),
        ("2026-11-21", NOON, True),
    ],
)
def test_a_held_day_that_is_over_is_in_nobodys_way(day: str, at: datetime, blocks: bool) -> None:
    Hold.objects.create(scope="date", value=day)
    found = diagnose(at)
    assert any(day in sentence for sentence in found.obstacles) == blocks
    assert (
        any(f"Held, but over: the digests of {day}" in sentence for sentence in found.notes)
        != blocks
    )


def test_a_held_day_is_not_over_while_a_digest_of_it_waits() -> None:
    day = NOW.date() - timedelta(days=3)
    Hold.objects.create(scope="date", value=str(day))
    assert run()[1] == 0
    digest(local_date=day)
    assert run()[1] == 1


def test_what_waits_is_counted_letters_too_and_though_it_is_held() -> None:
    letter = {"email": "op@example.org", "email_key": "op@example.org", "purpose": "alarm"}
    usual: dict[str, Any] = {"expires_at": NOW + timedelta(hours=9), **letter}
    Letter.objects.create(nonce="1", not_before=NOW - timedelta(minutes=5), **usual)
    assert "\n- Overdue: 1 letter, the first for 5 minutes (since " in run()[0]
    Hold.objects.create(scope="domain", value="example.org")
    held: dict[str, Any] = {
        "not_before": NOW + timedelta(minutes=4),
        "created_at": NOW - timedelta(hours=2, minutes=1),
        "reply_text": WITHHELD,
    }
    Letter.objects.create(nonce="2", **usual, **held)
    digest(**held)
    digest(kind="sample", not_before=NOW + timedelta(hours=1))
    out, code = run()
    assert code == 1
    since = f"{held['created_at']:%Y-%m-%d %H:%M} UTC"
    output = f"Overdue: 1 digest and 2 letters, the first for 2 hours (since {since})."
    assert output in out.splitlines()
    facts = json.loads(run("--json")[0])["facts"]
    assert (facts["waiting_digests"], facts["waiting_letters"]) == (1, 2)
    assert facts["waiting_since"] == held["created_at"].isoformat()


@pytest.mark.parametrize(
    ("script", "wrong"),
    [
        ({}, ""),
        ({"connect": ["421 too busy"]}, "it answered 421"),
        ({"connect": [None]}, "SMTPServerDisconnected"),
        ({"EHLO": ["550 go away"]}, "it answered EHLO with 550"),
    ],
)
def test_a_mail_server_that_answers(settings: Any, script: Any, wrong: str) -> None:
    with Sink(**script) as sink:
        settings.MAIL_RELAYS = (Relay("127.0.0.1", sink.port),)
        output = " ".join(diagnose(timezone.now()).obstacles)
    assert wrong in output
    assert bool(output) == bool(wrong)
    assert "MAIL" not in sink.seen


def test_what_else_explains_it() -> None:
    Subscriber.objects.all().delete()
    Dump.objects.all().delete()
    Run.objects.all().delete()
    out, code = run()
    assert code == 0
    for sentence in (
        "There are no active, confirmed",
        "No new papers have been read",
        "never been processed",
    ):
        assert sentence in out
    Dump.objects.create(
        sha256="2" * 64, name="old", state="parsed", received_at=NOW - timedelta(days=3), new=1
    )
    assert "No new papers since" in run()[0]


def test_the_day_in_numbers() -> None:
    digest(state="unknown")
    digest(state="sent", kind="sample", sent_at=NOW)
    digest(state="failed", kind="copy")
    out, code = run()
    assert code == 0
    assert (
        "In the last 24 hours: 1 sent, 0 nothing matched, 1 refused, 0 too late, 1 no reply." in out
    )
    assert "1 of 3 e-mails of the last day got no reply" in out


def test_as_json() -> None:
    digest(state="sent", sent_at=NOW)
    Hold.objects.create(scope="everything")
    out, code = run("--json")
    output = json.loads(out)
    assert code == 1
    assert output["in_the_way"] == ["Held by an operator: everything."]
    assert output["facts"]["digests"] == {"sent": 1}
    assert output["facts"]["last_sent_at"] == NOW.isoformat()
