"""Letters have a quarter of the mails while digests are due, and the urgent ones go first."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from digest.models import Digest, Letter
from digest.sending import claims, planning
from digest.sending.claims import Claims
from digest.sending.drain import drain
from subscriptions import signup
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.stub_transport import TAKEN, StubTransport

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "BATCH", 6)


def readers(number: int) -> None:
    factories.paper("A robot")
    for each in range(number):
        factories.subscriber(f"reader{each}@example.org", "robot")
    planning.plan(MORNING)


def confirmations(number: int) -> None:
    for each in range(number):
        signup.request(f"new{each}@example.com", signup.SignUpRequest(("robot",)), at=MORNING)


def urgent() -> None:
    """A link to the preferences and an alarm, asked for after everything else."""
    ada = factories.subscriber("ada@example.net", status="unsubscribed")
    last = {"not_before": MORNING + timedelta(seconds=1), "expires_at": MORNING + timedelta(days=1)}
    Letter.objects.create(
        subscriber=ada, email_key=ada.email_key, purpose="preferences", nonce="1", **last
    )
    Letter.objects.create(
        email="op@example.net", email_key="op@example.net", purpose="alarm", nonce="1", **last
    )


def order() -> list[str]:
    """Whom a drain sends to, as c(onfirmation), d(igest) or u(rgent letter)."""
    server = StubTransport(TAKEN)
    drain(server, lambda: MORNING + timedelta(seconds=2))
    kinds = {"example.com": "c", "example.org": "d", "example.net": "u"}
    return [kinds[recipient.partition("@")[2]] for recipient in server.recipients]


def test_confirmations_have_a_quarter_while_digests_are_due() -> None:
    readers(18)
    confirmations(30)
    sent = "".join(order())
    assert sent == "ccdddddd" * 3 + "c" * 24


def test_without_digests_they_have_all() -> None:
    confirmations(13)
    assert order() == ["c"] * 13


def test_without_letters_digests_have_all() -> None:
    readers(13)
    assert order() == ["d"] * 13


def test_alarms_and_preference_links_wait_behind_no_confirmation() -> None:
    readers(6)
    confirmations(20)
    urgent()
    assert order()[:2] == ["u", "u"]


def batches(rounds: int) -> list[Sequence[Letter] | Sequence[Digest]]:
    found = Claims({"smtp"})
    return [found.next(MORNING) for _ in range(rounds)]


def test_the_queries_of_a_claim(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    readers(12)
    # The holds, a look for each sort of letters; the claim in its savepoint, and the people.
    with django_assert_num_queries(3 + 4):
        assert [len(rows) for rows in batches(1)] == [6]
