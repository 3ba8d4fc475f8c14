"""Changes of address: only the owner of each address moves a digest, and nothing is merged."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.models import Digest, Letter
from subscriptions import signup, unsubscribing
from subscriptions.account import address_changes
from subscriptions.account.account_links import AccountLink, account_name
from subscriptions.account.address_changes import NotChanged, Obstacle
from subscriptions.digest_links import links_of
from subscriptions.links import Purpose, made_at
from subscriptions.models import AddressChange, Subscriber, Suppression
from tests.support import factories
from tests.support.address_changes import NEW, OLD, THIRD, letters, moved, requested

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 12, 0, 0, 500_000, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
DAY = timedelta(days=1)
NEW_KEY = "ada@new.example"


def ada(**fields: object) -> Subscriber:
    return factories.subscriber(OLD, "robot", confirmed_through_seq=7, **fields)


def refused(act: object, *arguments: object, at: datetime = AT) -> Obstacle:
    """Why it is refused. Nothing may have changed."""
    before = rows()
    with pytest.raises(NotChanged) as wrong:
        act(*arguments, at=at)  # type: ignore[operator]
    assert rows() == before
    return wrong.value.obstacle


def rows() -> list[object]:
    models = (Subscriber, AddressChange, Suppression, Letter)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_the_address_changes_when_the_new_one_confirms_it() -> None:
    person = ada()
    change = requested(person, NEW, AT)
    person.refresh_from_db()
    assert (person.email, person.account_links, person.address_since) == (OLD, 1, None)
    assert (letters("new-address"), letters("address-changed")) == (["Ada@new.example"], [])
    address_changes.confirm_change(change, at=LATER)
    before = (person.pk, person.confirmed_through_seq, person.next_due_at, person.status)
    person.refresh_from_db()
    assert (person.email, person.email_key) == (NEW, NEW_KEY)
    assert before == (person.pk, person.confirmed_through_seq, person.next_due_at, person.status)
    assert person.active_keywords() == ["robot"]
    assert letters("address-changed") == [OLD]


def test_links_mailed_before_have_ended_and_those_of_the_next_second_have_not() -> None:
    person = ada()
    moved(person, NEW, AT)
    assert person.link_has_ended(AT.replace(microsecond=0))
    assert not person.link_has_ended(AT.replace(microsecond=0) + timedelta(seconds=1))
    # Nor those of a digest that is frozen in the rest of that second: links hold no fractions.
    frozen = AT + timedelta(milliseconds=200)
    links = links_of(Digest(subscriber=person, composed_at=frozen))
    made = made_at(links.to("pause", Purpose.PAUSE, person.pk).split("/")[-2])
    assert not person.link_has_ended(made)


def test_of_two_requests_the_newest_counts() -> None:
    person = ada()
    first = requested(person, NEW, AT)
    second = requested(person, THIRD, AT)
    assert refused(address_changes.confirm_change, first) == Obstacle.WITHDRAWN
    address_changes.confirm_change(second, at=AT)
    assert refused(address_changes.confirm_change, second) == Obstacle.CONFIRMED
    assert Subscriber.objects.get().email == THIRD


def test_a_request_repeated_keeps_the_link_that_was_mailed() -> None:
    person = ada()
    assert requested(person, NEW, AT) == requested(person, NEW_KEY, LATER)
    assert letters("new-address") == ["Ada@new.example"]  # one a day


def test_an_account_link_asks_for_one_change() -> None:
    link = AccountLink.read(account_name(ada()))
    address_changes.request_change(link, NEW, at=AT)
    assert refused(address_changes.request_change, link, THIRD) == Obstacle.LINK_USED


def test_an_account_link_ends_with_its_address() -> None:
    person = ada()
    change = requested(person, NEW, AT)
    person.refresh_from_db()
    link = AccountLink.read(account_name(person))
    address_changes.confirm_change(change, at=AT)
    assert refused(address_changes.request_change, link, THIRD) == Obstacle.LINK_USED
    assert not link.use_to_leave(at=AT)


@pytest.mark.parametrize("typed", [OLD, "ADA@example.ORG", '"ada"@example.org'])
def test_the_same_mailbox_is_no_new_address(typed: str) -> None:
    link = AccountLink.read(account_name(ada()))
    assert refused(address_changes.request_change, link, typed) == Obstacle.SAME_MAILBOX
    assert not AccountLink.read(account_name(link.subscriber)).is_used


def test_requests_are_limited() -> None:
    person = ada()
    for number in range(address_changes.CHANGES_IN_30_DAYS):
        requested(person, f"ada@n{number}.example", AT)
    person.refresh_from_db()
    link = AccountLink.read(account_name(person))
    assert refused(address_changes.request_change, link, NEW) == Obstacle.TOO_MANY
    assert refused(address_changes.request_change, link, NEW, at=AT + 29 * DAY)
    address_changes.request_change(link, NEW, at=AT + 31 * DAY)


def test_a_mailbox_gets_one_letter_a_day_for_all_who_ask() -> None:
    requested(ada(), NEW, AT)
    requested(factories.subscriber("bob@example.org"), NEW, AT + timedelta(hours=2))
    assert letters("new-address") == ["Ada@new.example"]
    assert AddressChange.objects.count() == 2


@pytest.mark.parametrize("status", ["active", "paused", "unsubscribed", "bouncing"])
def test_a_digest_of_the_new_address_is_neither_merged_nor_hinted_at(status: str) -> None:
    other = factories.subscriber(NEW, "speech", status=status)
    change = requested(ada(), NEW, AT)
    assert letters("new-address") == ["Ada@new.example"]
    assert refused(address_changes.confirm_change, change) == Obstacle.TAKEN
    other.delete()
    address_changes.confirm_change(change, at=AT)
    assert Subscriber.objects.get().active_keywords() == ["robot"]


def test_a_digest_that_begins_while_it_is_confirmed_is_not_merged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change = requested(ada(), NEW, AT)
    factories.subscriber(NEW, "speech")
    monkeypatch.setattr(address_changes, "_is_taken", lambda *_: False)
    assert refused(address_changes.confirm_change, change) == Obstacle.TAKEN


def test_an_address_that_changes_while_it_is_confirmed_is_not_overruled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change = requested(ada(), NEW, AT)
    Subscriber.objects.update(email=THIRD, email_key=THIRD)
    monkeypatch.setattr(address_changes, "obstacle_to_confirm", lambda _: None)
    assert refused(address_changes.confirm_change, change) == Obstacle.WITHDRAWN


def test_a_sign_up_that_nobody_confirmed_gives_way() -> None:
    signup.request(NEW, signup.SignUpRequest(("speech",)), at=AT)
    person = ada()
    change = requested(person, NEW, AT)
    assert address_changes.has_unconfirmed_sign_up(change)
    address_changes.confirm_change(change, at=AT)
    assert Subscriber.objects.get() == person
    assert letters("confirm") == []


@pytest.mark.parametrize(
    ("reason", "obstacle"),
    [("bounce", None), ("complaint", "suppressed"), ("operator", "suppressed")],
)
def test_a_suppressed_address(reason: str, obstacle: str | None) -> None:
    """Confirming proves that mail arrives; it does not lift what its owner or an operator said."""
    Suppression.objects.record(NEW_KEY, reason)
    change = requested(ada(), NEW, AT)
    if obstacle:
        assert refused(address_changes.confirm_change, change) == obstacle
    else:
        address_changes.confirm_change(change, at=AT)
    assert Suppression.objects.exists() == bool(obstacle)


def test_a_suspension_of_the_former_address_ends() -> None:
    person = ada(status="bouncing", paused_until=AT + 20 * DAY, next_due_at=None)
    Suppression.objects.record(OLD, "bounce")
    moved(person, NEW, AT)
    assert (person.status, person.paused_until) == ("active", None)
    assert person.next_due_at
    assert person.next_due_at > AT
    assert Suppression.objects.for_mailbox(OLD).exists()


@pytest.mark.parametrize("status", ["paused", "unsubscribed"])
def test_other_states_stay(status: str) -> None:
    person = ada(status=status, paused_until=AT + 3 * DAY)
    moved(person, NEW, AT)
    assert (person.status, person.paused_until) == (status, AT + 3 * DAY)


def test_an_operator_who_changed_the_address_meanwhile_is_not_overruled() -> None:
    person = ada()
    change = requested(person, NEW, AT)
    Subscriber.objects.update(email=THIRD, email_key=THIRD)
    change.refresh_from_db()
    assert refused(address_changes.confirm_change, change) == Obstacle.WITHDRAWN
    Subscriber.objects.update(email=OLD, email_key=OLD)
    change = moved(person, NEW, AT)
    Subscriber.objects.update(email=THIRD, email_key=THIRD)
    assert refused(address_changes.undo_change, change) == Obstacle.WITHDRAWN


def test_a_request_typed_for_the_former_address_does_not_move() -> None:
    person = ada()
    change = requested(person, NEW, AT)
    signup.request(OLD, signup.SignUpRequest(("speech",)), at=AT)
    address_changes.confirm_change(change, at=AT)
    person.refresh_from_db()
    assert person.requested == {}


class TestUndoing:
    def test_the_former_address_gets_its_digest_again(self) -> None:
        person = ada()
        change = moved(person, NEW, AT)
        address_changes.undo_change(change, at=LATER)
        person.refresh_from_db()
        assert (person.email, person.email_key) == (OLD, OLD)
        assert person.link_has_ended(LATER.replace(microsecond=0))
        change.refresh_from_db()
        assert refused(address_changes.undo_change, change) == Obstacle.UNDONE
        assert refused(address_changes.confirm_change, change) == Obstacle.UNDONE

    def test_a_second_change_does_not_keep_it_from_that(self) -> None:
        person = ada()
        first = moved(person, NEW, AT)
        second = moved(person, THIRD, LATER)
        waiting = requested(person, "ada@fourth.example", LATER)
        address_changes.undo_change(first, at=LATER)
        assert Subscriber.objects.get().email == OLD
        for change in (second, waiting):
            change.refresh_from_db()
            assert change.undone_at == LATER
        assert refused(address_changes.undo_change, second) == Obstacle.UNDONE
        assert refused(address_changes.confirm_change, waiting) == Obstacle.WITHDRAWN

    def test_the_second_change_alone_can_be_undone(self) -> None:
        person = ada()
        first, second = moved(person, NEW, AT), moved(person, THIRD, LATER)
        address_changes.undo_change(second, at=LATER)
        assert Subscriber.objects.get().email == NEW
        address_changes.undo_change(first, at=LATER)
        assert Subscriber.objects.get().email == OLD

    def test_a_change_back_can_be_undone_too(self) -> None:
        person = ada()
        first, back = moved(person, NEW, AT), moved(person, OLD, LATER)
        address_changes.undo_change(back, at=LATER)
        assert Subscriber.objects.get().email == NEW
        address_changes.undo_change(first, at=LATER)
        assert Subscriber.objects.get().email == OLD

    def test_the_first_of_a_change_and_a_change_back_can_be_undone(self) -> None:
        person = ada()
        first, _ = moved(person, NEW, AT), moved(person, OLD, LATER)
        address_changes.undo_change(first, at=LATER)
        assert Subscriber.objects.get().email == OLD
        assert not AddressChange.objects.filter(undone_at=None).exists()

    def test_a_digest_that_the_former_address_has_since_is_not_merged(self) -> None:
        change = moved(ada(), NEW, AT)
        other = factories.subscriber(OLD, "speech")
        assert refused(address_changes.undo_change, change) == Obstacle.TAKEN
        other.delete()
        address_changes.undo_change(change, at=LATER)
        assert Subscriber.objects.get().active_keywords() == ["robot"]

    def test_a_sign_up_that_nobody_confirmed_does_not_block_it(self) -> None:
        change = moved(ada(), NEW, AT)
        signup.request(OLD, signup.SignUpRequest(("speech",)), at=AT)
        address_changes.undo_change(change, at=LATER)
        assert Subscriber.objects.get().active_keywords() == ["robot"]

    @pytest.mark.parametrize(("reason", "stays"), [("bounce", False), ("complaint", True)])
    def test_it_lifts_a_bounce_and_no_complaint(self, reason: str, stays: bool) -> None:
        change = moved(ada(), NEW, AT)
        Suppression.objects.record(OLD, reason)
        address_changes.undo_change(change, at=LATER)
        assert Subscriber.objects.get().email == OLD
        assert Suppression.objects.for_mailbox(OLD).exists() == stays

    def test_what_was_not_confirmed_cannot_be_undone(self) -> None:
        change = requested(ada(), NEW, AT)
        assert refused(address_changes.undo_change, change) == Obstacle.UNDONE

    def test_who_unsubscribed_stays_so(self) -> None:
        person = ada()
        change = moved(person, NEW, AT)
        unsubscribing.unsubscribe(person.pk)
        address_changes.undo_change(change, at=LATER)
        assert Subscriber.objects.get().status == "unsubscribed"
