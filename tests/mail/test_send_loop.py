"""Many mails at once: permits and outcomes are recorded together, no mail waits for a slow one."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest

from digest.mail.routing.circuit_breaker import CircuitBreaker
from digest.mail.routing.rate_limits import Limits, LocalThrottle
from digest.mail.routing.relay import Relay
from digest.mail.routing.router import Route, Router
from digest.mail.send_loop import MailOutcome, PermitRequest, send_all
from digest.mail.smtp import client
from digest.mail.smtp.pool import SmtpTransport
from digest.mail.transport import AskPermit, Envelope, Mail, Outcome, Result, Steps, Transport
from tests.support.sink import TAKEN_SILENTLY, Sink

from .transports import MakeTransport

MESSAGE = b"Subject: hello\r\n\r\nhello\r\n"


def mail(number: int, write: Callable[[], bytes] = lambda: MESSAGE) -> Mail:
    return Mail(Envelope("digest@example.org", f"p{number}@example.org"), write, number)


def mails(count: int) -> Iterator[Mail]:
    return map(mail, range(count))


class MemoryRecorder:
    """A recorder in memory. `refused`: rows that get no permit."""

    def __init__(self, *refused: int) -> None:
        self.refused = refused
        self.entries: list[tuple[list[int], list[int]]] = []
        self.outcomes: dict[int, Outcome] = {}
        self.broken: dict[int, Exception] = {}

    def record_and_permit(
        self, ended: Sequence[MailOutcome], asking: Sequence[PermitRequest]
    ) -> set[Mail]:
        self.entries.append(([each.mail.row for each in ended], [each.mail.row for each in asking]))
        for each in ended:
            assert each.mail.row not in self.outcomes, "a mail ends once"
            self.outcomes[each.mail.row] = each.outcome
        return {each.mail for each in asking if each.mail.row not in self.refused}

    def give_up(self, mail: Mail, wrong: Exception) -> None:
        self.broken[mail.row] = wrong

    def results(self) -> dict[int, Result]:
        return {row: outcome.result for row, outcome in self.outcomes.items()}

    @property
    def asked(self) -> list[int]:
        return sorted(row for _, asking in self.entries for row in asking)


@pytest.mark.parametrize("extensions", [(), ("PIPELINING",)])
def test_several_connections_share_permit_requests(
    make_transport: MakeTransport, extensions: tuple[str, ...]
) -> None:
    recorder = MemoryRecorder()
    with Sink(*extensions) as sink:
        send_all(make_transport(sink, connections=4), mails(200), recorder)
    assert recorder.results() == dict.fromkeys(range(200), Result.ACCEPTED)
    assert recorder.asked == list(range(200))
    assert sorted(to for to, _ in sink.accepted) == sorted(f"p{n}@example.org" for n in range(200))
    assert sink.seen.count("connect") == 4
    assert len(recorder.entries) < 150  # 201 if each were asked for alone


def test_outcomes_are_recorded_with_permit_requests(make_transport: MakeTransport) -> None:
    recorder = MemoryRecorder()
    with Sink("PIPELINING") as sink:
        send_all(make_transport(sink, connections=1), mails(3), recorder)
    assert recorder.entries == [([], [0]), ([0], [1]), ([1], [2]), ([2], [])]


def test_a_mail_without_permit_costs_only_its_connection(make_transport: MakeTransport) -> None:
    recorder = MemoryRecorder(1, 2)
    with Sink("PIPELINING") as sink:
        send_all(make_transport(sink, connections=4), mails(6), recorder)
    assert {row for row, end in recorder.results().items() if end == Result.NO_PERMIT} == {1, 2}
    assert {to for to, _ in sink.accepted} == {f"p{row}@example.org" for row in (0, 3, 4, 5)}


def test_a_slow_reply_delays_no_other_mail(make_transport: MakeTransport) -> None:
    others_are_done = threading.Event()

    class Watched(MemoryRecorder):
        def record_and_permit(
            self, ended: Sequence[MailOutcome], asking: Sequence[PermitRequest]
        ) -> set[Mail]:
            granted = super().record_and_permit(ended, asking)
            if len(self.outcomes) == 19:
                others_are_done.set()
            return granted

    def slow() -> str:
        return "250 at last" if others_are_done.wait(10) else "554 they waited"

    recorder = Watched()
    with Sink("PIPELINING", dot=[slow]) as sink:
        send_all(make_transport(sink, connections=2), mails(20), recorder)
    assert set(recorder.results().values()) == {Result.ACCEPTED}


def test_nineteen_arrive_while_one_gets_no_reply(
    make_transport: MakeTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never() -> str:
        time.sleep(0.5)
        return "250 too late"

    monkeypatch.setattr(client, "DOT_TIMEOUT", 0.3)
    recorder = MemoryRecorder()
    with Sink(dot=[never]) as sink:
        send_all(make_transport(sink, connections=4), mails(20), recorder)
    assert sorted(recorder.results().values()) == [Result.ACCEPTED] * 19 + [Result.UNKNOWN]


def test_silence_after_the_dot_is_unknown(make_transport: MakeTransport) -> None:
    recorder = MemoryRecorder()
    with Sink(dot=["250 ok", TAKEN_SILENTLY, None]) as sink:
        send_all(make_transport(sink, connections=4), mails(8), recorder)
    assert sorted(recorder.results().values()) == [Result.ACCEPTED] * 6 + [Result.UNKNOWN] * 2


def test_refusals_in_between(make_transport: MakeTransport) -> None:
    recorder = MemoryRecorder()
    script = {"RCPT": ["550 5.1.1 nobody", "450 4.2.0 later"], "dot": ["554 5.6.0 no"]}
    with Sink("PIPELINING", **script) as sink:
        send_all(make_transport(sink, connections=4), mails(12), recorder)
    codes = sorted(outcome.code or 0 for outcome in recorder.outcomes.values())
    assert codes == [250] * 9 + [450, 550, 554]
    assert len(sink.accepted) == 9


def test_a_mail_that_cannot_be_written_is_given_up_alone(make_transport: MakeTransport) -> None:
    def broken() -> bytes:
        raise RuntimeError("no words")

    recorder = MemoryRecorder()
    with Sink("PIPELINING") as sink:
        send_all(
            make_transport(sink, connections=4), iter([mail(0), mail(1, broken), mail(2)]), recorder
        )
    assert set(recorder.results()) == {0, 2}
    assert isinstance(recorder.broken[1], RuntimeError)
    assert len(sink.accepted) == 2


def test_a_recorder_that_fails_permits_nothing(make_transport: MakeTransport) -> None:
    recorder = MemoryRecorder()

    def away(ended: Sequence[MailOutcome], asking: Sequence[PermitRequest]) -> set[Mail]:
        raise ConnectionError("the database is away")

    recorder.record_and_permit = away  # type: ignore[method-assign]
    with Sink("PIPELINING") as sink:
        transport = make_transport(sink, connections=4)
        with pytest.raises(ConnectionError):
            send_all(transport, mails(8), recorder)
        assert transport._kept == []
    assert (sink.accepted, "dot" in sink.seen) == ([], False)


def test_when_the_iterator_of_mails_raises_those_in_flight_end_well(
    make_transport: MakeTransport,
) -> None:
    def faulty() -> Iterator[Mail]:
        yield from mails(6)
        raise ValueError("no more")

    recorder = MemoryRecorder()
    with Sink("PIPELINING") as sink, pytest.raises(ValueError, match="no more"):
        send_all(make_transport(sink, connections=4), faulty(), recorder)
    assert len(recorder.outcomes) == len(sink.accepted) == 6


class Deferring(Transport):
    """Defers every mail."""

    name = "shut"

    def __init__(self, every: int) -> None:
        self.every = every

    def steps(self, mail: Mail) -> Steps:
        if mail.row % self.every:
            return Outcome(Result.DEFERRED, "throttle", wait=1.0)
        if not (yield AskPermit(self.name)):
            return Outcome(Result.NO_PERMIT)
        return Outcome(Result.ACCEPTED, "dot", 250)

    def close(self) -> None: ...


@pytest.mark.parametrize("every", [1, 2, 10_000])
def test_mails_that_end_at_once_are_recorded_in_time(every: int) -> None:
    recorder = MemoryRecorder()
    send_all(Deferring(every), mails(1000), recorder)
    assert len(recorder.outcomes) == 1000
    assert max(len(ended) for ended, _ in recorder.entries) <= 200


def test_nothing_to_send(make_transport: MakeTransport) -> None:
    recorder, nothing = MemoryRecorder(), iter(())
    with Sink() as sink:
        send_all(make_transport(sink, connections=4), nothing, recorder)
    assert (recorder.entries, sink.seen) == ([], [])


def test_a_connection_takes_back_a_half_mail_when_it_is_closed_early() -> None:
    with Sink("PIPELINING") as sink:
        transport = SmtpTransport(Relay("127.0.0.1", sink.port))
        steps = transport.steps(mail(1))
        steps_until_asking(steps)
        steps.close()
        assert transport._kept == []
        time.sleep(0.05)
    assert sink.accepted == []


def steps_until_asking(steps: Steps) -> Iterable[None]:
    while not isinstance(next(steps), AskPermit):
        pass
    return ()


def test_a_relay_with_few_connections_is_not_in_trouble(make_transport: MakeTransport) -> None:
    refused = threading.Event()

    def no_more() -> str:
        refused.set()
        return "421 4.7.0 too many connections"

    def at_leisure() -> str:
        return "250 taken" if refused.wait(10) else "554 nobody came"

    recorder, breaker = MemoryRecorder(), CircuitBreaker()
    script = {"connect": ["220 sink", "220 sink", no_more], "dot": [at_leisure, at_leisure]}
    with Sink("PIPELINING", **script) as sink:
        transport = make_transport(sink, connections=8)
        relays = Router([Route(transport, 1, breaker)], LocalThrottle(Limits(), Limits()))
        send_all(relays, mails(30), recorder)
    ends = Counter(recorder.results().values())
    assert 1 <= ends[Result.DEFERRED] <= 6
    assert ends[Result.ACCEPTED] + ends[Result.DEFERRED] == 30
    assert (breaker.wait(), relays.max_in_flight, sink.seen.count("connect")) == (0, 2, 3)
