"""Alarms leave without the queue's worker: by mail past relays that fail, and by a webhook."""

import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from digest.environment import setting
from digest.mail.alarm_url import Webhook, read_alarm_url
from digest.mail.outbox import mails
from digest.mail.routing.relay import Relay
from digest.models import Alarm, AlarmKind, Hold, Letter
from digest.models.alarms import AlarmFacts, raise_alarm
from digest.monitoring.alarms.alarm_delivery import send_alarms
from tests.support.sink import Sink

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ADA = "ada@ops.example"
FACTS = AlarmFacts("The disk is full", ["/var/lib has no room."])


@dataclass
class Hook:
    """A webhook on loopback: `statuses` to answer with in turn, and what was posted."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    posted: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.posted.append(json.loads(body))
            self.send_response(found.statuses.pop(0) if found.statuses else 204)
            self.send_header("Location", found.url)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/services/SECRET"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def operators(settings: Any, tmp_path: Any) -> None:
    settings.OPERATORS = (ADA,)
    settings.MAIL_RELAYS = ()
    settings.OUTBOX_DIR = tmp_path / "outbox"


def raised(kind: AlarmKind = AlarmKind.STORAGE, at: datetime = NOON) -> bool:
    return raise_alarm(kind, FACTS, at)


def relay(sink: Sink, name: str = "smtp") -> Relay:
    return Relay("127.0.0.1", sink.port, name=name)


class TestByMail:
    def test_once_whatever_is_called_how_often(self, settings: Any) -> None:
        assert [raised(), raised()] == [True, False]
        assert [send_alarms(NOON), send_alarms(NOON)] == [1, 0]
        (mail,) = mails(settings.OUTBOX_DIR)
        assert b"/var/lib has no room." in mail.read_bytes()

    def test_each_kind_has_its_own_day(self, settings: Any) -> None:
        raised(AlarmKind.STORAGE)
        raised(AlarmKind.HEARTBEAT)
        assert send_alarms(NOON) == 2
        assert raised(at=NOON + timedelta(hours=12))
        assert send_alarms(NOON + timedelta(hours=12)) == 1

    def test_the_relay_of_alarms_goes_first_every_time(self, settings: Any) -> None:
        settings.OPERATORS = tuple(f"{name}@ops.example" for name in "abcdef")
        with Sink() as usual, Sink() as other:
            settings.MAIL_RELAYS = (relay(usual),)
            settings.ALARM_URL = relay(other, "alarms")
            raised()
            assert send_alarms(NOON) == 6
            assert (len(usual.accepted), len(other.accepted)) == (0, 6)

    def test_past_a_relay_that_is_down(self, settings: Any) -> None:
        with Sink() as usual:
            settings.MAIL_RELAYS = (relay(usual),)
            settings.ALARM_URL = Relay("127.0.0.1", 1, name="alarms")
            raised()
            assert send_alarms(NOON) == 1
            assert len(usual.accepted) == 1

    def test_a_relay_that_puts_everybody_off_is_tried_again(self, settings: Any) -> None:
        with Sink(RCPT=["451 4.3.0 later"]) as usual:
            settings.MAIL_RELAYS = (relay(usual),)
            raised()
            assert send_alarms(NOON) == 0
            assert send_alarms(NOON + timedelta(minutes=2)) == 1

    def test_not_by_a_backend_that_is_held(self, settings: Any) -> None:
        with Sink() as first, Sink() as second:
            settings.MAIL_RELAYS = (relay(first, "a"), relay(second, "b"))
            Hold.objects.create(scope="backend", value="a")
            raised()
            assert send_alarms(NOON) == 1
            assert (len(first.accepted), len(second.accepted)) == (0, 1)

    def test_what_another_process_has_claimed_is_not_sent_twice(self, settings: Any) -> None:
        raised()
        assert len(Letter.objects.claim(NOON, 10)) == 1
        assert send_alarms(NOON) == 0

    def test_an_alarm_of_before_there_were_kinds_can_be_sent(self, settings: Any) -> None:
        Letter.objects.create(
            email=ADA, email_key=ADA, purpose="alarm", nonce="2026-11-20", not_before=NOON,
            facts={"unanswered": 3, "tried": 9}, expires_at=NOON + timedelta(days=1),
        )  # fmt: skip
        assert send_alarms(NOON) == 1


class TestByWebhook:
    def test_it_is_called_once_with_the_facts(self, settings: Any, hook: Hook) -> None:
        settings.OPERATORS = ()
        settings.ALARM_URL = read_alarm_url(hook.url)
        raised()
        assert [send_alarms(NOON), send_alarms(NOON + timedelta(hours=1))] == [1, 0]
        (posted,) = hook.posted
        assert posted["kind"] == "storage"
        assert posted["summary"] == "The disk is full"
        assert posted["details"] == ["/var/lib has no room."]
        assert posted["text"] == "Paper Digest: The disk is full\n/var/lib has no room."
        assert posted["url"].startswith(settings.SITE_URL)

    def test_a_failure_is_tried_again_later(self, settings: Any, hook: Hook) -> None:
        settings.OPERATORS = ()
        settings.ALARM_URL = read_alarm_url(hook.url)
        hook.statuses = [500]
        raised()
        assert [send_alarms(NOON), send_alarms(NOON)] == [0, 0]
        assert Alarm.objects.get().post_error == "The webhook of ALARM_URL answered 500."
        assert send_alarms(NOON + timedelta(minutes=2)) == 1
        assert len(hook.posted) == 2

    def test_no_redirect_is_followed(self, settings: Any, hook: Hook) -> None:
        settings.ALARM_URL = read_alarm_url(hook.url)
        hook.statuses = [302]
        raised()
        send_alarms(NOON)
        assert len(hook.posted) == 1
        assert Alarm.objects.get().posted_at is None

    def test_one_that_is_down_keeps_no_mail_and_tells_no_key(
        self, settings: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.ALARM_URL = read_alarm_url("http://127.0.0.1:1/services/SECRET")
        raised()
        assert send_alarms(NOON) == 1
        error = Alarm.objects.get().post_error
        assert error.startswith("The webhook of ALARM_URL cannot be reached (")
        assert "SECRET" not in error + caplog.text + repr(settings.ALARM_URL)

    def test_after_a_day_it_is_given_up(self, settings: Any) -> None:
        raised()
        assert Alarm.objects.to_post(NOON + timedelta(hours=25)).count() == 0


class TestSetting:
    @pytest.mark.parametrize(
        "raw",
        [
            "https://hooks.example.net/a?b=c",
            "https://10.0.0.8/a",
            "http://127.0.0.1:9093/a",
            "http://localhost/a",
            "http://[::1]/",
            "http://192.168.1.2/",
        ],
    )
    def test_webhooks(self, raw: str) -> None:
        read = read_alarm_url(raw)
        assert isinstance(read, Webhook)
        assert read.url == raw

    def test_a_relay(self) -> None:
        read = read_alarm_url("smtp+tls://u:p@mail.example.net#name=x")
        assert read == Relay("mail.example.net", 587, "u", "p", "starttls", "alarms")
        assert read_alarm_url("") is None

    @pytest.mark.parametrize(
        "raw",
        [
            "http://hooks.example.net/SECRET",
            "https:///SECRET",
            "https://u:SECRET@example.net/",
            "https://example.net:x/SECRET",
            "https://a b/SECRET",
            "ftp://example.net/SECRET",
            "SECRET",
        ],
    )
    def test_anything_else_stops_the_start_and_is_not_repeated(
        self, monkeypatch: pytest.MonkeyPatch, raw: str
    ) -> None:
        monkeypatch.setenv("ALARM_URL", raw)
        with pytest.raises(ImproperlyConfigured, match=r"^ALARM_URL cannot be used: ") as caught:
            setting("ALARM_URL", "", read_alarm_url, "a webhook", secret=True)
        assert "SECRET" not in str(caught.value)
        assert caught.value.__cause__ is None
