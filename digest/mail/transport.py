"""What all mail transports have in common: the send permit, and an outcome for every attempt.

A transport sends a mail in steps (`Steps`), so that one process can have many mails in flight and
request the permits of several in one transaction (see send_loop.py).
"""

import re
import selectors
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .inbound.reply_codes import own_status

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
PermitCheck = Callable[[], bool]


class Result(StrEnum):
    """How one attempt ended."""

    ACCEPTED = "accepted"  # the server confirmed that it has the mail
    REFUSED = "refused"  # a definite refusal, permanent (5xx) or temporary (4xx)
    NO_PERMIT = "no permit"  # the send permit was denied; nothing was sent
    UNREACHED = "unreached"  # the connection failed before the point of no return; nothing was sent
    UNKNOWN = "unknown"  # no reply after the point of no return: the mail may have been accepted
    DEFERRED = "deferred"  # not begun: no backend available, or the domain's rate limit is reached


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one attempt.

    `phase` is the step in which it ended, `code` and `text` the server's reply to it; `wait` is
    the number of seconds after which to try a DEFERRED mail again.
    """

    result: Result
    phase: str = ""
    code: int | None = None
    text: str = ""
    wait: float = 0.0

    @property
    def enhanced_code(self) -> str:
        """The reply's enhanced status code (RFC 3463) such as "5.1.1", "" if it has none."""
        return own_status(self.text)

    @property
    def reply_code(self) -> int | None:
        """The reply code if it is a valid one (RFC 5321 4.2.1), else None."""
        return self.code if self.code is not None and 200 <= self.code < 600 else None

    @property
    def reply_text(self) -> str:
        """The text without control characters, at most 1,000 characters."""
        return _CONTROLS.sub(" ", self.text)[:1000].strip()


@dataclass(frozen=True, slots=True)
class Envelope:
    """The addresses of MAIL FROM and RCPT TO."""

    sender: str
    recipient: str


@dataclass(eq=False, slots=True)
class Mail:
    """One mail to be sent.

    `write` returns its bytes (CRLF line ends) and is called as late as possible. `row` identifies
    the mail to the caller; transports do not look at it. `backend` is the name of the backend that
    the mail was last offered to.
    """

    envelope: Envelope
    write: Callable[[], bytes]
    row: Any = None  # a row of the queue, of whatever model the caller has
    backend: str = ""


@dataclass(frozen=True, slots=True)
class AskPermit:
    """A step: `backend` is at the point of no return; the caller answers whether the mail has its
    send permit."""

    backend: str


@dataclass(slots=True)
class Wait:
    """A step: go on when the descriptor is readable (`writing`: writable), or at `until`
    (time.monotonic)."""

    descriptor: int
    until: float
    writing: bool = False

    @property
    def event(self) -> int:
        """The event mask for `selectors`."""
        return selectors.EVENT_WRITE if self.writing else selectors.EVENT_READ

    def block(self) -> None:
        """Block until the wait is over."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.descriptor, self.event)
            selector.select(max(0.0, self.until - time.monotonic()))


@dataclass(frozen=True, slots=True)
class Blocking:
    """A step: what follows may block for a while."""


Step = AskPermit | Wait | Blocking
# Only AskPermit is answered; the generator returns the mail's outcome.
Steps = Generator[Step, bool, Outcome]


class Transport(ABC):
    """Base class of mail transports. `max_in_flight`: how many mails it can send at once."""

    name: str
    max_in_flight: int = 1

    @property
    def backends(self) -> frozenset[str]:
        """The names of the backends that it may request permits for."""
        return frozenset({self.name})

    @abstractmethod
    def steps(self, mail: Mail) -> Steps:
        """Send one mail in steps, with at most one `AskPermit`, just before the point of no return.

        Closed early, the generator takes back a mail that has no permit.
        """

    @abstractmethod
    def close(self) -> None: ...

    def unavailable_reason(self) -> str:
        """Why no mail can be sent at present, "" if mail can be sent."""
        return ""

    def send(self, envelope: Envelope, message: bytes, has_permit: PermitCheck) -> Outcome:
        """Send a single mail; block until its outcome is known."""
        steps = self.steps(Mail(envelope, lambda: message))
        try:
            step = next(steps)
            while True:
                if isinstance(step, Wait):
                    step.block()
                step = steps.send(has_permit()) if isinstance(step, AskPermit) else next(steps)
        except StopIteration as ended:
            outcome: Outcome = ended.value
            return outcome
        finally:
            steps.close()
