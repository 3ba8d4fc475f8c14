"""The transport that the settings describe sends what is due in the queue."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from digest.mail import verp
from digest.mail.outbox import OutboxTransport
from digest.mail.routing import router
from digest.mail.routing.rate_limits import Limits
from digest.mail.routing.relay import Relay
from digest.models import Digest, Hold
from digest.sending import planning
from digest.sending.drain import drain, open_transport
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.sink import Sink

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    router._breaker.cache_clear()
    router.throttle.cache_clear()


def plan(*addresses: str) -> None:
    for address in addresses:
        factories.subscriber(address, "robot")
    factories.paper("A robot")
    planning.plan(MORNING)


def through(*sinks: Sink) -> tuple[Relay, ...]:
    return tuple(Relay("127.0.0.1", sink.port, name=f"r{n}") for n, sink in enumerate(sinks))


def send(at: datetime = MORNING) -> None:
    transport = open_transport()
    drain(transport, lambda: at)
    transport.close()


def test_without_a_relay_it_is_the_outbox(settings: Settings) -> None:
    settings.MAIL_RELAYS = ()
    assert isinstance(open_transport(), OutboxTransport)


def test_each_mail_has_its_own_bounce_address(settings: Settings) -> None:
    settings.VERP_SENDER = "bounces+{}@example.org"
    plan("ada@example.org", "bob@example.org")
    with Sink("PIPELINING") as sink:
        settings.MAIL_RELAYS = through(sink)
        send()
    froms = [line.decode() for line in sink.lines if line.startswith(b"MAIL")]
    read = {verp.parse(line.partition("<")[2].partition(">")[0]) for line in froms}
    assert read == {("digest", pk) for pk in Digest.objects.values_list("pk", flat=True)}


def test_a_domain_that_has_had_its_share_costs_no_attempt(settings: Settings) -> None:
    settings.DOMAIN_RATE = Limits(0.0, (("slow.example", 0.05),))
    plan("a@slow.example", "b@slow.example", "c@slow.example", "ada@example.org")
    with Sink() as sink:
        settings.MAIL_RELAYS = through(sink)
        send()
    assert sorted(to.partition("@")[2] for to, _ in sink.accepted) == [
        "example.org", "slow.example",
    ]  # fmt: skip
    first, second = Digest.objects.filter(state="planned").order_by("not_before")
    assert (first.attempts, second.attempts) == (0, 0)
    assert "has reached its rate limit" in first.reply_text
    waits = [(row.not_before - MORNING).total_seconds() for row in (first, second)]
    assert waits == pytest.approx([20, 40], abs=2)


def test_while_no_relay_works_nothing_is_claimed(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    plan(*(f"{n}@example.org" for n in range(10)))
    with Sink(connect=["421 busy"] * 9) as sink:
        settings.MAIL_RELAYS = through(sink)
        send()
        send()
    assert sink.seen == ["connect"]
    assert Digest.objects.filter(state="planned").count() == 10
    assert sorted(Digest.objects.values_list("attempts", flat=True)) == [0] * 9 + [1]
    assert "Nothing is sent just now: r0 is left alone for 10 s (connect: 421 busy" in caplog.text
    assert max(Digest.objects.values_list("fence", flat=True)) == 1


def test_a_relay_that_is_held_is_left_out(settings: Settings) -> None:
    plan(*(f"{n}@example.org" for n in range(4)))
    Hold.objects.create(scope=Hold.Scope.BACKEND, value="r0")
    with Sink() as held, Sink() as free:
        settings.MAIL_RELAYS = through(held, free)
        send()
        assert (held.seen, len(free.accepted)) == ([], 4)


def test_with_all_of_them_held_nothing_leaves_and_the_rows_come_back(settings: Settings) -> None:
    plan("ada@example.org")
    hold = Hold.objects.create(scope=Hold.Scope.BACKEND, value="r0")
    with Sink() as sink:
        settings.MAIL_RELAYS = through(sink)
        send()
        assert sink.accepted == []
        hold.delete()
        send(MORNING + timedelta(minutes=6))
        assert len(sink.accepted) == 1
    assert Digest.objects.get().state == "sent"
