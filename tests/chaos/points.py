"""Where a worker can be made to die: hooks around the program's own steps, in this process."""

import smtplib
from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import Any

from digest.delivery import deliver
from digest.models import State
from digest.models.outgoing import Outgoing, OutgoingQuerySet

POINTS = (
    "claimed",
    "connected",
    "MAIL",
    "RCPT",
    "354",
    "body",
    "licence",
    "dot",
    "reply read",
    "before commit",
    "after commit",
)
_REPLIES = {"MAIL": "MAIL", "RCPT": "RCPT", "DATA": "354", ".": "reply read"}
Passed = Callable[[str], None]


def watch(passed: Passed) -> None:
    """Have `passed(point)` called at each passage of a point, for the rest of this process."""
    _after(OutgoingQuerySet, "claim", lambda rows, *_: passed("claimed") if rows else None)
    _after(deliver, "license_digest", lambda given, *_: passed("licence") if given else None)
    _after(deliver, "license_letter", lambda given, *_: passed("licence") if given else None)
    # Outgoing.end for SENT runs inside the transaction that moves the watermark too.
    _after(Outgoing, "end", lambda ended, _row, state: _ended(passed, ended, state))
    _after(deliver, "_settle", lambda state, *_: passed("after commit") if state else None)
    _Wire(passed)


def _ended(passed: Passed, ended: bool, state: State) -> None:
    if ended and state == State.SENT:
        passed("before commit")


def _after(owner: Any, name: str, then: Callable[..., None]) -> None:
    real = getattr(owner, name)

    @wraps(real)
    def hooked(*arguments: Any, **options: Any) -> Any:
        result = real(*arguments, **options)
        then(result, *arguments)
        return result

    setattr(owner, name, hooked)


class _Wire:
    """Knows from what goes over the wire how far an SMTP conversation is, pipelined or not."""

    def __init__(self, passed: Passed) -> None:
        self._passed = passed
        self._asked: deque[str] = deque()  # commands without a reply yet
        self._in_body = False
        _after(smtplib.SMTP, "connect", lambda *_: self._connected())
        _after(smtplib.SMTP, "send", lambda _, _server, data: self._sent(data))
        _after(smtplib.SMTP, "getreply", lambda reply, *_: self._replied(reply[0]))

    def _connected(self) -> None:
        self._asked.clear()
        self._in_body = False
        self._passed("connected")

    def _sent(self, data: bytes | str) -> None:
        text = data if isinstance(data, str) else data[:400].decode(errors="replace")
        if self._in_body and text != ".\r\n":
            return self._passed("body")
        self._in_body = False
        self._asked += [line[:4].upper() for line in text.splitlines()]
        return self._passed("dot") if text == ".\r\n" else None

    def _replied(self, code: int) -> None:
        command = self._asked.popleft() if self._asked else ""
        self._in_body = command == "DATA" and code == 354
        if command in _REPLIES:
            self._passed(_REPLIES[command])
