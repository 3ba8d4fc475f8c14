"""UNKNOWN, found out later: whatever comes back about a mail proves that it had left."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from digest.models import Digest, Letter, MailEvent, State
from digest.models.endings import end_and_move_watermark

ALARM = 1 / 10_000  # of a day's mails
DAY = timedelta(days=1)
_ENDED = (State.SENT, State.FAILED, State.UNKNOWN)


def prove(row: Digest | Letter, by: str) -> bool:
    """UNKNOWN becomes SENT, and its papers count as dealt with; False: it was no UNKNOWN.

    A mail that is still being sent stays its sender's: `reconcile` sees to it should that die.
    """
    if row.state != State.UNKNOWN:
        return False
    noted = {"sent_at": Now(), "reply_text": f"Found out later: {by}."}
    return end_and_move_watermark(row, State.SENT, **noted) is not None


def reconcile() -> int:
    """Settle every UNKNOWN that an event speaks of, whichever of the two came first; how many."""
    proven = 0
    for model, name in ((Digest, "digest"), (Letter, "letter")):
        events = MailEvent.objects.filter(**{name: OuterRef("pk")})
        for row in model._default_manager.filter(Exists(events), state=State.UNKNOWN):
            newest = row.events.first()
            proven += prove(row, str(newest).lower() if newest else "an event")
    return proven


class Unknown(NamedTuple):
    """How many of the mails that were tried within a day ended without an answer."""

    unanswered: int
    tried: int

    @property
    def alarming(self) -> bool:
        return self.unanswered > self.tried * ALARM

    @property
    def share(self) -> float:
        return self.unanswered / self.tried if self.tried else 0.0


def percent(share: float) -> str:
    """Like "0.01 %" and "33.3 %"."""
    return f"{100 * share:.3g} %"


def unknown(at: datetime) -> Unknown:
    """The day that ends at `at`, digests and letters."""
    return Unknown(unanswered(at), _of_the_day(at, *_ENDED))


def unanswered(at: datetime) -> int:
    """The UNKNOWN of that day alone, which an index tells."""
    return _of_the_day(at, State.UNKNOWN)


def _of_the_day(at: datetime, *states: State) -> int:
    return sum(
        model._default_manager.filter(not_before__gt=at - DAY, state__in=states).count()
        for model in (Digest, Letter)
    )
