"""What is held at the claim is not composed, not transmitted, and stands in nobody's way."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from digest.mail.routing.router import read_backends
from digest.models import Digest, Hold, Letter
from digest.monitoring.diagnosis import diagnose
from digest.sending import claims, planning
from digest.sending.drain import drain, open_transport
from subscriptions import signup
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.sink import Sink
from tests.support.stub_transport import TAKEN, StubTransport

pytestmark = pytest.mark.django_db
Drain = Callable[..., None]


@pytest.fixture
def drained(settings: Any) -> Drain:
    """Drain through a relay called "a" at each of these sinks ("b", …), as a worker does."""

    def run(*sinks: Sink, minutes: int = 0) -> None:
        urls = (f"smtp://127.0.0.1:{s.port}#name={n}" for n, s in zip("ab", sinks, strict=False))
        settings.MAIL_RELAYS = read_backends(" ".join(urls))
        transport = open_transport()
        try:
            drain(transport, lambda: MORNING + timedelta(minutes=minutes))
        finally:
            transport.close()

    return run


def readers(number: int, domain: str = "held.example") -> None:
    """So many people at that domain, with a digest due; the domain's first by address."""
    if not Digest.objects.exists():
        factories.paper("A robot")
    for each in range(number):
        factories.subscriber(f"reader{each}@{domain}", "robot")
    planning.plan(MORNING)


HOLDS = [
    ("everything", ""),
    ("backend", "a"),
    ("domain", "held.example"),
    ("date", "2026-11-20"),
]


@pytest.mark.parametrize(("scope", "value"), HOLDS)
def test_what_is_held_is_not_transmitted(drained: Drain, scope: str, value: str) -> None:
    readers(5)
    Hold.objects.create(scope=scope, value=value)
    with Sink() as sink:
        for minutes in (0, 6, 12):
            drained(sink, minutes=minutes)
        assert sink.seen == []
        assert set(Digest.objects.values_list("state", "fence", "composed_at")) == {
            ("planned", 0, None)
        }
        Hold.objects.all().delete()
        drained(sink)
    assert len(sink.accepted) == 5


def test_many_held_digests_make_no_connection(drained: Drain) -> None:
    readers(50)
    Hold.objects.create(scope="domain", value="held.example")
    with Sink() as sink:
        for minutes in (0, 6, 12):
            drained(sink, minutes=minutes)
    assert sink.seen == []


def test_a_held_letter_is_not_transmitted_either(drained: Drain) -> None:
    signup.request("new@held.example", signup.SignUpRequest(("robot",)), at=MORNING)
    Hold.objects.create(scope="domain", value="held.example")
    with Sink() as sink:
        drained(sink)
    assert sink.seen == []
    assert Letter.objects.get().state == "planned"


def test_the_other_relay_sends_what_is_not_held(drained: Drain) -> None:
    readers(3)
    Hold.objects.create(scope="backend", value="a")
    with Sink() as held, Sink() as free:
        drained(held, free)
    assert held.seen == []
    assert len(free.accepted) == 3


@pytest.mark.parametrize("domain", ["held.example", "also-held.example"])
def test_held_mail_does_not_keep_others_waiting(
    drained: Drain, monkeypatch: pytest.MonkeyPatch, domain: str
) -> None:
    monkeypatch.setattr(claims, "BATCH", 4)
    readers(20, domain)
    readers(9, "free.example")
    for value in ("held.example", "also-held.example"):
        Hold.objects.create(scope="domain", value=value)
    with Sink() as sink:
        drained(sink)
    assert {recipient.partition("@")[2] for recipient, _ in sink.accepted} == {"free.example"}
    assert len(sink.accepted) == 9


@pytest.mark.parametrize(
    "address", ["ada@notheld.example", "ada@held.example.org", "h@eld.example"]
)
def test_a_domain_that_only_looks_alike_is_not_held(address: str) -> None:
    Hold.objects.create(scope="domain", value="held.example")
    factories.paper("A robot")
    factories.subscriber(address, "robot")
    planning.plan(MORNING)
    drain(StubTransport(), lambda: MORNING)
    assert Digest.objects.get().state == "sent"


def test_a_hold_of_no_date_stops_no_drain() -> None:
    readers(1)
    Hold.objects.create(scope="date", value="yesterday")
    drain(StubTransport(), lambda: MORNING)
    assert Digest.objects.get().state == "sent"


def test_a_hold_made_in_the_middle_stops_at_the_permit_and_ends_the_drain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claims, "BATCH", 4)
    readers(9)
    server = StubTransport(TAKEN)
    steps = server.steps

    def hold_then_send(mail: Any) -> Any:
        Hold.objects.get_or_create(scope="backend", value="smtp")
        return (yield from steps(mail))

    monkeypatch.setattr(server, "steps", hold_then_send)
    drain(server, lambda: MORNING)
    assert server.mails == []
    assert len(server.recipients) == 4
    assert set(Digest.objects.values_list("state", flat=True)) == {"planned"}


def test_an_operator_sees_the_hold_and_what_waits_for_it() -> None:
    readers(3)
    Hold.objects.create(scope="domain", value="held.example", reason="moving")
    drain(StubTransport(), lambda: MORNING)
    found = diagnose(MORNING + timedelta(minutes=30))
    assert "Held by an operator: mail to held.example (moving)." in found.obstacles
    assert any(line.startswith("Overdue: 3 digests") for line in found.obstacles)
