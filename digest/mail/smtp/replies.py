"""What to do with a mail after one attempt (RFC 5321 4.2, 4.5.4.1)."""

from enum import StrEnum

from digest.mail.inbound.reply_codes import ABOUT_THE_MAILBOX, Meaning, classify
from digest.mail.transport import Outcome, Result


class Disposition(StrEnum):
    """What happens to a mail next."""

    SENT = "sent"
    RETRY = "retry"  # try again later; says nothing about the address
    DEFER = "defer"  # try again later, and count no attempt: nothing was begun
    FAIL = "fail"  # end the mail; says nothing about the address
    STRIKE = "strike"  # end the mail; several of these in a row tell against the address
    BOUNCE = "bounce"  # end the mail; the address does not exist
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
    """Return what to do with the mail after this outcome."""
    return _SIMPLE.get(outcome.result) or _refusal(outcome)


def _refusal(outcome: Outcome) -> Disposition:
    if outcome.phase in ("connect", "MAIL"):
        return Disposition.RETRY  # between sender and relay: the recipient was not named yet
    if outcome.code is None or not 500 <= outcome.code < 600:
        return Disposition.RETRY  # a temporary refusal, or no refusal at all
    meaning = classify(outcome.text, outcome.code, outcome.enhanced_code)
    if meaning in (Meaning.FULL, Meaning.ROUTE):
        return Disposition.RETRY  # mailboxes get emptied, and name servers answer again
    if meaning == Meaning.NO_SUCH_ADDRESS and outcome.phase == "RCPT":
        return Disposition.BOUNCE
    # After the body a filter may mean an address in the mail: one such refusal is no proof.
    return Disposition.STRIKE if meaning in ABOUT_THE_MAILBOX else Disposition.FAIL
