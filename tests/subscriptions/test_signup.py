"""Signing up, confirming and unsubscribing: nothing happens to an address without its owner."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest

from digest.models import Digest, Letter
from subscriptions import signup, unsubscribing
from subscriptions.models import Subscriber, Suppression, email_key
from subscriptions.signup import SignUpRequest
from tests.support import factories

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ASKED = SignUpRequest(keywords=("diffusion model",), timezone="Europe/Paris", send_at=time(6, 30))


def test_a_sign_up_waits_for_its_owner() -> None:
    person = signup.request("Ada@Example.org", ASKED, at=AT)
    assert (person.status, person.email) == ("pending", "Ada@Example.org")
    assert person.active_keywords() == []
    assert Letter.objects.get().purpose == "confirm"


def test_confirming_starts_at_the_newest_paper() -> None:
    newest = factories.paper()
    person = signup.request("ada@example.org", ASKED, at=AT)
    signup.confirm(person.pk, at=AT)
    person.refresh_from_db()
    assert (person.status, person.confirmed_through_seq) == ("active", newest.seq)
    assert person.active_keywords() == ["diffusion model"]
    assert person.next_due_at == datetime(2026, 11, 21, 5, 30, tzinfo=UTC)


def test_confirming_twice_is_harmless() -> None:
    person = signup.request("ada@example.org", ASKED, at=AT)
    signup.confirm(person.pk, at=AT)
    factories.paper()
    signup.confirm(person.pk, at=AT + timedelta(days=1))
    person.refresh_from_db()
    assert (person.confirmed_at, person.confirmed_through_seq) == (AT, 0)


def test_spellings_of_one_address_are_one_subscriber() -> None:
    for spelling in ("ada@example.org", "ADA@example.ORG", " ada@Example.org "):
        signup.request(spelling, ASKED, at=AT)
    assert Subscriber.objects.count() == 1
    assert email_key("ada@bücher.example") == email_key("ada@xn--bcher-kva.example")


def test_the_letter_goes_to_the_spelling_that_was_typed_last_until_it_is_confirmed() -> None:
    for spelling in ('"ada"@example.org', "ada@example.org"):
        assert signup.request(spelling, ASKED, at=AT).email == spelling
        assert Subscriber.objects.get().address == spelling
    signup.confirm(Subscriber.objects.get().pk, at=AT)
    assert signup.request(r'"a\da"@example.org', ASKED, at=AT).email == "ada@example.org"
    assert Subscriber.objects.get().email == "ada@example.org"


def test_a_stranger_cannot_change_an_active_subscriber() -> None:
    person = factories.subscriber("ada@example.org", "robots")
    signup.request("ada@example.org", ASKED, at=AT)
    person.refresh_from_db()
    assert (person.status, person.timezone) == ("active", "UTC")
    assert person.active_keywords() == ["robots"]
    signup.confirm(person.pk, at=AT)
    assert person.active_keywords() == ["robots", "diffusion model"]


def test_nobody_can_flood_a_mailbox() -> None:
    for day in range(40):
        for _ in range(3):
            signup.request("ada@example.org", ASKED, at=AT + timedelta(days=day))
    sent = list(Letter.objects.order_by("not_before").values_list("not_before", flat=True))
    assert len(sent) == 6
    assert all(later - earlier >= timedelta(days=1) for earlier, later in pairwise(sent))


def test_who_answered_gets_the_next_letter_at_once_and_only_one() -> None:
    for number in range(1, 6):
        person = signup.request("ada@example.org", ASKED, at=AT)
        signup.request("ada@example.org", ASKED, at=AT)
        assert Letter.objects.count() == number
        signup.confirm(person.pk, at=AT)


def test_leaving_and_undoing_keeps_the_watermark() -> None:
    person = factories.subscriber("ada@example.org", "robots", confirmed_through_seq=0)
    factories.paper()
    assert unsubscribing.unsubscribe(person.pk)
    assert not unsubscribing.unsubscribe(person.pk)
    assert unsubscribing.undo_unsubscribe(person.pk, at=AT)
    person.refresh_from_db()
    assert (person.status, person.confirmed_through_seq) == ("active", 0)


def test_leaving_and_confirming_anew_starts_anew() -> None:
    person = factories.subscriber("ada@example.org", "robots")
    newest = factories.paper()
    unsubscribing.unsubscribe(person.pk)
    signup.request("ada@example.org", ASKED, at=AT)
    signup.confirm(person.pk, at=AT)
    person.refresh_from_db()
    assert (person.status, person.confirmed_through_seq) == ("active", newest.seq)


def test_undoing_keeps_what_is_overdue_and_a_pause() -> None:
    late = factories.subscriber("late@example.org", next_due_at=AT - timedelta(hours=2))
    until = AT + timedelta(days=3)
    resting = factories.subscriber("rest@example.org", status="paused", paused_until=until)
    for person in (late, resting):
        unsubscribing.unsubscribe(person.pk)
        unsubscribing.undo_unsubscribe(person.pk, at=AT)
        person.refresh_from_db()
    assert (late.status, late.next_due_at) == ("active", AT - timedelta(hours=2))
    assert (resting.status, resting.paused_until) == ("paused", until)


def test_adding_a_keyword_does_not_skip_a_digest_that_is_overdue() -> None:
    person = factories.subscriber(next_due_at=AT - timedelta(minutes=1))
    signup.request(person.email, ASKED, at=AT)
    signup.confirm(person.pk, at=AT)
    person.refresh_from_db()
    assert person.next_due_at == AT - timedelta(minutes=1)


def test_what_waited_at_an_unsubscription_is_not_sent_after_signing_up_again() -> None:
    person = factories.subscriber()
    Digest.objects.create(
        subscriber=person, local_date=AT.date(), not_before=AT, expires_at=AT + timedelta(hours=9)
    )
    unsubscribing.unsubscribe(person.pk)
    signup.confirm(person.pk, at=AT)
    assert Digest.objects.get().state == "cancelled"


def test_an_address_is_written_as_mail_servers_take_it() -> None:
    assert factories.subscriber("Ada@Bücher.example").address == "Ada@xn--bcher-kva.example"


def test_a_pending_sign_up_cannot_be_undone_into_being_active() -> None:
    person = signup.request("ada@example.org", ASKED, at=AT)
    unsubscribing.unsubscribe(person.pk)
    assert not unsubscribing.undo_unsubscribe(person.pk, at=AT)


def test_confirming_lifts_a_bounce_and_never_a_complaint() -> None:
    key = email_key("ada@example.org")
    for reason, left in (("bounce", 0), ("complaint", 1)):
        Suppression.objects.record(key, reason)
        person = signup.request("ada@example.org", ASKED, at=AT)
        unsubscribing.unsubscribe(person.pk)
        signup.confirm(person.pk, at=AT)
        assert Suppression.objects.for_mailbox(key).count() == left


@pytest.mark.parametrize("status", ["active", "paused"])
def test_confirming_lifts_a_bounce_of_who_was_not_stopped_by_it(status: str) -> None:
    person = factories.subscriber(status=status, confirmed_through_seq=0)
    factories.paper()
    Suppression.objects.record(person.email_key, "bounce")
    signup.confirm(person.pk, at=AT)
    person.refresh_from_db()
    assert not Suppression.objects.exists()
    assert (person.status, person.confirmed_through_seq) == (status, 0)
    assert person.confirmed_at == AT  # what bounced was before


@pytest.mark.parametrize("reason", ["complaint", "operator"])
def test_confirming_lifts_nothing_else(reason: str) -> None:
    person = factories.subscriber(status="paused")
    Suppression.objects.record(person.email_key, reason)
    signup.confirm(person.pk, at=AT)
    assert Suppression.objects.get().reason == reason


def test_who_bounced_for_good_starts_at_the_newest_paper() -> None:
    person = factories.subscriber(status="bouncing", confirmed_through_seq=0)
    newest = factories.paper()
    Suppression.objects.record(person.email_key, "bounce")
    signup.confirm(person.pk, at=AT)
    person.refresh_from_db()
    assert (person.status, person.confirmed_through_seq) == ("active", newest.seq)


def test_a_deleted_address_cannot_be_confirmed() -> None:
    person = signup.request("ada@example.org", ASKED, at=AT)
    pk = person.pk
    person.delete()
    assert signup.confirm(pk, at=AT) is None


def test_links_go_to_confirmed_people_only() -> None:
    signup.request("pending@example.org", ASKED, at=AT)
    factories.subscriber("ada@example.org")
    for email in ("pending@example.org", "ada@example.org", "nobody@example.org"):
        signup.send_preferences_link(email, at=AT)
    letters = Letter.objects.filter(purpose="preferences")
    assert [letter.email_key for letter in letters] == ["ada@example.org"]
