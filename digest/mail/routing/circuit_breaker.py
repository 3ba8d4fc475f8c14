"""A circuit breaker: after failures of a relay, pause it for growing times.

Its state belongs to one process and may be lost at any moment: only the speed depends on it.
"""

import re
import time
from collections import deque
from collections.abc import Callable

from digest.mail.transport import Outcome, Result

FIRST_PAUSE = 10.0  # seconds
LONGEST_PAUSE = 900.0
FORGIVEN = 600.0  # seconds without a pause after which pauses start from FIRST_PAUSE again
MOST_BREAKS = 5  # connections in a row that failed after MAIL
POLICY_WINDOW = 50  # latest replies about recipients and mails
MOST_POLICY = 10  # of these that refuse by policy (5.7.x)
_ADDRESS = re.compile(r"\S*@\S*")


class CircuitBreaker:
    """While it is open the relay gets no mail.

    After the pause it is half-open: one success closes it, one failure opens it for twice as long.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = float("-inf")
        self._openings = 0
        self._breaks = 0
        self._half_open = False
        self._replies: deque[bool] = deque(maxlen=POLICY_WINDOW)
        self.reason = ""

    def wait(self) -> float:
        """Seconds until the relay may be tried again, 0 if it may be tried now."""
        return max(0.0, self._until - self._clock())

    def __str__(self) -> str:
        return f"is left alone for {self.wait():.0f} s ({self.reason})"

    def record(self, outcome: Outcome) -> None:
        """Update the state with the outcome of one attempt."""
        if backend_fault(outcome):
            self._open(outcome)
        elif outcome.result in (Result.UNREACHED, Result.UNKNOWN):
            self._breaks += 1
            if self._half_open or self._breaks >= MOST_BREAKS:
                self._open(outcome)
        elif outcome.result in (Result.ACCEPTED, Result.REFUSED):
            self._count_reply(outcome)

    def _count_reply(self, outcome: Outcome) -> None:
        policy = outcome.result == Result.REFUSED and outcome.enhanced_code.startswith("5.7.")
        self._breaks = 0
        self._replies.append(policy)
        if policy and (self._half_open or sum(self._replies) >= MOST_POLICY):
            self._open(outcome)
        elif not policy:
            self._half_open = False

    def _open(self, outcome: Outcome) -> None:
        if self.wait():
            return  # the first of several mails in flight has opened it
        now = self._clock()
        if now - self._until > FORGIVEN:
            self._openings = 0
        # The exponent is bounded: a relay may be down for months.
        pause = min(FIRST_PAUSE * 2 ** min(self._openings, 10), LONGEST_PAUSE)
        self._until, self._openings = now + pause, self._openings + 1
        self._breaks, self._half_open = 0, True
        self._replies.clear()
        code = f"{outcome.code} " if outcome.code else ""
        # The reason is logged, and a reply may contain an address.
        text = _ADDRESS.sub("…", outcome.reply_text)
        self.reason = f"{outcome.phase}: {code}{text}"[:200]


def backend_fault(outcome: Outcome) -> bool:
    """Whether the relay failed before RCPT: at the connection, greeting, AUTH or MAIL."""
    failed = outcome.result in (Result.UNREACHED, Result.REFUSED)
    return failed and outcome.phase in ("connect", "MAIL")
