"""Many mails in flight in one process, and one transaction for the permits of several.

Each mail goes from step to step on its own (transport.Steps). Whenever no mail can go on without
waiting, the outcomes and the permit requests so far are recorded together. So mails to a fast relay
share their transactions, and a slow one delays only the mails that it has.
"""

import selectors
import time
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple, Protocol

from .transport import AskPermit, Blocking, Mail, Outcome, Result, Step, Steps, Transport, Wait

LINGER = 0.005  # seconds that a permit request waits for others
MOST_ENDED = 200  # outcomes that may wait to be recorded
MOST_REFUSED = 4  # of them refusals: once recorded, they may be a reason to stop


class MailOutcome(NamedTuple):
    mail: Mail
    outcome: Outcome


class PermitRequest(NamedTuple):
    """A mail at the point of no return of `backend`."""

    mail: Mail
    backend: str


class OutcomeRecorder(Protocol):
    """Records how mails ended, and grants send permits."""

    def record_and_permit(
        self, outcomes: Sequence[MailOutcome], requests: Sequence[PermitRequest]
    ) -> Collection[Mail]:
        """Record the outcomes; return the mails of `requests` that have their permit."""
        ...

    def give_up(self, mail: Mail, error: Exception) -> None:
        """Sending the mail raised `error`; it has no outcome."""
        ...


class _InFlight(NamedTuple):
    mail: Mail
    steps: Steps


def send_all(transport: Transport, mails: Iterator[Mail], recorder: OutcomeRecorder) -> None:
    """Send the mails, up to `transport.max_in_flight` of them at once.

    Raises what `mails` raises, once the mails in flight have ended; and what `recorder` raises, at
    once, for without it no permit can be granted and no outcome recorded.
    """
    with selectors.DefaultSelector() as selector:
        loop = SendLoop(transport, mails, recorder, selector)
        try:
            while loop.fill():
                loop.turn()
        finally:
            loop.close()
    if loop.error:
        raise loop.error


class SendLoop:
    """The state of `send_all`: which mails are in flight, and what each of them waits for.

    `error` is what `mails` raised, None if it raised nothing.
    """

    def __init__(
        self,
        transport: Transport,
        mails: Iterator[Mail],
        recorder: OutcomeRecorder,
        selector: selectors.BaseSelector,
    ) -> None:
        self._transport, self._mails, self._recorder = transport, mails, recorder
        self._selector = selector
        self._waiting: dict[_InFlight, Wait] = {}
        self._blocking: list[_InFlight] = []
        self._requests: dict[_InFlight, PermitRequest] = {}
        self._outcomes: list[MailOutcome] = []
        self.error: Exception | None = None

    def fill(self) -> bool:
        """Begin as many mails as may be in flight; return False when everything is done."""
        while self._in_flight() < self._transport.max_in_flight and self._may_begin():
            try:
                mail = None if self.error else next(self._mails, None)
            except Exception as error:
                self.error = error
                break
            if mail is None:
                break
            mail.backend = self._transport.name
            self._advance(_InFlight(mail, self._transport.steps(mail)))
        return bool(self._in_flight() or self._outcomes)

    def _may_begin(self) -> bool:
        """Whether another mail may begin before the outcomes are recorded."""
        refused = sum(each.outcome.result == Result.REFUSED for each in self._outcomes)
        return refused < MOST_REFUSED and len(self._outcomes) < MOST_ENDED

    def _in_flight(self) -> int:
        return len(self._waiting) + len(self._blocking) + len(self._requests)

    def turn(self) -> None:
        """Advance the mails that are ready. If there are none, record outcomes and grant permits,
        then advance one mail whose next step may block."""
        to_record = bool(self._requests or self._outcomes)
        if ready := self._ready(LINGER if to_record else 0.0 if self._blocking else None):
            for each in ready:
                self._advance(each)
            return
        if to_record:
            self._record()
        if self._blocking:
            self._advance(self._blocking.pop(0))

    def _ready(self, timeout: float | None) -> list[_InFlight]:
        """The mails whose wait is over, after at most `timeout` seconds (None: no limit)."""
        if not self._waiting:
            return []
        now = time.monotonic()
        longest = max(0.0, min(wait.until for wait in self._waiting.values()) - now)
        found = self._selector.select(longest if timeout is None else min(timeout, longest))
        ready = [key.data for key, _ in found]
        now = time.monotonic()
        ready += [
            each for each, wait in self._waiting.items() if wait.until <= now and each not in ready
        ]
        for each in ready:
            self._selector.unregister(self._waiting.pop(each).descriptor)
        return ready

    def _record(self) -> None:
        requests, outcomes = self._requests, self._outcomes
        self._requests, self._outcomes = {}, []
        try:
            granted = self._recorder.record_and_permit(outcomes, list(requests.values()))
        except BaseException:
            for each in requests:
                each.steps.close()
            raise
        for each in requests:
            self._advance(each, each.mail in granted)

    def _advance(self, each: _InFlight, permitted: bool | None = None) -> None:
        """Go on to the next step; `permitted` answers a permit request."""
        try:
            step = next(each.steps) if permitted is None else each.steps.send(permitted)
        except StopIteration as done:
            self._outcomes.append(MailOutcome(each.mail, done.value))
        except Exception as error:
            self._recorder.give_up(each.mail, error)
        else:
            self._wait_for(each, step)

    def _wait_for(self, each: _InFlight, step: Step) -> None:
        match step:
            case Wait():
                self._waiting[each] = step
                self._selector.register(step.descriptor, step.event, each)
            case AskPermit(backend):
                self._requests[each] = PermitRequest(each.mail, backend)
            case Blocking():
                self._blocking.append(each)

    def close(self) -> None:
        """Take back the mails in flight."""
        for each in (*self._waiting, *self._blocking, *self._requests):
            each.steps.close()
