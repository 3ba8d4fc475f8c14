"""The setting RETENTION_DAYS: for how many days each kind of data is kept."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Self

from digest.environment import day_count

# Links to a digest work for 90 days, and later digests look back as far. A digest may be one day
# late, and its date one day ahead of UTC.
LOOK_BACK_DAYS = 92
# Age of a day whose counts are final: mails without an answer may be settled for 14 days.
DAYS_UNTIL_FINAL = 15
# Sign-ups are limited by the letters of the last 30 days, and changes of address by each other.
_LEAST = {
    "contents": LOOK_BACK_DAYS,
    "digests": LOOK_BACK_DAYS,
    "letters": 30,
    "addresses": 30,
    "pending": 30,
    "unsubscribed": 30,
    "events": 30,
}


@dataclass(frozen=True, slots=True)
class RetentionPeriods:
    """Retention periods in days.

    `contents`: contents of digests and replies of mail servers. `digests`: rows of digests.
    `addresses`: changes of address. `pending`: unconfirmed sign-ups. `logins`: log-in attempts.
    `files`: files of the outbox, read files of the inbox, and what imports of subscribers did.
    `parsed`, `quarantined`: raw bytes of dumps.
    """

    contents: int = 92
    digests: int = 730
    letters: int = 92
    addresses: int = 92
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
        """Parse `contents=92 letters=92 …`, or a part of it.

        Raises ValueError for an unknown or repeated name and for a period that is too short.
        """
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
        """Return the period of this name."""
        return timedelta(days=getattr(self, name))
