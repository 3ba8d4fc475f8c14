"""Where a worker can be made to die: hooks around the program's own steps, in this process."""

import smtplib
from collections import deque
from collections.abc import Callable, Collection, Sequence
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

from digest.mail.send_loop import MailOutcome
from digest.mail.smtp.connection import NonBlockingSmtp
from digest.mail.transport import Mail
from digest.models.outgoing import OutgoingQuerySet
from digest.sending import outcomes
from digest.sending.outcomes import OutcomeRecorder
from digest.sending.reply_journal import Journal

POINTS = (
    "claimed",
    "connected",
    "MAIL",
    "RCPT",
    "354",
    "body",
    "permit before commit",
    "permit",
    "dot",
    "reply read",
    "journaled",
    "before commit",
    "after commit",
)
_REPLIES = {"MAIL": "MAIL", "RCPT": "RCPT", "DATA": "354", ".": "reply read"}
Passed = Callable[[str], None]


def install_hooks(passed: Passed) -> None:
    """Call `passed(point)` at each passage of a point, for the rest of this process."""
    _after(OutgoingQuerySet, "claim", lambda rows, *_: passed("claimed") if rows else None)
    # Both run inside the transaction that the recorder commits.
    _after(outcomes, "grant_permits", lambda *_: passed("permit before commit"))
    _after(outcomes, "end_as_sent", lambda *_: passed("before commit"))
    _after(Journal, "write", lambda _, __, replies: passed("journaled") if replies else None)
    _after(
        OutcomeRecorder,
        "record_and_permit",
        lambda granted, _, ended, __: _recorded(passed, granted, ended),
    )
    _SmtpHooks(passed)


def _recorded(passed: Passed, granted: Collection[Mail], ended: Sequence[MailOutcome]) -> None:
    if ended:
        passed("after commit")
    if granted:
        passed("permit")


def _after(owner: Any, name: str, then: Callable[..., None]) -> None:
    real = getattr(owner, name)

    @wraps(real)
    def hooked(*arguments: Any, **options: Any) -> Any:
        result = real(*arguments, **options)
        then(result, *arguments)
        return result

    setattr(owner, name, hooked)


class _SmtpHooks:
    """Hooks of smtplib that follow how far each SMTP conversation is, pipelined or not."""

    def __init__(self, passed: Passed) -> None:
        self._passed = passed
        self._conversations: WeakKeyDictionary[smtplib.SMTP, _Conversation] = WeakKeyDictionary()
        _after(smtplib.SMTP, "connect", lambda _, server, *__: self._connected(server))
        _after(
            smtplib.SMTP, "send", lambda _, server, data: self._report(self._of(server).sent(data))
        )
        _after(
            NonBlockingSmtp,
            "send_some",
            lambda _, server, data: self._report(self._of(server).sent(bytes(data[:400]))),
        )
        _after(smtplib.SMTP, "getreply", lambda reply, server: self._replied(server, reply[0]))

    def _connected(self, server: smtplib.SMTP) -> None:
        self._conversations[server] = _Conversation()
        self._passed("connected")

    def _of(self, server: smtplib.SMTP) -> "_Conversation":
        return self._conversations.setdefault(server, _Conversation())

    def _replied(self, server: smtplib.SMTP, code: int) -> None:
        self._report(self._of(server).replied(code))

    def _report(self, point: str) -> None:
        if point:
            self._passed(point)


class _Conversation:
    """One conversation."""

    def __init__(self) -> None:
        self._asked: deque[str] = deque()  # commands without a reply yet
        self._in_body = False

    def sent(self, data: bytes | str) -> str:
        """The point that this write passes, "" for none."""
        text = data if isinstance(data, str) else data[:400].decode(errors="replace")
        if self._in_body and text != ".\r\n":
            return "body"
        self._in_body = False
        self._asked += [line[:4].upper() for line in text.splitlines()]
        return "dot" if text == ".\r\n" else ""

    def replied(self, code: int) -> str:
        """The point that this reply passes, "" for none."""
        command = self._asked.popleft() if self._asked else ""
        self._in_body = command == "DATA" and code == 354
        return _REPLIES.get(command, "")
