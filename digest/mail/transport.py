"""What every way of sending has in common: the licence, and an outcome that hides nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

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
