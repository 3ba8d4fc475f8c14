"""Sending stops by itself where too many digests of an hour end badly, at the narrowest scope."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from digest.mail.transport import Mail, Outcome, Result, Steps
from digest.models import Alarm, Digest, Hold, Letter, OutcomeCount, Tally, minute_now
from digest.monitoring.alarms import alarm_delivery
from digest.monitoring.diagnosis import diagnose
from digest.sending import planning
from digest.sending.automatic_holds import REFUSALS, check, check_all, lift
from digest.sending.drain import drain
from digest.sending.hold_limits import HoldLimits
from subscriptions import signup
from subscriptions.models import Suppression
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.reports import record
from tests.support.returned_mails import VERP_SENDER, about
from tests.support.stub_transport import TAKEN, StubTransport

pytestmark = pytest.mark.django_db
NOBODY = Outcome(Result.REFUSED, "RCPT", 550, "5.1.1 nobody here")
POLICY = Outcome(Result.REFUSED, "dot", 554, "5.7.1 no")
LATER = Outcome(Result.REFUSED, "RCPT", 450, "4.2.1 later")
NO_REPLY = Outcome(Result.UNKNOWN, "dot")


class Choosing(StubTransport):
    """Answers each domain, or everybody, in its own way."""

    def __init__(self, name: str = "smtp", **answers: Outcome) -> None:
        super().__init__()
        self.name = name
        self.answers = {key.replace("_", "."): answer for key, answer in answers.items()}

    def steps(self, mail: Mail) -> Steps:
        domain = mail.envelope.recipient.rpartition("@")[2]
        self.outcome = self.answers.get(domain, self.answers.get("rest", TAKEN))
        return super().steps(mail)


def readers(**domains: int) -> None:
    """So many people at each domain (a_example is a.example), with a digest due."""
    factories.paper("A robot")
    for domain, number in domains.items():
        for each in range(number):
            factories.subscriber(f"reader{each}@{domain.replace('_', '.')}", "robot")
    planning.plan(MORNING)


def send(transport: StubTransport, times: int = 3) -> None:
    for minute in range(times):
        drain(transport, lambda at=MORNING + timedelta(minutes=minute): at)


def holds() -> list[tuple[str, str, bool]]:
    return list(Hold.objects.order_by("pk").values_list("scope", "value", "automatic"))


def states() -> dict[str, int]:
    return Digest.objects.counts()


def counted(**tallies: tuple[int, int, int]) -> None:
    """Add to the last hour; a key is backend__domain."""
    counts = {}
    for key, tally in tallies.items():
        backend, _, domain = key.partition("__")
        counts[backend, domain.replace("_", ".")] = Tally(*tally)
    OutcomeCount.objects.add(counts)


def test_a_server_that_refuses_everybody_stops_after_twenty() -> None:
    readers(a_example=200)
    server = StubTransport(NOBODY)
    send(server)
    assert holds() == [("domain", "a.example", True)]
    assert states() == {"failed": 20, "planned": 180}
    assert len(server.recipients) == 20
    assert Suppression.objects.pending().count() == Suppression.objects.count() == 20
    assert "20 of 20 digests were refused" in Hold.objects.get().reason
    assert Alarm.objects.get().kind == "automatic_hold"


def test_many_small_domains_hold_the_backend() -> None:
    readers(**{f"d{n}_example": 1 for n in range(60)})
    send(StubTransport(POLICY))
    assert holds() == [("backend", "smtp", True)]
    assert states()["failed"] <= 23


def test_a_domain_that_explains_it_is_held_alone() -> None:
    readers(bad_example=60, good_example=60)
    send(Choosing(bad_example=NOBODY), times=5)
    assert holds() == [("domain", "bad.example", True)]
    sent = Digest.objects.filter(state="sent")
    assert {row.email_key.partition("@")[2] for row in sent} == {"good.example"}
    assert sent.count() == 60


def test_everything_where_no_backend_explains_it() -> None:
    counted(a__x_example=(10, 5, 0), b__y_example=(10, 5, 0))
    assert [(hold.scope, hold.value) for hold in check_all()] == [("everything", "")]


def test_what_another_worker_has_counted_and_not_held_yet_explains_it_too() -> None:
    counted(smtp__a_example=(40, 40, 0), smtp__b_example=(100, 1, 0))
    assert [(hold.scope, hold.value) for hold in check(["b.example"])] == [("domain", "a.example")]


def test_mails_without_a_reply_have_a_limit_of_their_own() -> None:
    counted(smtp__a_example=(150, 0, 2))
    assert check_all() == []
    counted(smtp__a_example=(0, 0, 1))
    assert [str(hold) for hold in check_all()] == ["mail to a.example"]
    assert "3 of 150 digests got no reply" in Hold.objects.get().reason


@pytest.mark.parametrize(
    ("tally", "held"),
    [
        ((19, 19, 0), False),
        ((20, 1, 0), False),
        ((20, 2, 0), True),
        ((1000, 99, 0), False),
        ((1000, 100, 0), True),
        ((0, 20, 0), True),
        ((20, 0, 2), False),
        ((20, 0, 3), True),
        ((1000, 0, 19), False),
        ((1000, 0, 20), True),
    ],
)
def test_the_limits(tally: tuple[int, int, int], held: bool) -> None:
    assert bool(HoldLimits().exceeded(Tally(*tally))) == held
    assert not HoldLimits(0, 0).exceeded(Tally(*tally))


@pytest.mark.parametrize("outcome", [LATER, TAKEN])
def test_what_is_put_off_or_taken_is_no_reason(outcome: Outcome) -> None:
    readers(a_example=30)
    send(StubTransport(outcome), times=1)
    assert holds() == []


def test_letters_to_addresses_that_strangers_typed_never_count() -> None:
    for each in range(60):
        signup.request(f"x{each}@a.example", signup.SignUpRequest(("robot",)), at=MORNING)
    send(StubTransport(NOBODY))
    assert set(Letter.objects.values_list("state", flat=True)) == {"failed"}
    assert not OutcomeCount.objects.exists()
    assert holds() == []


def test_what_is_older_than_an_hour_does_not_count() -> None:
    counted(smtp__a_example=(20, 19, 0))
    OutcomeCount.objects.update(minute=F("minute") - 60)
    counted(smtp__a_example=(1, 1, 0))
    assert check_all() == []


def test_what_was_held_by_a_person_stays_the_persons() -> None:
    mine = Hold.objects.create(scope="domain", value="a.example", reason="mine")
    counted(smtp__a_example=(40, 40, 0), smtp__b_example=(40, 1, 0))
    assert check_all() == []
    mine.refresh_from_db()
    assert (mine.automatic, mine.reason) == (False, "mine")


def test_a_hold_that_is_lifted_does_not_come_back_for_the_same_refusals() -> None:
    counted(smtp__a_example=(40, 40, 0), smtp__b_example=(30, 2, 0), smtp__c_example=(30, 1, 0))
    (hold,) = check_all()
    lift(hold)
    assert check_all() == []
    assert OutcomeCount.objects.by("domain")[""].tried == 60


def test_none_switches_it_off(settings: Any) -> None:
    settings.AUTOMATIC_HOLD = HoldLimits.from_text("none")
    readers(a_example=30)
    send(StubTransport(NOBODY))
    assert (holds(), states()) == ([], {"failed": 30})


@pytest.mark.parametrize("raw", ["10", "refused=x", "refused=101", "mails=0", "mails=1.5",
                                 "refused=1 refused=2", "all=3"])  # fmt: skip
def test_limits_that_cannot_be_read(raw: str) -> None:
    with pytest.raises(ValueError):
        HoldLimits.from_text(raw)


class TestReports:
    """Bounces that come back count where their mail does."""

    @pytest.fixture(autouse=True)
    def sent(self, settings: Any) -> None:
        settings.VERP_SENDER = VERP_SENDER
        readers(a_example=30)
        send(StubTransport(TAKEN), times=1)
        # Bounces count in the minute of their digest: in the last one, should a new one have begun.
        Digest.objects.update(sent_at=Now())

    def bounce(self, number: int) -> None:
        for digest in Digest.objects.filter(state="sent", events=None).order_by("pk")[:number]:
            record(about(digest, "hard"))

    def test_a_relay_that_takes_all_and_bounces_all(self) -> None:
        self.bounce(2)
        assert holds() == []
        self.bounce(1)
        assert holds() == [("domain", "a.example", True)]
        assert OutcomeCount.objects.by("domain")[""].refused == 3
        assert set(Suppression.objects.values_list("backend", "domain")) == {("smtp", "a.example")}

    def test_of_mail_that_was_sent_long_before_they_count_in_its_hour(self) -> None:
        Digest.objects.update(sent_at=timezone.now() - timedelta(hours=3))
        OutcomeCount.objects.update(minute=F("minute") - 180)
        self.bounce(2)
        assert holds() == []
        self.bounce(1)
        assert holds() == [("domain", "a.example", True)]

    def test_of_another_day_they_stop_nothing(self) -> None:
        Digest.objects.update(sent_at=timezone.now() - timedelta(days=1, minutes=1))
        self.bounce(30)
        assert holds() == []

    def test_two_reports_of_one_mail_count_once(self) -> None:
        for digest in Digest.objects.filter(state="sent").order_by("pk")[:2]:
            for name in ("hard", "global", "policy"):
                assert record(about(digest, name)).event.kind in REFUSALS
        assert OutcomeCount.objects.by("domain")[""].refused == 2


class TestAlarms:
    """What an operator must learn of passes the hold that it is about, and no person's."""

    @pytest.fixture(autouse=True)
    def operator(self, settings: Any, tmp_path: Any) -> None:
        settings.OPERATORS = ["op@a.example"]
        settings.OUTBOX_DIR = tmp_path
        counted(outbox__a_example=(40, 40, 0))

    @pytest.mark.parametrize(
        "scope", [("domain", "a.example"), ("backend", "outbox"), ("everything", "")]
    )
    def test_they_pass_an_automatic_hold(self, scope: tuple[str, str]) -> None:
        check_all()
        Hold.objects.get_or_create(scope=scope[0], value=scope[1], defaults={"automatic": True})
        assert alarm_delivery.send_alarms(timezone.now()) == 1
        assert Letter.objects.get().state == "sent"

    @pytest.mark.parametrize("scope", [("domain", "a.example"), ("everything", "")])
    def test_they_do_not_pass_a_persons(self, scope: tuple[str, str]) -> None:
        check_all()
        Hold.objects.all().delete()
        Hold.objects.create(scope=scope[0], value=scope[1])
        assert alarm_delivery.send_alarms(timezone.now()) == 0
        assert Letter.objects.get().state == "planned"

    def test_one_alarm_for_a_hold_that_stands(self) -> None:
        check_all()
        check_all()
        assert (Alarm.objects.count(), Letter.objects.count()) == (1, 1)


def test_the_diagnosis_names_it() -> None:
    counted(smtp__a_example=(40, 40, 0))
    check_all()
    assert any(
        line.startswith("Held automatically: mail to a.example (40 of 40 digests were refused")
        for line in diagnose(timezone.now()).obstacles
    )


def test_counting_costs_a_few_statements_however_many_there_were(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    counted(**{f"smtp__d{n}_example": (5, 1, 0) for n in range(300)})
    with django_assert_max_num_queries(1):
        counted(smtp__d7_example=(5, 0, 0))
    with django_assert_max_num_queries(4):
        assert check(["unheard-of.example"], minute_now() - 120) == []
    with django_assert_max_num_queries(40):  # of them sixteen for each hold and its alarm
        assert len(check(["d7.example"], minute_now())) == 1


def test_old_counts_go() -> None:
    OutcomeCount.objects.add({("smtp", "a.example"): Tally(5, 1)}, 7)
    assert OutcomeCount.objects.prune(7 + 25 * 60 - 1) == 0
    assert OutcomeCount.objects.prune(7 + 25 * 60) == 2
