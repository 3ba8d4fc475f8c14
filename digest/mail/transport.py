"""What every way of sending has in common: the licence, and an outcome that hides nothing."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, runtime_checkable

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
# RFC 3463 puts the status first; further on, an IP address may look like one.
_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?![.\d])")
Licence = Callable[[], bool]


class Result(StrEnum):
    """What became of one mail."""

    ACCEPTED = "accepted"  # the receiver said it has the mail
    REFUSED = "refused"  # a definite no: for good (5xx) or for now (4xx)
    UNLICENSED = "unlicensed"  # the licence was not given; nothing was sent
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
        """Like "5.1.1" (RFC 3463), "" where the reply does not begin with one."""
        found = _ENHANCED.match(self.text)
        return found[1] if found else ""

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


class Transport(Protocol):
    """A way out of the house. It asks `licence()` once, just before the point of no return."""

    name: str

    def send(self, envelope: Envelope, message: bytes, licence: Licence) -> Outcome: ...

    def close(self) -> None: ...


@runtime_checkable
class Guarded(Protocol):
    """A transport that may know beforehand that nothing can leave."""

    def shut(self) -> str: ...


def shut(transport: Transport) -> str:
    """Why this transport takes no mail just now, "" if it does: then claiming one is in vain."""
    return transport.shut() if isinstance(transport, Guarded) else ""
