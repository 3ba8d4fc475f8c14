"""What every way of sending has in common: the licence, and an outcome that hides nothing."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]+")
Licence = Callable[[], bool]


class Result(StrEnum):
    """What became of one mail."""

    ACCEPTED = "accepted"  # the receiver said it has the mail
    REFUSED = "refused"  # a definite no: for good (5xx) or for now (4xx)
    UNLICENSED = "unlicensed"  # the licence was not given; nothing was sent
    UNREACHED = "unreached"  # the way broke before the point of no return; nothing was sent
    UNKNOWN = "unknown"  # no answer after the point of no return: it may have arrived


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one attempt: how far it came (`phase`) and what the other side replied."""

    result: Result
    phase: str = ""
    code: int | None = None
    text: str = ""

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
