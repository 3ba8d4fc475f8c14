"""What "send now" tells an operator."""

from collections import Counter
from collections.abc import Iterator, Sequence

from django.contrib import messages

from digest.models import Digest, State

NAMED = 10  # people spoken of by name; more are summed up, for the messages wait in a cookie


def sending(digests: Sequence[Digest]) -> Iterator[tuple[str, int]]:
    """What "send now" did, as sentences and levels: one each, or sums where they are many."""
    if len(digests) <= NAMED:
        yield from map(_sending_one, digests)
        return
    states = Counter(State(digest.state) for digest in digests)
    if planned := states.pop(State.PLANNED, 0):
        yield f"{planned} digests are on the way.", messages.SUCCESS
    if states:
        kept = ", ".join(f"{number} {state.label}" for state, number in states.most_common())
        yield f"{states.total()} stay as they are: {kept}.", messages.WARNING


def _sending_one(digest: Digest) -> tuple[str, int]:
    who = f"The digest of {digest.local_date} to {digest.subscriber}"
    if digest.state == State.PLANNED:
        return f"{who} is on the way.", messages.SUCCESS
    return f"{who} stays as it is: {digest.get_state_display()}.", messages.WARNING
