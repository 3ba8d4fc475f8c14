"""The limits of automatic holds, as the setting AUTOMATIC_HOLD gives them.

Its own module, because settings import it before models are loaded.
"""

from dataclasses import dataclass
from typing import Protocol, Self

# One connection that breaks is no pattern, however few mails there were.
LEAST_UNKNOWN = 3


class Counts(Protocol):
    """Counts of an hour's digests by outcome."""

    @property
    def tried(self) -> int: ...
    @property
    def refused(self) -> int: ...
    @property
    def unknown(self) -> int: ...


@dataclass(frozen=True, slots=True)
class HoldLimits:
    """Shares of an hour's digests in percent, from which on sending stops; 0: no limit. With less
    than `mails` digests there is no limit."""

    refused: float = 10.0
    unknown: float = 2.0
    mails: int = 20

    @classmethod
    def from_text(cls, raw: str) -> Self:
        """Parse `refused=10 unknown=2 mails=20`, or some of these, or `none`. Raises ValueError."""
        if raw.strip().lower() == "none":
            return cls(0, 0)
        given: dict[str, float] = {}
        for each in raw.split():
            name, _, number = each.partition("=")
            if name not in cls.__slots__ or name in given:
                raise ValueError(each)
            given[name] = float(number)
        limits = cls(**given)  # type: ignore[arg-type]
        fits = 0 <= limits.refused <= 100 and 0 <= limits.unknown <= 100
        if not fits or limits.mails < 1 or limits.mails != int(limits.mails):
            raise ValueError(raw)
        return cls(limits.refused, limits.unknown, int(limits.mails))

    def exceeded(self, tally: Counts) -> str:
        """The limit that an hour's counts exceed, as a phrase; "" if none.

        A share equal to its limit exceeds it. A bounce may be counted without its mail, so the
        number of mails is at least the number of refusals.
        """
        mails = max(tally.tried, tally.refused)
        if mails < self.mails:
            return ""
        if self.refused and tally.refused * 100 >= self.refused * mails:
            return f"{tally.refused} of {mails} digests were refused within an hour"
        enough = tally.unknown >= LEAST_UNKNOWN
        if self.unknown and enough and tally.unknown * 100 >= self.unknown * mails:
            return f"{tally.unknown} of {mails} digests got no reply within an hour"
        return ""
