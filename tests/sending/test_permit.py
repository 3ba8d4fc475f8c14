"""S3: nobody unsubscribed, paused, suppressed or held passes the permit; a stale lease neither."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from digest.models import Digest, Hold, Letter, State
from digest.sending.drain import drain
from digest.sending.permit import grant_permit, grant_permits, state_without_permit
from subscriptions import signup
from subscriptions.models import Subscriber, Suppression
from subscriptions.suppression_key import check_key
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.stub_transport import TAKEN, StubTransport

pytestmark = pytest.mark.django_db
KEY = "ada@example.org"


def leased_digest() -> Digest:
    Digest.objects.create(
        subscriber=factories.subscriber(KEY),
        local_date=MORNING.date(),
        not_before=MORNING,
        expires_at=MORNING + timedelta(hours=23),
    )
    return Digest.objects.claim(MORNING, 1)[0]


def leased_letter() -> Letter:
    Letter.objects.create(
        subscriber=factories.subscriber(KEY, status="pending"),
        email_key=KEY,
        purpose="confirm",
        nonce="1",
        not_before=MORNING,
        expires_at=MORNING + timedelta(days=7),
    )
    return Letter.objects.claim(MORNING, 1)[0]


def leased_alarm() -> Letter:
    Letter.objects.create(
        email="op@example.org",
        email_key="op@example.org",
        purpose="alarm",
        nonce="1",
        not_before=MORNING,
        expires_at=MORNING + timedelta(days=1),
    )
    return Letter.objects.claim(MORNING, 1)[0]


def hold(scope: str, value: str = "") -> None:
    Hold.objects.create(scope=scope, value=value)


OBSTACLES: list[tuple[Callable[[], object], State | None]] = [
    (lambda: Subscriber.objects.update(status="unsubscribed"), State.CANCELLED),
    (lambda: Subscriber.objects.update(status="paused"), State.CANCELLED),
    (lambda: Suppression.objects.record(KEY, "bounce"), State.SUPPRESSED),
    (lambda: Suppression.objects.record(KEY, "complaint"), State.SUPPRESSED),
    (lambda: hold("everything"), State.PLANNED),
    (lambda: hold("domain", "example.org"), State.PLANNED),
    (lambda: hold("backend", "smtp"), State.PLANNED),
    (lambda: hold("date", "2026-11-20"), State.PLANNED),
    (lambda: Digest.objects.update(fence=99), None),
    (lambda: Digest.objects.update(state=State.PLANNED), None),
    (lambda: Digest.objects.update(state=State.SENDING), None),
]


def test_a_leased_digest_of_an_active_person_passes_once() -> None:
    digest = leased_digest()
    assert grant_permit(digest, "smtp")
    assert Digest.objects.get().state == "sending"
    assert not grant_permit(digest, "smtp")


@pytest.mark.parametrize(("obstacle", "belongs"), OBSTACLES)
def test_obstacles(obstacle: Callable[[], object], belongs: State | None) -> None:
    digest = leased_digest()
    obstacle()
    assert not grant_permit(digest, "smtp")
    assert state_without_permit(digest) == belongs


def test_a_lapsed_lease_is_no_permit() -> None:
    digest = leased_digest()
    Digest.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert not grant_permit(digest, "smtp")


def test_an_address_that_changed_meanwhile_is_not_mailed() -> None:
    digest = leased_digest()
    Subscriber.objects.update(email="eve@example.org", email_key="eve@example.org")
    assert not grant_permit(digest, "smtp")


@pytest.mark.parametrize(
    ("scope", "value"),
    [("domain", "example.com"), ("backend", "outbox"), ("date", "2026-11-21")],
)
def test_a_hold_on_something_else_stops_nothing(scope: str, value: str) -> None:
    hold(scope, value)
    assert grant_permit(leased_digest(), "smtp")


def test_a_lapsed_suppression_stops_nothing() -> None:
    Suppression.objects.record(KEY, "bounce")
    Suppression.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert grant_permit(leased_digest(), "smtp")


def test_letters_go_to_people_who_are_not_active_yet() -> None:
    letter = leased_letter()
    Suppression.objects.record(KEY, "bounce")
    assert grant_permit(letter, "smtp")


def test_a_letter_to_an_address_that_is_theirs_no_more_is_cancelled() -> None:
    letter = leased_letter()
    Subscriber.objects.update(email="eve@example.org", email_key="eve@example.org")
    assert not grant_permit(letter, "smtp")
    assert state_without_permit(letter) == State.CANCELLED


def test_a_letter_is_not_sent_to_an_address_that_was_changed_before() -> None:
    signup.request(KEY, signup.SignUpRequest(("robot",)), at=MORNING)
    Subscriber.objects.update(email="eve@example.org", email_key="eve@example.org")
    server = StubTransport(TAKEN)
    drain(server, lambda: MORNING)
    assert (server.mails, Letter.objects.get().state) == ([], "cancelled")


def test_letters_to_operators_and_to_subscribers_go_together(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    letters = [leased_letter(), leased_alarm()]
    assert not check_key()  # as a drain does before it begins
    with django_assert_num_queries(1):
        assert grant_permits(letters, "smtp") == 2
    assert set(Letter.objects.values_list("state", flat=True)) == {"sending"}


def test_a_held_alarm_waits() -> None:
    alarm = leased_alarm()
    hold("everything")
    assert not grant_permit(alarm, "smtp")
    assert state_without_permit(alarm) == State.PLANNED


@pytest.mark.parametrize("reason", ["complaint", "operator"])
def test_letters_do_not_go_to_who_complained(reason: str) -> None:
    letter = leased_letter()
    Suppression.objects.record(KEY, reason)
    assert not grant_permit(letter, "smtp")
    assert state_without_permit(letter) == State.SUPPRESSED


def test_a_bounce_never_softens_a_complaint() -> None:
    Suppression.objects.record(KEY, "complaint")
    Suppression.objects.record(KEY, "bounce")
    row = Suppression.objects.get()
    assert (row.reason, row.expires_at) == ("complaint", None)
