"""A circuit breaker: after trouble with a relay, leave it alone for growing times.

State is a process's own and may be lost at any moment: it changes speed only.
"""

import re
import time
from collections import deque
from collections.abc import Callable

from digest.mail.transport import Outcome, Result

FIRST_PAUSE = 10.0  # seconds
LONGEST_PAUSE = 900.0
FORGIVEN = 600.0  # seconds without opening after which the pauses begin small again
MOST_BREAKS = 5  # connections in a row that broke behind MAIL
POLICY_WINDOW = 50  # last answers about recipients and mails
MOST_POLICY = 10  # of these refused as policy (5.7.x)
_ADDRESS = re.compile(r"\S*@\S*")


class CircuitBreaker:
    """Open: the relay gets nothing. Afterwards one good answer closes it for good, and one bad
    one opens it again, for twice as long."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = float("-inf")
        self._openings = 0
        self._breaks = 0
        self._on_probation = False
        self._answers: deque[bool] = deque(maxlen=POLICY_WINDOW)
        self.reason = ""

    def wait(self) -> float:
        """Seconds until the relay may be tried, 0 where it may be now."""
        return max(0.0, self._until - self._clock())

    def __str__(self) -> str:
        return f"is left alone for {self.wait():.0f} s ({self.reason})"

    def record(self, outcome: Outcome) -> None:
        """Learn from one attempt."""
        if backend_fault(outcome):
            self._open(outcome)
        elif outcome.result in (Result.UNREACHED, Result.UNKNOWN):
            self._breaks += 1
            if self._on_probation or self._breaks >= MOST_BREAKS:
                self._open(outcome)
        elif outcome.result in (Result.ACCEPTED, Result.REFUSED):
            self._answered(outcome)

    def _answered(self, outcome: Outcome) -> None:
        policy = outcome.result == Result.REFUSED and outcome.enhanced_code.startswith("5.7.")
        self._breaks = 0
        self._answers.append(policy)
        if policy and (self._on_probation or sum(self._answers) >= MOST_POLICY):
            self._open(outcome)
        elif not policy:
            self._on_probation = False

    def _open(self, outcome: Outcome) -> None:
        if self.wait():
            return  # of mails that were under way together, the first has told it
        now = self._clock()
        if now - self._until > FORGIVEN:
            self._openings = 0
        # The exponent is bounded: a relay may be gone for months.
        pause = min(FIRST_PAUSE * 2 ** min(self._openings, 10), LONGEST_PAUSE)
        self._until, self._openings = now + pause, self._openings + 1
        self._breaks, self._on_probation = 0, True
        self._answers.clear()
        code = f"{outcome.code} " if outcome.code else ""
        # It goes to the log, and a reply may repeat an address.
        told = _ADDRESS.sub("…", outcome.reply_text)
        self.reason = f"{outcome.phase}: {code}{told}"[:200]


def backend_fault(outcome: Outcome) -> bool:
    """Whether the relay failed before a recipient was named: connection, greeting, AUTH, MAIL."""
    failed = outcome.result in (Result.UNREACHED, Result.REFUSED)
    return failed and outcome.phase in ("connect", "MAIL")
