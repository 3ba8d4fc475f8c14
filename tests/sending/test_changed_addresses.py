"""A digest under way while its address changes: it goes to one address, once."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from digest.mail.transport import AskPermit, Mail, Outcome, Result, Steps
from digest.models import Digest, Letter
from digest.sending import planning
from digest.sending.drain import drain
from subscriptions import signup
from subscriptions.account import address_changes
from subscriptions.models import AddressChange, Subscriber, Suppression
from tests.support import factories
from tests.support.address_changes import NEW, OLD, moved, requested
from tests.support.factories import MORNING
from tests.support.stub_transport import TAKEN, StubTransport

pytestmark = pytest.mark.django_db
NEW_KEY = "Ada@new.example"
HOUR = timedelta(hours=1)
TOMORROW = MORNING + timedelta(days=1)
LATER = Outcome(Result.REFUSED, "dot", 450, "4.2.0 later")
SILENCE = Outcome(Result.UNKNOWN, "dot")


class Interrupted(StubTransport):
    """Something happens to the first mail, before its permit or after it."""

    def __init__(
        self, happens: Callable[[], object], outcome: Outcome = TAKEN, *, permitted: bool
    ) -> None:
        super().__init__(outcome)
        self.happens, self.permitted = happens, permitted

    def steps(self, mail: Mail) -> Steps:
        message, happens = mail.write(), self.happens
        self.happens = lambda: None
        if not self.permitted:
            happens()
        if not (yield AskPermit(self.name)):
            return Outcome(Result.NO_PERMIT)
        if self.permitted:
            happens()
        self.recipients.append(mail.envelope.recipient)
        self.mails.append(message)
        return self.outcome


@pytest.fixture
def ada() -> Subscriber:
    person = factories.subscriber(OLD, "robot")
    factories.paper("A robot")
    planning.plan(MORNING)
    return person


def move(person: Subscriber) -> AddressChange:
    """Her address changes, and the letters about that are gone."""
    change = moved(person, NEW, MORNING)
    Letter.objects.update(state="sent")
    return change


def sent(transport: StubTransport | None = None, *, hours: int = 0) -> list[str]:
    """To whom the mails of a drain at that time went."""
    transport = transport or Interrupted(lambda: None, permitted=True)
    drain(transport, lambda: MORNING + hours * HOUR)
    return transport.recipients


def state() -> str:
    return str(Digest.objects.get().state)


def test_a_planned_one_goes_to_the_new_address(ada: Subscriber) -> None:
    move(ada)
    assert sent() == [NEW_KEY]
    assert (sent(hours=1), state()) == ([], "sent")


def test_one_without_its_permit_is_written_again_for_the_new_address(ada: Subscriber) -> None:
    transport = Interrupted(lambda: move(ada), permitted=False)
    assert (sent(transport), state()) == ([], "planned")
    again = Interrupted(lambda: None, permitted=True)
    assert sent(again, hours=1) == [NEW_KEY]
    assert b"To: Ada@new.example" in again.mails[0]
    assert (sent(hours=2), state()) == ([], "sent")


def test_one_with_its_permit_finishes_at_the_former_address(ada: Subscriber) -> None:
    assert sent(Interrupted(lambda: move(ada), permitted=True)) == [OLD]
    assert (sent(hours=1), state()) == ([], "sent")
    ada.refresh_from_db()
    assert (ada.email, ada.confirmed_through_seq) == (NEW, 1)
    planning.plan(TOMORROW)
    assert sent(hours=24) == []  # its paper was sent


def test_one_that_is_deferred_goes_to_the_new_address(ada: Subscriber) -> None:
    assert sent(Interrupted(lambda: move(ada), LATER, permitted=True)) == [OLD]
    assert state() == "planned"
    assert (sent(hours=1), state()) == ([NEW_KEY], "sent")


def test_one_without_an_answer_is_not_sent_a_second_time(ada: Subscriber) -> None:
    assert sent(Interrupted(lambda: move(ada), SILENCE, permitted=True)) == [OLD]
    assert (sent(hours=1), state()) == ([], "unknown")
    planning.plan(TOMORROW)
    assert sent(hours=24) == [NEW_KEY]  # with what may not have arrived


def test_a_refusal_of_the_former_address_says_nothing_of_the_new_one(ada: Subscriber) -> None:
    refusal = Outcome(Result.REFUSED, "RCPT", 550, "5.1.1 no such user")
    assert sent(Interrupted(lambda: move(ada), refusal, permitted=True)) == [OLD]
    ada.refresh_from_db()
    assert (ada.status, state()) == ("active", "failed")
    assert Suppression.objects.for_mailbox(OLD).exists()
    assert not Suppression.objects.for_mailbox("ada@new.example").exists()


@pytest.mark.parametrize(
    ("permitted", "first", "then"), [(False, [], [OLD]), (True, [NEW_KEY], [])]
)
def test_undoing_while_one_is_under_way(
    ada: Subscriber, permitted: bool, first: list[str], then: list[str]
) -> None:
    change = move(ada)

    def undo() -> None:
        address_changes.undo_change(change, at=MORNING + timedelta(minutes=1))

    assert sent(Interrupted(undo, permitted=permitted)) == first
    assert sent(hours=1) == then
    assert (sent(hours=2), state()) == ([], "sent")


class TestLetters:
    def test_they_go_to_the_new_and_then_to_the_former_address(self) -> None:
        person = factories.subscriber(OLD, next_due_at=TOMORROW)
        change = requested(person, NEW, MORNING)
        assert sent() == [NEW_KEY]
        address_changes.confirm_change(change, at=MORNING)
        assert sent() == [OLD]

    def test_a_request_that_was_withdrawn_is_not_mailed(self) -> None:
        person = factories.subscriber(OLD, next_due_at=TOMORROW)
        requested(person, NEW, MORNING)
        requested(person, "ada@third.example", MORNING)
        assert sent() == ["ada@third.example"]
        assert [letter.state for letter in Letter.objects.order_by("pk")] == ["cancelled", "sent"]

    def test_one_that_is_confirmed_or_undone_before_its_letter_goes_is_not_mailed(self) -> None:
        person = factories.subscriber(OLD, next_due_at=TOMORROW)
        change = moved(person, NEW, MORNING)
        address_changes.undo_change(change, at=MORNING)
        assert sent() == []
        assert {letter.state for letter in Letter.objects.all()} == {"cancelled"}

    @pytest.mark.parametrize(
        ("reason", "gets"), [("bounce", [NEW_KEY]), ("complaint", []), ("operator", [])]
    )
    def test_a_suppressed_address_gets_none(self, reason: str, gets: list[str]) -> None:
        Suppression.objects.record("ada@new.example", reason)
        requested(factories.subscriber(OLD, next_due_at=TOMORROW), NEW, MORNING)
        assert sent() == gets
        assert Letter.objects.get().state == ("sent" if gets else "suppressed")

    def test_a_letter_that_was_on_its_way_to_the_former_address_stops(self) -> None:
        person = factories.subscriber(OLD, next_due_at=TOMORROW)
        signup.send_preferences_link(OLD, at=MORNING)
        change = requested(person, NEW, MORNING)
        transport = Interrupted(
            lambda: address_changes.confirm_change(change, at=MORNING), permitted=False
        )
        drain(transport, lambda: MORNING)
        purposes = Letter.objects.exclude(state="sent").values_list("purpose", flat=True)
        assert set(purposes) == {"preferences", "new-address"}
        assert transport.recipients == [OLD]  # the notice
