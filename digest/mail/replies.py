"""What a server's reply means for the mail and for the address (RFC 3463, RFC 5321 4.2)."""

import re
from enum import StrEnum

from .transport import Outcome, Result

# RFC 3463 puts the status first; further on, an IP address may look like one.
_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})(?![.\d])")
# Bad mailbox, bad system, bad syntax, moved, null MX. 5.1.7 and 5.1.8 speak of the sender.
_BAD_ADDRESS = {("1", "1"), ("1", "2"), ("1", "3"), ("1", "6"), ("1", "10")}


class Verdict(StrEnum):
    SENT = "sent"
    RETRY = "retry"  # try again later; the address is not to blame
    FAIL = "fail"  # never again for this mail; the address is not to blame
    BOUNCE = "bounce"  # the address does not exist
    UNKNOWN = "unknown"
    UNLICENSED = "unlicensed"


def verdict(outcome: Outcome) -> Verdict:
    """What to do after one attempt."""
    simple = {
        Result.ACCEPTED: Verdict.SENT,
        Result.UNKNOWN: Verdict.UNKNOWN,
        Result.UNLICENSED: Verdict.UNLICENSED,
        Result.UNREACHED: Verdict.RETRY,
    }
    return simple.get(outcome.result) or _refusal(outcome)


def _refusal(outcome: Outcome) -> Verdict:
    code = outcome.code or 0
    # A full mailbox (552) is told as permanent by some servers; refused senders are our fault.
    if code < 500 or code == 552 or outcome.phase == "MAIL":
        return Verdict.RETRY
    enhanced = _ENHANCED.match(outcome.text)
    detail = enhanced.group(2, 3) if enhanced else ("", "")
    if detail == ("2", "2"):
        return Verdict.RETRY
    if outcome.phase == "RCPT" and detail in _BAD_ADDRESS:
        return Verdict.BOUNCE
    return Verdict.FAIL
