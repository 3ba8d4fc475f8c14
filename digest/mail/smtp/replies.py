"""What to do with a mail after one attempt (RFC 5321 4.2, 4.5.4.1)."""

from enum import StrEnum

from digest.mail.inbound.reply_codes import ABOUT_THE_MAILBOX, Meaning, classify
from digest.mail.transport import Outcome, Result


class Disposition(StrEnum):
    SENT = "sent"
    RETRY = "retry"  # try again later; the address is not to blame
    DEFER = "defer"  # the same, and this was no attempt: nothing was begun
    FAIL = "fail"  # never again for this mail; the address is not to blame
    STRIKE = "strike"  # the same, and perhaps the address is to blame: several of these tell
    BOUNCE = "bounce"  # the address does not exist
    UNKNOWN = "unknown"
    NO_PERMIT = "no permit"


_SIMPLE = {
    Result.ACCEPTED: Disposition.SENT,
    Result.UNKNOWN: Disposition.UNKNOWN,
    Result.NO_PERMIT: Disposition.NO_PERMIT,
    Result.UNREACHED: Disposition.RETRY,
    Result.DEFERRED: Disposition.DEFER,
}


def disposition(outcome: Outcome) -> Disposition:
    """What to do after one attempt."""
    return _SIMPLE.get(outcome.result) or _refusal(outcome)


def _refusal(outcome: Outcome) -> Disposition:
    if outcome.phase in ("connect", "MAIL"):
        return Disposition.RETRY  # between us and the relay; the recipient has not even been named
    if outcome.code is None or not 500 <= outcome.code < 600:
        return Disposition.RETRY  # refused for now, or no refusal at all
    meaning = classify(outcome.text, outcome.code, outcome.enhanced_code)
    if meaning in (Meaning.FULL, Meaning.ROUTE):
        return Disposition.RETRY  # a mailbox is emptied, and a name server answers again
    if meaning == Meaning.NO_SUCH_ADDRESS and outcome.phase == "RCPT":
        return Disposition.BOUNCE
    # A filter that has read the mail may speak of addresses in it, so once is not enough there.
    return Disposition.STRIKE if meaning in ABOUT_THE_MAILBOX else Disposition.FAIL
