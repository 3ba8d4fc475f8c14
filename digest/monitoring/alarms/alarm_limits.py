"""The setting ALARM_LIMITS: shares of mails and people that raise an alarm."""

from dataclasses import dataclass
from typing import Self

LEAST_MAILS = 20
NAMES = ("refused", "put_off", "suspended", "mails")


@dataclass(frozen=True, slots=True)
class AlarmLimits:
    """Limits in percent, which apply to `mails` or more mails (people for `suspended`); 0: none."""

    refused: float = 5.0
    put_off: float = 20.0
    suspended: float = 10.0
    mails: int = LEAST_MAILS

    @classmethod
    def from_text(cls, raw: str) -> Self:
        """Parse `refused=5 put_off=20 suspended=10 mails=20`, or a part of it.

        Raises ValueError for an unknown or repeated name and for a number out of range.
        """
        given: dict[str, float] = {}
        for each in raw.split():
            name, _, number = each.partition("=")
            if name not in NAMES or name in given:
                raise ValueError(each)
            given[name] = float(number)
        mails = given.pop("mails", LEAST_MAILS)
        if mails < 1 or mails != int(mails) or not all(0 <= each <= 100 for each in given.values()):
            raise ValueError(raw)
        return cls(**given, mails=int(mails))

    def exceeded(self, limit: float, count: int, total: int) -> bool:
        """Whether `count` of `total` reaches `limit` percent."""
        return bool(limit) and total >= self.mails and count * 100 >= limit * total
