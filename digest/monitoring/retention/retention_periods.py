"""For how many days what is kept, as RETENTION_DAYS says it."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Self

from digest.environment import day_count

# Links to a digest work, and the next digests look back, for 90 days. A digest may be one day late,
# and its date one day ahead of UTC's.
LOOK_BACK_DAYS = 92
# When the counts of a day stay: a mail without an answer may be found out for 14 days.
DAYS_UNTIL_FINAL = 15
# A sign-up is limited by the letters of 30 days.
_LEAST = {
    "contents": LOOK_BACK_DAYS,
    "digests": LOOK_BACK_DAYS,
    "letters": 30,
    "pending": 30,
    "unsubscribed": 30,
    "events": 30,
}


@dataclass(frozen=True, slots=True)
class RetentionPeriods:
    """Days. `contents`: what digests held, and replies of mail servers. `digests`: their rows.
    `pending`: sign-ups that nobody confirmed. `logins`: attempts to log in. `files`: of the outbox,
    and of the inbox once they are read. `parsed`, `quarantined`: raw bytes of dumps."""

    contents: int = 92
    digests: int = 730
    letters: int = 92
    pending: int = 30
    unsubscribed: int = 365
    events: int = 180
    admin_log: int = 365
    logins: int = 30
    files: int = 30
    parsed: int = 90
    quarantined: int = 180

    @classmethod
    def from_text(cls, raw: str) -> Self:
        """Read `contents=92 letters=92 …`, in part too. Raises ValueError."""
        given: dict[str, int] = {}
        for each in raw.split():
            name, _, number = each.partition("=")
            if name not in cls.__slots__ or name in given:
                raise ValueError(each)
            given[name] = day_count(number)
            if given[name] < _LEAST.get(name, 1):
                raise ValueError(each)
        periods = cls(**given)
        if periods.digests < periods.contents:
            raise ValueError("digests")
        return periods

    def __str__(self) -> str:
        return " ".join(f"{name}={days}" for name, days in asdict(self).items())

    def of(self, name: str) -> timedelta:
        """The period of this name."""
        return timedelta(days=getattr(self, name))
