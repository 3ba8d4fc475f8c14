"""What a digest tells besides its papers, read from the frozen row; old rows told less."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from digest.models import Digest
from subscriptions.schedule import Frequency


@lru_cache(maxsize=1024)
def day_name(day: date) -> str:
    """Like "Fri 20 Nov": no leading zero, whatever the platform's strftime does."""
    return f"{day:%a} {day.day} {day:%b}"


def counted(number: int, noun: str) -> str:
    """Like "1 paper", "7 papers"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


@dataclass(frozen=True)
class Account:
    """One digest as its sentences need it. `matched`: the keywords that hit each paper, best
    first; `trending`: how many trending papers there are besides; `wanted`: how many
    keywords the person has, exclusions apart."""

    digest: Digest
    matched: Sequence[Sequence[str]]
    trending: int
    wanted: int

    @property
    def local_date(self) -> date:
        """The day it speaks of; a copy speaks of its original's."""
        return self.told_day("copied_day") or self.digest.local_date

    @property
    def day(self) -> str:
        return day_name(self.local_date)

    @property
    def sample(self) -> dict[str, Any] | None:
        """Of a look back, or a copy of one: `quiet_week` and `newest_day`; None for any other
        digest."""
        told = self.digest.told.get("sample") or {}
        return told if told or self.digest.kind == Digest.Kind.SAMPLE else None

    @property
    def quiet(self) -> dict[str, Any] | None:
        return self.digest.told.get("quiet") or None

    @property
    def catch_up(self) -> str:
        return str(self.digest.told.get("catch_up") or "")

    @property
    def source(self) -> dict[str, Any]:
        return self.digest.told.get("source") or {"state": "fresh"}

    @property
    def weekly(self) -> bool:
        return self.sample is None and self.digest.subscriber.frequency == Frequency.WEEKLY

    @property
    def trending_title(self) -> str:
        """Like "Trending papers of the day"; a longer time than usual is not named."""
        if self.sample is not None:
            quiet_week = self.sample.get("quiet_week")
            return "Trending papers of the " + ("newest listing" if quiet_week else "last 7 days")
        if self.catch_up:
            return "Trending papers"
        return f"Trending papers of the {'week' if self.weekly else 'day'}"

    @property
    def keywords_word(self) -> str:
        """Like "3 keywords", and just "keyword" where there is one."""
        return "keyword" if self.wanted == 1 else f"{self.wanted} keywords"

    def told_day(self, name: str) -> date | None:
        """A date that was told, None for none."""
        return read_day(self.digest.told.get(name))

    @cached_property
    def hits(self) -> dict[str, int]:
        """Keyword -> how many papers it hit: the most first, then as they brought the best papers,
        for a database may have changed the order of what was told."""
        seen = self._counted_hits()
        told = self.digest.told.get("by_keyword")
        counts = told if isinstance(told, dict) and told else seen
        places = {keyword: place for place, keyword in enumerate(seen)}

        def order(item: tuple[str, int]) -> tuple[int, int, str]:
            return -item[1], places.get(item[0], len(places)), item[0]

        return dict(sorted(counts.items(), key=order))

    def _counted_hits(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for keywords in self.matched:
            for keyword in keywords:
                counts[keyword] = counts.get(keyword, 0) + 1
        return counts


def read_day(told: object) -> date | None:
    """A day as it was frozen ("2026-11-20")."""
    return date.fromisoformat(told) if isinstance(told, str) and told else None


def quiet_time(days: int) -> str:
    """Like "this week", "in 3 days": how long nothing has matched."""
    return {7: "this week", 14: "in two weeks"}.get(days, f"in {counted(days, 'day')}")
