"""Which due mails a drain claims next: nothing that a hold stops, and letters up to their share."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from digest.models import Digest, Held, Hold, Letter, OutgoingQuerySet

BATCH = 100  # digests a claim
# Letters before each claim of digests, per digest: so a quarter of the mails at most are letters
# as long as digests are due, however many confirmations strangers ask for.
LETTERS_PER_DIGEST = 1 / 3


class Claims:
    """The claims of one drain through these backends.

    In rounds: letters up to a quarter of the mails, alarms and links to the preferences before
    confirmations; then digests. Where no digest is due, letters have the round for themselves.
    """

    def __init__(self, backends: Collection[str]) -> None:
        self._backends = frozenset(backends)
        self._last: dict[str, Any] = {}
        self._digests_are_next = False

    def next(self, at: datetime) -> Sequence[Letter] | Sequence[Digest]:
        """Lease the next batch of due rows; empty where nothing is due that may be sent.

        Holds are read anew each time. A hold of one of the backends ends the drain: the next one
        opens those that are left.
        """
        held = Hold.objects.all().held()
        if held.everything or held.backends & self._backends:
            return []
        if self._digests_are_next:
            self._digests_are_next = False
            return self._digests(at, held) or self._letters(at, held, BATCH)
        if letters := self._letters(at, held, max(1, int(BATCH * LETTERS_PER_DIGEST))):
            self._digests_are_next = True
            return letters
        return self._digests(at, held)

    def _letters(self, at: datetime, held: Held, limit: int) -> Sequence[Letter]:
        urgent = self._claim("urgent", Letter.objects.urgent(), at, held, limit)
        left = limit - len(urgent)
        confirmations = Letter.objects.confirmations()
        return [*urgent, *self._claim("confirmations", confirmations, at, held, left)]

    def _digests(self, at: datetime, held: Held) -> Sequence[Digest]:
        return self._claim("digests", Digest.objects.all(), at, held, BATCH)

    def _claim(
        self, queue: str, rows: OutgoingQuerySet, at: datetime, held: Held, limit: int
    ) -> list[Any]:
        free = rows.not_held(held)
        # Mostly there is no letter: a look is cheaper than a transaction that claims nothing.
        if queue != "digests" and not free.due(at).exists():
            return []
        # What is held stays due, in front of the others: each drain passes it once, and not with
        # every claim. What comes to stand before this place meanwhile is the next drain's.
        if queue in self._last and (held.domains or held.dates):
            free = free.behind(self._last[queue])
        claimed: list[Any] = free.claim(at, limit)
        if claimed:
            self._last[queue] = claimed[-1]
        return claimed
