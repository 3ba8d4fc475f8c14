"""An alarm reaches each operator once a day, names no reader, and stops like any mail."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from django.test import Client

from digest.environment import mail_addresses, setting
from digest.mail.transport import Outcome, Result
from digest.mail_events.recording import record_message
from digest.models import Alarm, Digest, Letter, State
from digest.models.alarms import raise_alarm
from digest.monitoring import checks
from digest.monitoring.health.snapshot import find_alarms, take_snapshot
from digest.sending.drain import drain
from subscriptions.letters.composing import compose_letter
from subscriptions.models import Subscriber, Suppression
from tests.support import factories
from tests.support.mails import html_of, parsed, text_of
from tests.support.returned_mails import VERP_SENDER, about, bounce_address, complaint
from tests.support.stub_transport import StubTransport

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ADA, BOB = "ada@ops.example", "bob@ops.example"
ACCEPTED = Outcome(Result.ACCEPTED, "dot", 250, "2.0.0 ok")
NO_SUCH = Outcome(Result.REFUSED, "RCPT", 550, "5.1.1 no such user")


@pytest.fixture(autouse=True)
def operators(settings: Any) -> None:
    settings.OPERATORS = (ADA, BOB)
    settings.VERP_SENDER = VERP_SENDER


def ended(state: str, number: int = 1, at: datetime = NOON - timedelta(hours=1)) -> None:
    """That many digests of one reader that ended so."""
    reader, _ = Subscriber.objects.get_or_create(
        email="reader@example.org", email_key="reader@example.org", defaults={"send_at": "07:00"}
    )
    known = Digest.objects.count()
    Digest.objects.bulk_create(
        Digest(
            subscriber=reader, local_date=at.date() - timedelta(days=known + place), state=state,
            not_before=at, expires_at=at + timedelta(hours=9),
        )
        for place in range(number)
    )  # fmt: skip


def raise_alarms(at: datetime) -> int:
    """Raise what is alarming at that time; how many letters that made."""
    before = Letter.objects.count()
    for kind, facts in find_alarms(take_snapshot(at)):
        raise_alarm(kind, facts, at)
    return Letter.objects.count() - before


def raised() -> list[str]:
    return sorted(Letter.objects.filter(purpose="alarm").values_list("email_key", flat=True))


def one_alarm(settings: Any) -> Letter:
    settings.OPERATORS = (ADA,)
    ended("unknown")
    raise_alarms(NOON)
    return Letter.objects.get()


class TestWhen:
    @pytest.mark.parametrize(
        ("unknown", "sent", "alarming"),
        [
            (0, 0, False),
            (0, 50, False),
            (1, 0, True),
            pytest.param(1, 9_998, True, marks=pytest.mark.slow),
            pytest.param(1, 9_999, False, marks=pytest.mark.slow),
        ],
    )
    def test_above_one_in_ten_thousand(self, unknown: int, sent: int, alarming: bool) -> None:
        ended("unknown", unknown)
        ended("sent", sent)
        assert raise_alarms(NOON) == (2 if alarming else 0)
        assert raised() == ([ADA, BOB] if alarming else [])

    def test_of_the_last_day_only(self) -> None:
        ended("unknown", at=NOON - timedelta(hours=25))
        assert raise_alarms(NOON) == 0

    def test_once_a_day(self) -> None:
        ended("unknown")
        for minute in range(5):
            raise_alarms(NOON + timedelta(minutes=minute))
        assert raised() == [ADA, BOB]
        raise_alarms(NOON + timedelta(hours=13))
        assert raised() == [ADA, ADA, BOB, BOB]

    def test_an_operator_who_is_new_is_told_too(self, settings: Any) -> None:
        ended("unknown")
        settings.OPERATORS = (ADA,)
        raise_alarms(NOON)
        settings.OPERATORS = (ADA, BOB)
        assert raise_alarms(NOON + timedelta(minutes=1)) == 1

    def test_two_spellings_of_an_address_are_one_operator(self, settings: Any) -> None:
        settings.OPERATORS = (ADA, "ADA@ops.example")
        ended("unknown")
        assert raise_alarms(NOON) == 1

    def test_a_quiet_minute_costs_few_queries(self, django_assert_num_queries: Any) -> None:
        ended("sent", 3)
        # What is due of both models, who is not planned, the last mail, UNKNOWN of both models,
        # holds, heartbeats, what is known of the clock, outcomes of the hour, people.
        with django_assert_num_queries(15):
            raise_nothing = list(find_alarms(take_snapshot(NOON)))
        assert raise_nothing == []

    def test_with_nobody_to_mail_it_is_in_the_admin_all_the_same(self, settings: Any) -> None:
        settings.OPERATORS = ()
        ended("unknown")
        assert raise_alarms(NOON) == 0
        assert [alarm.kind for alarm in Alarm.objects.all()] == ["no_reply"]


class TestLetter:
    def test_it_gets_to_every_operator_and_is_no_news_the_second_time(self) -> None:
        ended("unknown")
        raise_alarms(NOON)
        server = StubTransport(ACCEPTED)
        assert drain(server, lambda: NOON)["letters"] == {"sent": 2}
        assert sorted(server.recipients) == [ADA, BOB]
        assert drain(server, lambda: NOON)["letters"] == {}

    def test_what_it_says(self, settings: Any) -> None:
        settings.SITE_URL = "https://digest.example"
        settings.OPERATORS = (ADA,)
        ended("unknown", 3)
        ended("sent", 997)
        raise_alarms(NOON)
        Digest.objects.all().delete()  # what it says is of the time it was raised at
        mail = parsed(compose_letter(Letter.objects.get(), NOON))
        assert mail["To"] == ADA
        assert mail["Subject"] == "Alarm: 3 of 1000 e-mails got no reply"
        for text in (text_of(mail), html_of(mail).get_text(" ")):
            flat = " ".join(text.split())
            assert (
                "3 of 1000 e-mails of the last 24 hours got no reply from the mail server: 0.3 %"
                in flat
            )
            assert "over the limit of 0.01 %" in flat
            assert "manage.py why_nothing" in flat
            assert "reader" not in flat.replace("into the next one", "")
        links = [str(link["href"]) for link in html_of(mail).select("a[href]")]
        assert "https://digest.example/admin/digest/mailevent/why/" in links
        assert all(link in text_of(mail) for link in links)

    def test_its_links_open(self, settings: Any, admin_client: Client) -> None:
        mail = parsed(compose_letter(one_alarm(settings), NOON))
        for link in html_of(mail).select("a[href]"):
            page = admin_client.get(str(link["href"]).removeprefix(settings.SITE_URL))
            assert page.status_code == 200
        assert admin_client.get("/admin/digest/letter/", {"q": "ada"}).content.count(ADA.encode())

    def test_every_attempt_is_the_same_message(self, settings: Any) -> None:
        letter = one_alarm(settings)
        assert compose_letter(letter, NOON) == compose_letter(letter, NOON)

    def test_a_letter_has_one_recipient(self) -> None:
        times = {"not_before": NOON, "expires_at": NOON, "purpose": "alarm", "email_key": ADA}
        reader = factories.subscriber()
        with transaction.atomic(), pytest.raises(IntegrityError):
            Letter.objects.create(nonce="1", **times)
        with transaction.atomic(), pytest.raises(IntegrityError):
            Letter.objects.create(nonce="2", email=ADA, subscriber=reader, **times)


class TestStopped:
    @pytest.fixture
    def sent(self, settings: Any) -> Iterator[Letter]:
        letter = one_alarm(settings)
        drain(StubTransport(ACCEPTED), lambda: NOON)
        yield letter
        assert Subscriber.objects.get().status == "pending"

    def test_a_refusal_suppresses_the_address_alone(self, settings: Any) -> None:
        one_alarm(settings)
        assert drain(StubTransport(NO_SUCH), lambda: NOON)["letters"] == {"failed": 1}
        assert Suppression.objects.for_mailbox(ADA).get().reason == "bounce"
        assert "ada" not in Suppression.objects.get().detail

    def test_a_bounce_does_and_stops_the_next_alarm(self, sent: Letter) -> None:
        event, _ = record_message(about(sent, "hard"), NOON)
        assert (event.kind, event.letter) == ("bounce_hard", sent)
        assert Suppression.objects.for_mailbox(ADA).exists()
        raise_alarms(NOON + timedelta(hours=12))
        tomorrow = drain(StubTransport(ACCEPTED), lambda: NOON + timedelta(hours=12))
        assert tomorrow["letters"] == {"suppressed": 1}

    @pytest.mark.parametrize("name", ["full", "policy", "delayed", "away"])
    def test_nothing_milder_does(self, sent: Letter, name: str) -> None:
        record_message(about(sent, name), NOON)
        assert not Suppression.objects.exists()

    def test_a_complaint_does(self, sent: Letter) -> None:
        event, _ = record_message(complaint(mail_from=bounce_address(sent)), NOON)
        assert (event.kind, Suppression.objects.for_mailbox(ADA).get().reason) == (
            "complaint",
            "complaint",
        )

    def test_an_operator_who_reads_papers_too_rests(self, settings: Any) -> None:
        reader = factories.subscriber(ADA, next_due_at=NOON + timedelta(hours=19))
        record_message(about(one_alarm(settings), "hard"), NOON)
        reader.refresh_from_db()
        assert reader.status == "bouncing"

    def test_no_answer_is_proven_by_what_comes_back(self, sent: Letter) -> None:
        Letter.objects.update(state=State.UNKNOWN)
        record_message(about(sent, "delivered"), NOON)
        assert Letter.objects.get().state == "sent"


class TestSetting:
    def test_addresses_as_servers_take_them(self) -> None:
        read = mail_addresses(" Ada@Ops.Example bob@bücher.example  Ada@ops.example")
        assert read == ("Ada@ops.example", "bob@xn--bcher-kva.example")
        assert mail_addresses("") == ()

    @pytest.mark.parametrize(
        "raw",
        ["ada", "Ada <ada@ops.example>", "a@b.example,c@d.example", "a@b.example c", "@", "a@"],
    )
    def test_anything_else_stops_the_start(self, monkeypatch: Any, raw: str) -> None:
        monkeypatch.setenv("OPERATOR_EMAIL", raw)
        with pytest.raises(ImproperlyConfigured, match=r"OPERATOR_EMAIL=.* like ada@"):
            setting("OPERATOR_EMAIL", "", mail_addresses, "like ada@example.org")

    def test_doctor_says_who_is_not_reached(self, settings: Any) -> None:
        assert list(checks.check_mails(NOON)) == []
        Suppression.objects.record(BOB, "bounce")
        assert [sentence.split(" (")[0] for sentence in checks.check_mails(NOON)] == [
            f"Alarms do not reach {BOB}"
        ]
        ended("unknown")
        settings.OPERATORS = ()
        (output,) = checks.check_mails(NOON)
        assert output.endswith("Set OPERATOR_EMAIL to get an e-mail.")
