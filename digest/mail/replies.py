"""What a server's reply means for the mail and for the address (RFC 3463, RFC 5321 4.2)."""

import re
from enum import StrEnum

from .transport import Outcome, Result

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


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
    enhanced = _ENHANCED.search(outcome.text)
    detail = enhanced.group(2, 3) if enhanced else ("", "")
    if detail == ("2", "2"):
        return Verdict.RETRY
    if outcome.phase == "RCPT" and detail[0] == "1":
        return Verdict.BOUNCE
    return Verdict.FAIL
