"""A hard refusal is pending until its hour is over; one action takes a wrong one back whole."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from digest import tasks
from digest.mail.transport import Outcome
from digest.models import Digest, Hold, OutcomeCount, minute_now
from digest.operators.mass_actions import fingerprint_of
from digest.sending import planning, refusals
from digest.sending.drain import drain, reap
from digest.sending.refusals import confirm_pending, undo
from subscriptions import signup
from subscriptions.models import Subscriber, Suppression
from subscriptions.models.suppressions import Refusal
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.reports import record
from tests.support.returned_mails import VERP_SENDER, about
from tests.support.stub_transport import TAKEN, StubTransport
from tests.web.conftest import operator

from .test_automatic_holds import NOBODY, POLICY, Choosing, readers, send, states

__all__ = ["operator"]
pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATER = MORNING + HOUR


@pytest.fixture(autouse=True)
def that_morning(time_machine: Any) -> None:
    """Holds and suppressions bear the program's time, like the digests that they are about."""
    time_machine.move_to(MORNING, tick=False)


def pending() -> int:
    return Suppression.objects.pending().count()


def age(**by: Any) -> None:
    Suppression.objects.update(pending_since=timezone.now() - timedelta(**by))


def refused(number: int, outcome: Outcome = NOBODY, domain: str = "a_example") -> None:
    readers(**{domain: number})
    send(StubTransport(outcome), times=1)


class TestPending:
    def test_it_stops_mail_at_once(self) -> None:
        refused(1)
        assert pending() == 1
        assert Suppression.objects.for_mailbox("reader0@a.example").exists()
        assert Subscriber.objects.get().status == "bouncing"

    def test_it_becomes_real_when_its_hour_is_over(self) -> None:
        refused(1)
        age(minutes=59)
        assert confirm_pending(timezone.now()) == 0
        age(minutes=60)
        assert confirm_pending(timezone.now()) == 1
        row = Suppression.objects.get()
        assert (row.pending_since, row.domain, row.backend) == (None, "", "")
        assert (row.subscriber, row.reason) == (None, "bounce")
        assert Suppression.objects.for_mailbox("reader0@a.example").exists()

    def test_the_periodic_task_does_it(self) -> None:
        refused(1)
        age(hours=2)
        tasks.reap()
        assert pending() == 0

    @pytest.mark.parametrize("scope", [("domain", "a.example"), ("backend", "smtp"),
                                       ("everything", "")])  # fmt: skip
    def test_under_an_automatic_hold_it_stays_pending(self, scope: tuple[str, str]) -> None:
        refused(1)
        hold = Hold.objects.create(scope=scope[0], value=scope[1], automatic=True)
        age(days=3)
        assert confirm_pending(timezone.now()) == 0
        hold.delete()
        assert confirm_pending(timezone.now()) == 1

    def test_under_a_hold_of_something_else_or_a_persons_it_does_not(self) -> None:
        refused(1)
        Hold.objects.create(scope="domain", value="b.example", automatic=True)
        Hold.objects.create(scope="everything")
        age(hours=2)
        assert confirm_pending(timezone.now()) == 1

    def test_the_task_sets_the_hold_before_it_settles(self) -> None:
        refused(1)
        age(hours=2)
        OutcomeCount.objects.all().delete()
        OutcomeCount.objects.bulk_create(
            OutcomeCount(domain=domain, backend="smtp", tried=40, refused=9,
                         minute=minute_now())
            for domain in ("", "a.example")
        )  # fmt: skip
        assert confirm_pending(timezone.now()) == 0
        assert Hold.objects.get().value == "a.example"

    def test_a_real_one_stays_real(self) -> None:
        Suppression.objects.record("ada@a.example", "bounce")
        Suppression.objects.record("ada@a.example", "bounce", refusal=Refusal("a.example"))
        assert pending() == 0
        Suppression.objects.update(expires_at=timezone.now() - HOUR)
        Suppression.objects.record("ada@a.example", "bounce", refusal=Refusal("a.example"))
        assert pending() == 1

    def test_one_that_is_told_again_keeps_its_age(self) -> None:
        Suppression.objects.record("ada@a.example", "bounce", refusal=Refusal("a.example"))
        age(minutes=50)
        before = Suppression.objects.get().pending_since
        Suppression.objects.record("ada@a.example", "bounce", refusal=Refusal("a.example"))
        assert Suppression.objects.get().pending_since == before

    def test_a_complaint_makes_it_real(self) -> None:
        Suppression.objects.record("ada@a.example", "bounce", refusal=Refusal("a.example", "smtp"))
        Suppression.objects.record("ada@a.example", "complaint")
        row = Suppression.objects.get()
        assert (row.reason, row.pending_since, row.domain) == ("complaint", None, "")

    def test_confirming_a_sign_up_lifts_it(self) -> None:
        refused(1)
        signup.confirm(Subscriber.objects.get().pk, at=LATER)
        assert not Suppression.objects.exists()

    def test_it_outlives_the_subscriber_without_the_name(self) -> None:
        refused(1)
        Subscriber.objects.all().delete()
        assert Suppression.objects.get().subscriber is None


class TestUndo:
    def test_everybody_gets_everything(self) -> None:
        refused(60)
        assert undo(Hold.objects.get(), LATER).addresses == 20
        assert not Hold.objects.exists()
        assert not Suppression.objects.exists()
        assert set(Subscriber.objects.values_list("status", "paused_until")) == {("active", None)}
        assert states() == {"planned": 60}
        drain(StubTransport(TAKEN), lambda: LATER)
        assert states() == {"sent": 60}
        assert {len(digest.entries) for digest in Digest.objects.all()} == {1}

    def test_nobody_else_is_touched(self) -> None:
        refused(60)
        other = factories.subscriber("eve@b.example", "robot", status="bouncing")
        Suppression.objects.record(other.email_key, "bounce", refusal=Refusal("b.example", "smtp"))
        Suppression.objects.record("reader0@a.example", "complaint")
        undo(Hold.objects.get(), LATER)
        other.refresh_from_db()
        assert other.status == "bouncing"
        assert set(Suppression.objects.values_list("reason", flat=True)) == {"bounce", "complaint"}
        drain(server := StubTransport(TAKEN), lambda: LATER)
        assert len(server.mails) == 59
        assert states() == {"sent": 59, "cancelled": 1}

    def test_what_was_refused_for_policy_goes_out_too(self) -> None:
        readers(**{f"d{n}_example": 1 for n in range(40)})
        send(StubTransport(POLICY), times=1)
        failed = states()["failed"]
        undone = undo(Hold.objects.get(scope="backend"), LATER)
        assert (undone.digests, undone.addresses) == (failed, 0)
        drain(StubTransport(TAKEN), lambda: LATER)
        assert states() == {"sent": 40}

    def test_what_came_back_is_sent_as_a_copy(self, settings: Any) -> None:
        settings.VERP_SENDER = VERP_SENDER
        refused(30, TAKEN)
        # Bounces count in the minute of their digest: in the last one, should a new one have begun.
        Digest.objects.update(sent_at=Now())
        for digest in Digest.objects.order_by("pk")[:3]:
            record(about(digest, "hard"), at=MORNING + timedelta(minutes=5))
        undone = undo(Hold.objects.get(), LATER)
        assert (undone.digests, undone.addresses) == (3, 3)
        drain(StubTransport(TAKEN), lambda: LATER)
        copies = Digest.objects.filter(kind="copy")
        assert {(copy.state, len(copy.entries)) for copy in copies} == {("sent", 1)}
        assert copies.count() == 3

    def test_a_day_later_the_papers_come_with_the_next_digest(self) -> None:
        refused(40)
        tomorrow = MORNING + timedelta(days=1)
        reap(tomorrow)
        planning.plan(tomorrow)
        undone = undo(Hold.objects.get(), tomorrow)
        assert (undone.digests, undone.addresses) == (0, 20)
        planning.plan(tomorrow)
        drain(StubTransport(TAKEN), lambda: tomorrow)
        with_papers = Digest.objects.filter(state="sent", local_date=tomorrow.date())
        assert {digest.entries[0].keywords[0] for digest in with_papers} == {"robot"}
        assert with_papers.values("subscriber").distinct().count() == 40

    def test_cut_short_it_is_done_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        refused(60)
        monkeypatch.setattr(refusals, "_AT_ONCE", 7)
        resume, calls = refusals._resume, []

        def broken(*arguments: Any) -> int:
            calls.append(1)
            if len(calls) == 2:
                raise RuntimeError("killed")
            return resume(*arguments)

        monkeypatch.setattr(refusals, "_resume", broken)
        with pytest.raises(RuntimeError):
            undo(Hold.objects.get(), LATER)
        assert (pending(), Hold.objects.count()) == (13, 1)
        assert undo(Hold.objects.get(), LATER).addresses == 13
        drain(StubTransport(TAKEN), lambda: LATER)
        assert states() == {"sent": 60}

    def test_a_domain_that_explains_it_leaves_the_others_alone(self) -> None:
        readers(bad_example=40, good_example=40)
        send(Choosing(bad_example=NOBODY), times=4)
        undo(Hold.objects.get(), LATER)
        server = StubTransport(TAKEN)
        drain(server, lambda: LATER)
        assert len(server.recipients) == 40
        assert {address.partition("@")[2] for address in server.recipients} == {"bad.example"}


class TestTheDesk:
    @pytest.fixture(autouse=True)
    def woken(self, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tasks, "wake", lambda task: None)
        refused(30)

    def test_undo_asks_and_undoes(self, operator: Client) -> None:
        hold = Hold.objects.get()
        page = operator.get(reverse("admin:why-nothing")).content.decode()
        assert "Held automatically: mail to a.example" in page
        undo = reverse("admin:why-undo", args=[hold.pk])
        asked = operator.post(undo)
        pending_ids = Suppression.objects.pending().values_list("pk", flat=True)
        assert "20 addresses." in asked.content.decode()
        assert Hold.objects.exists()
        answer = operator.post(
            undo, {"confirmed": fingerprint_of(sorted(pending_ids))}, follow=True
        )
        assert "20 digests will be sent again; 20 addresses can get e-mails again." in (
            answer.content.decode()
        )
        assert not Hold.objects.exists()

    def test_from_the_list_too(self, operator: Client) -> None:
        by_person = Hold.objects.create(scope="domain", value="b.example")
        chosen = {"action": "undo", "_selected_action": [h.pk for h in Hold.objects.order_by("pk")]}
        chosen["confirmed"] = fingerprint_of(chosen["_selected_action"])
        operator.post(reverse("admin:digest_hold_changelist"), chosen)
        assert list(Hold.objects.all()) == [by_person]
        assert pending() == 0

    def test_looking_changes_nothing(self, operator: Client) -> None:
        hold = Hold.objects.get()
        assert operator.get(reverse("admin:why-undo", args=[hold.pk])).status_code == 405
        assert Hold.objects.exists()

    def test_resume_believes_the_refusals(self, operator: Client) -> None:
        operator.post(reverse("admin:why-lift", args=[Hold.objects.get().pk]))
        assert not Hold.objects.exists()
        assert pending() == 20
        age(hours=2)
        assert confirm_pending(timezone.now()) == 20
        assert not Hold.objects.exists()

    def test_an_operator_may_say_so_at_once(self, operator: Client) -> None:
        chosen = [row.pk for row in Suppression.objects.order_by("pk")[:5]]
        confirmed = fingerprint_of(chosen)
        operator.post(
            reverse("admin:subscriptions_suppression_changelist"),
            {"action": "confirm", "_selected_action": chosen, "confirmed": confirmed},
        )
        assert pending() == 15

    def test_a_hold_that_a_person_saves_is_the_persons(self, operator: Client) -> None:
        hold = Hold.objects.get()
        posted = {"scope": "domain", "value": "a.example", "reason": "looking into it"}
        operator.post(reverse("admin:digest_hold_change", args=[hold.pk]), posted)
        hold.refresh_from_db()
        assert hold.automatic is False
        assert hold.set_by
