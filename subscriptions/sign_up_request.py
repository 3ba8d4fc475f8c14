"""What a sign-up asks for."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import time
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings

from .schedule import Frequency, Schedule

if TYPE_CHECKING:
    from digest.matching.query import Expansions

_OFTEN = {
    Frequency.DAILY: "daily",
    Frequency.WEEKDAYS: "Monday to Friday",
    Frequency.WEEKLY: "weekly",
}


@dataclass(frozen=True, slots=True)
class SignUpRequest:
    """What a sign-up asks for, validated.

    expansions: keyword as typed -> what is stored with it (see Expansions); for keywords that are
    not there it is resolved when the request is confirmed.
    """

    keywords: tuple[str, ...] = ()
    timezone: str = "UTC"
    send_at: time = time(7)
    frequency: str = Frequency.DAILY
    weekly_on: int = 0
    trending_top: int = 0
    expansions: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        stored = asdict(self) | {
            "keywords": list(self.keywords),
            "send_at": self.send_at.isoformat("minutes"),
            "frequency": str(self.frequency),
        }
        if not self.expansions:  # which older releases do not know
            del stored["expansions"]
        return stored

    @property
    def wordings(self) -> "dict[str, Expansions]":
        """Keyword as typed -> what is stored with it, as far as it is resolved."""
        from digest.matching.query import Expansions  # loads the parser, which bounces do without

        return {text: Expansions.from_json(each) for text, each in self.expansions.items()}

    @property
    def schedule(self) -> Schedule:
        """When the digests shall come."""
        return Schedule(self.timezone, self.send_at, self.frequency, self.weekly_on)

    def summary(self) -> str:
        """Return the size and the frequency, "3 keywords, daily", without anything typed."""
        parts = []
        if number := len(self.keywords):
            parts.append(f"{number} keyword{'s' if number > 1 else ''}")
        if self.trending_top:
            parts.append("trending papers")
        return f"{' and '.join(parts)}, {_OFTEN[Frequency(self.frequency)]}"

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        known = {each.name for each in fields(cls)} & stored.keys()
        values = {name: stored[name] for name in known} | {
            "keywords": tuple(stored["keywords"]),
            "send_at": time.fromisoformat(stored["send_at"]),
        }
        return cls(**values)


def defaults() -> SignUpRequest:
    """The sign-up of a visitor who chooses nothing."""
    return SignUpRequest(timezone=settings.DEFAULT_TIMEZONE, send_at=settings.DEFAULT_SEND_AT)
