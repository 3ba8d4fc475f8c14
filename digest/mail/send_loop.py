"""Many mails under way in one process, and one question for the licences of several.

Each mail goes its own way from step to step (transport.Steps); whenever none of them can go on
without waiting, what has ended is recorded and what asks for its permit is permitted together. So
a fast relay gets its mails at the price of a transaction for several, and a slow one holds up only
what it answers.
"""

import selectors
import time
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple, Protocol

from .transport import AskPermit, Blocking, Mail, Outcome, Result, Steps, Transport, Wait

LINGER = 0.005  # seconds that a licence waits for others to be asked for with it
MOST_ENDED = 200  # mails that may have ended before that is entered
MOST_REFUSED = 4  # of them refused: what is entered may be a reason to stop


class MailOutcome(NamedTuple):
    mail: Mail
    outcome: Outcome


class PermitRequest(NamedTuple):
    """A mail that waits for its licence to leave by `backend`."""

    mail: Mail
    backend: str


class OutcomeRecorder(Protocol):
    """Where it is written down what became of the mails, and which may go."""

    def record_and_permit(
        self, ended: Sequence[MailOutcome], asking: Sequence[PermitRequest]
    ) -> Collection[Mail]:
        """Those of `asking` that have their licence."""
        ...

    def give_up(self, mail: Mail, wrong: Exception) -> None:
        """The mail was given up, unlicensed or without an outcome."""
        ...


class _Lane(NamedTuple):
    mail: Mail
    steps: Steps


def send_all(transport: Transport, mails: Iterator[Mail], recorder: OutcomeRecorder) -> None:
    """Send the mails, up to `transport.max_in_flight` of them at once.

    Raises what `mails` raises, once the mails in flight have ended; and what `recorder` raises, at
    once, for without it no permit can be granted and no outcome recorded.
    """
    with selectors.DefaultSelector() as selector:
        lanes = _Lanes(transport, mails, recorder, selector)
        try:
            while lanes.fill():
                lanes.turn()
        finally:
            lanes.close()
    if lanes.wrong:
        raise lanes.wrong


class _Lanes:
    def __init__(
        self,
        transport: Transport,
        mails: Iterator[Mail],
        recorder: OutcomeRecorder,
        selector: selectors.BaseSelector,
    ) -> None:
        self._transport, self._mails, self._recorder = transport, mails, recorder
        self._selector = selector
        self._waiting: dict[_Lane, Wait] = {}
        self._blocking: list[_Lane] = []
        self._asking: dict[_Lane, PermitRequest] = {}
        self._ended: list[MailOutcome] = []
        self.wrong: Exception | None = None

    def fill(self) -> bool:
        """Begin with as many mails as there are free lanes; False: everything is done."""
        while self._in_flight() < self._transport.max_in_flight and self._may_begin():
            mail = self._next()
            if mail is None:
                break
            mail.backend = self._transport.name
            self._go_on(_Lane(mail, self._transport.steps(mail)))
        return bool(self._in_flight() or self._ended)

    def _may_begin(self) -> bool:
        """Whether another mail may be begun before those that have ended are entered."""
        refused = sum(each.outcome.result == Result.REFUSED for each in self._ended)
        return refused < MOST_REFUSED and len(self._ended) < MOST_ENDED

    def _next(self) -> Mail | None:
        try:
            return None if self.wrong else next(self._mails, None)
        except Exception as wrong:
            self.wrong = wrong
            return None

    def _in_flight(self) -> int:
        return len(self._waiting) + len(self._blocking) + len(self._asking)

    def turn(self) -> None:
        """Continue the mails that are ready. With none ready, record outcomes and grant permits;
        then continue one mail whose next step may block."""
        entries = bool(self._asking or self._ended)
        if ready := self._ready(LINGER if entries else 0.0 if self._blocking else None):
            for lane in ready:
                self._go_on(lane)
            return
        if entries:
            self._enter()
        if self._blocking:
            self._go_on(self._blocking.pop(0))

    def _ready(self, timeout: float | None) -> list[_Lane]:
        """The lanes whose wait is over, after at most `timeout` seconds (None: as long as it
        takes)."""
        if not self._waiting:
            return []
        now = time.monotonic()
        patience = max(0.0, min(wait.until for wait in self._waiting.values()) - now)
        found = self._selector.select(patience if timeout is None else min(timeout, patience))
        ready = [key.data for key, _ in found]
        now = time.monotonic()
        ready += [
            lane for lane, wait in self._waiting.items() if wait.until <= now and lane not in ready
        ]
        for lane in ready:
            self._selector.unregister(self._waiting.pop(lane).descriptor)
        return ready

    def _enter(self) -> None:
        asking, ended = self._asking, self._ended
        self._asking, self._ended = {}, []
        try:
            granted = self._recorder.record_and_permit(ended, list(asking.values()))
        except BaseException:
            for lane in asking:
                lane.steps.close()
            raise
        for lane in asking:
            self._go_on(lane, lane.mail in granted)

    def _go_on(self, lane: _Lane, licensed: bool | None = None) -> None:
        """One step further, and to where that leads."""
        try:
            step = next(lane.steps) if licensed is None else lane.steps.send(licensed)
        except StopIteration as done:
            self._ended.append(MailOutcome(lane.mail, done.value))
        except Exception as wrong:
            self._recorder.give_up(lane.mail, wrong)
        else:
            self._put(lane, step)

    def _put(self, lane: _Lane, step: Wait | AskPermit | Blocking) -> None:
        match step:
            case Wait():
                self._waiting[lane] = step
                self._selector.register(step.descriptor, step.event, lane)
            case AskPermit(backend):
                self._asking[lane] = PermitRequest(lane.mail, backend)
            case Blocking():
                self._blocking.append(lane)

    def close(self) -> None:
        for lane in (*self._waiting, *self._blocking, *self._asking):
            lane.steps.close()
