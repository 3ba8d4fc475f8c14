"""What every way of sending has in common: the licence, and an outcome that hides nothing.

A transport sends a mail in steps (`Steps`), so that one process may have many mails under way, and
ask for the licences of several in one transaction (see lanes.py).
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
    """What became of one mail."""

    ACCEPTED = "accepted"  # the receiver said it has the mail
    REFUSED = "refused"  # a definite no: for good (5xx) or for now (4xx)
    NO_PERMIT = "no permit"  # the licence was not given; nothing was sent
    UNREACHED = "unreached"  # the way broke before the point of no return; nothing was sent
    UNKNOWN = "unknown"  # no answer after the point of no return: it may have arrived
    DEFERRED = "deferred"  # not begun: the way is shut, or the domain has had its share


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one attempt: how far it came (`phase`) and what the other side replied;
    `wait` is how many seconds a DEFERRED mail had better wait."""

    result: Result
    phase: str = ""
    code: int | None = None
    text: str = ""
    wait: float = 0.0

    @property
    def enhanced_code(self) -> str:
        """Like "5.1.1" (RFC 3463), "" where the reply gives none."""
        return own_status(self.text)

    @property
    def reply_code(self) -> int | None:
        """The code, if it is one: a server may have said anything (RFC 5321 4.2.1)."""
        return self.code if self.code is not None and 200 <= self.code < 600 else None

    @property
    def reply_text(self) -> str:
        """The text without control characters, at most 1,000 characters."""
        return _CONTROLS.sub(" ", self.text)[:1000].strip()


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who a mail is from and for, as the other side's server is told."""

    sender: str
    recipient: str


@dataclass(eq=False, slots=True)
class Mail:
    """One mail on its way. `write` makes its bytes (CRLF line ends), which is put off until they
    are needed; `row` is what its sender knows it by, `backend` the one it was last offered to."""

    envelope: Envelope
    write: Callable[[], bytes]
    row: Any = None
    backend: str = ""


@dataclass(frozen=True, slots=True)
class AskPermit:
    """A step: the mail is at the point of no return of `backend` and goes on with its licence,
    True or False."""

    backend: str


@dataclass(slots=True)
class Wait:
    """A step: go on when there is something to read at the descriptor, or room to write, or
    `until` is past (of time.monotonic)."""

    descriptor: int
    until: float
    writing: bool = False

    @property
    def event(self) -> int:
        """As `selectors` names it."""
        return selectors.EVENT_WRITE if self.writing else selectors.EVENT_READ

    def block(self) -> None:
        """Wait for it, alone."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.descriptor, self.event)
            selector.select(max(0.0, self.until - time.monotonic()))


@dataclass(frozen=True, slots=True)
class Blocking:
    """A step: what comes next may hold everything up for a while."""


Step = AskPermit | Wait | Blocking
# Only an Ask is answered; the end is the mail's outcome.
Steps = Generator[Step, bool, Outcome]


class Transport(ABC):
    """A way out of the house. `lanes`: how many mails it takes at once."""

    name: str
    max_in_flight: int = 1

    @property
    def backends(self) -> frozenset[str]:
        """The names that a permit may be asked under, as holds know them."""
        return frozenset({self.name})

    @abstractmethod
    def steps(self, mail: Mail) -> Steps:
        """The steps of sending one mail; `Ask` once at most, just before the point of no return.
        Closed early, it takes back what was not licensed."""

    @abstractmethod
    def close(self) -> None: ...

    def unavailable_reason(self) -> str:
        """Why this way takes no mail just now, "" if it does: then claiming one is in vain."""
        return ""

    def send(self, envelope: Envelope, message: bytes, licence: PermitCheck) -> Outcome:
        """One mail by itself."""
        steps = self.steps(Mail(envelope, lambda: message))
        try:
            step = next(steps)
            while True:
                if isinstance(step, Wait):
                    step.block()
                step = steps.send(licence()) if isinstance(step, AskPermit) else next(steps)
        except StopIteration as ended:
            outcome: Outcome = ended.value
            return outcome
        finally:
            steps.close()
