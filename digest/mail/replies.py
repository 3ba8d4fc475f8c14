"""What a server's reply means for the mail and for the address (RFC 3463, RFC 5321 4.2)."""

import re
from enum import StrEnum
from typing import NamedTuple

from .statuses import FULL, NO_ROUTE, NO_SUCH_ADDRESS, POLICY, TOO_LARGE
from .transport import Outcome, Result


class Verdict(StrEnum):
    SENT = "sent"
    RETRY = "retry"  # try again later; the address is not to blame
    LATER = "later"  # the same, and this was no attempt: nothing was begun
    FAIL = "fail"  # never again for this mail; the address is not to blame
    BOUNCE = "bounce"  # the address does not exist
    UNKNOWN = "unknown"
    UNLICENSED = "unlicensed"


class Rule(NamedTuple):
    """Patterns of a refusal's phase, code and enhanced code, and what it means."""

    phase: str
    code: str
    enhanced: str
    verdict: Verdict


# The first rule that fits decides.
RULES = (
    # Between us and the relay; the recipient has not even been named.
    Rule("connect|MAIL", r".*", r".*", Verdict.RETRY),
    # Refused for now, and what is no refusal at all.
    Rule(r".*", r"(?!5..$).*", r".*", Verdict.RETRY),
    # It will not shrink.
    Rule(r".*", r"5..", TOO_LARGE, Verdict.FAIL),
    # The sender's fault, never the address's.
    Rule(r".*", r"5..", POLICY, Verdict.FAIL),
    # A full mailbox empties; some servers tell it as permanent (RFC 5321 4.5.3.1.10).
    Rule(r".*", r"5..", FULL, Verdict.RETRY),
    Rule(r".*", r"552", r".*", Verdict.RETRY),
    # A moment's weakness as a rule.
    Rule(r".*", r"5..", NO_ROUTE, Verdict.RETRY),
    Rule("RCPT", r"5..", NO_SUCH_ADDRESS, Verdict.BOUNCE),
    Rule(r".*", r".*", r".*", Verdict.FAIL),
)

_SIMPLE = {
    Result.ACCEPTED: Verdict.SENT,
    Result.UNKNOWN: Verdict.UNKNOWN,
    Result.UNLICENSED: Verdict.UNLICENSED,
    Result.UNREACHED: Verdict.RETRY,
    Result.DEFERRED: Verdict.LATER,
}


def verdict(outcome: Outcome) -> Verdict:
    """What to do after one attempt."""
    return _SIMPLE.get(outcome.result) or _refusal(outcome)


def _refusal(outcome: Outcome) -> Verdict:
    return next(rule.verdict for rule in RULES if _fits(rule, outcome))


def _fits(rule: Rule, outcome: Outcome) -> bool:
    pairs = (
        (rule.phase, outcome.phase),
        (rule.code, str(outcome.code or "")),
        (rule.enhanced, outcome.enhanced_code),
    )
    return all(re.fullmatch(pattern, told) for pattern, told in pairs)
