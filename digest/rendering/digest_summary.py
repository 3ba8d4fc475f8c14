"""One digest as its sentences need it, and how days and numbers are written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from digest.models import Digest, DigestFacts
from digest.models.digest_contents import LookBack
from subscriptions.schedule import Frequency


@lru_cache(maxsize=1024)
def day_name(day: date) -> str:
    """Like "Fri 20 Nov": no leading zero, whatever the platform's strftime does."""
    return f"{day:%a} {day.day} {day:%b}"


def counted(number: int, noun: str) -> str:
    """Like "1 paper", "7 papers"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def quiet_time(days: int) -> str:
    """Like "this week", "in the last 3 days": how long nothing has matched."""
    return {1: "today", 7: "this week", 14: "in the last two weeks"}.get(
        days, f"in the last {counted(days, 'day')}"
    )


@dataclass(frozen=True)
class DigestSummary:
    """A digest whose papers are known.

    matched: the keywords that hit each paper, best first. trending: how many trending papers there
    are besides. wanted: how many keywords the person has, exclusions aside.
    """

    digest: Digest
    matched: Sequence[Sequence[str]]
    trending: int
    wanted: int

    @property
    def facts(self) -> DigestFacts:
        return self.digest.facts

    @property
    def local_date(self) -> date:
        """The day it is about; a copy is about the day of its original."""
        return self.facts.copied_day or self.digest.local_date

    @property
    def day(self) -> str:
        return day_name(self.local_date)

    @property
    def sample(self) -> LookBack | None:
        """What a sample, or a copy of one, covers; None for any other digest."""
        is_sample = self.digest.kind == Digest.Kind.SAMPLE
        return self.facts.sample or (LookBack() if is_sample else None)

    @property
    def weekly(self) -> bool:
        return self.sample is None and self.digest.subscriber.frequency == Frequency.WEEKLY

    @property
    def trending_title(self) -> str:
        """Like "Trending papers this week"; a longer time than usual is not named."""
        if self.sample is not None:
            time = "newest listing" if self.sample.quiet_week else "last 7 days"
            return f"Trending papers of the {time}"
        return f"Trending papers{' this week' if self.weekly and not self.facts.catch_up else ''}"

    @property
    def keywords_word(self) -> str:
        """Like "3 keywords", and just "keyword" where there is one."""
        return "keyword" if self.wanted == 1 else f"{self.wanted} keywords"

    @cached_property
    def hits(self) -> dict[str, int]:
        """Keyword -> how many papers it hit: the most first, then as they brought the best papers,
        for a database may have changed the order of the counts."""
        seen = Counter(keyword for keywords in self.matched for keyword in keywords)
        counts: Mapping[str, int] = self.facts.by_keyword or seen
        places = {keyword: place for place, keyword in enumerate(seen)}

        def order(item: tuple[str, int]) -> tuple[int, int, str]:
            return -item[1], places.get(item[0], len(places)), item[0]

        return dict(sorted(counts.items(), key=order))
