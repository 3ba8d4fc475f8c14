"""What became of a digest, in plain words for its reader."""

from digest.models import Digest, State
from digest.models.outgoing import ACTIVE

_OUTCOMES = {
    State.EMPTY: "No new paper matched, so nothing was sent.",
    State.FAILED: "It could not be delivered: the mail server refused it.",
    State.SUPPRESSED: "It was not sent: your digests were off.",
    State.EXPIRED: "It could not be sent in time.",
    State.CANCELLED: "It was cancelled before it was sent.",
    State.UNKNOWN: "The mail server did not reply, so it may not have arrived.",
}
# Their papers are in the window of the next scheduled digest.
_ROLLS_ON = {State.FAILED, State.SUPPRESSED, State.EXPIRED, State.CANCELLED, State.UNKNOWN}
_AGAIN = "Its papers will be in the next digest."


def outcome_of(digest: Digest) -> str:
    """Return what became of a digest, "" if it was sent."""
    if digest.state in ACTIVE:
        return "It is on its way."
    said = _OUTCOMES.get(State(digest.state), "")
    rolls_on = digest.kind == Digest.Kind.SCHEDULED and digest.state in _ROLLS_ON
    return f"{said} {_AGAIN}" if rolls_on else said
