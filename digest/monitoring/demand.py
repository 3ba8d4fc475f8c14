"""What everybody asks for, and how much of it there was: each distinct keyword once."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import partial
from operator import add

from django.db.models import Count

from digest import paper_index
from digest.matching.index import CompiledKeywords, PaperIndex
from digest.matching.query import Keyword, KeywordError, parse
from subscriptions.models import Subscriber, Subscription


@dataclass(frozen=True, slots=True)
class KeywordDemand:
    """A keyword, how many people have it in force, and how many papers it hit."""

    keyword: Keyword
    people: int
    papers: int


@dataclass(frozen=True, slots=True)
class DemandReport:
    """The demand, most wanted first; `read`: the papers it was held against; `unusable`: keywords
    in force that this release cannot read, as typed; `trending`: people who get trending papers."""

    keywords: list[KeywordDemand]
    papers: int
    unusable: list[str]
    trending: int


def demand_report(days: int, today: date) -> DemandReport:
    """Every keyword in force against the papers listed in the last `days` days.

    Spellings of one meaning are one keyword; one that excludes counts what it leaves out.
    """
    people, unusable = _in_force()
    compiled = CompiledKeywords(people)
    counts, read = [0] * len(compiled), 0
    # Map: a loop variable would hold one index while the next is made.
    for some, count in map(
        partial(_counted, compiled), paper_index.indexes_of_last_days(days, today)
    ):
        counts = [*map(add, counts, some)]
        read += count
    found = [
        KeywordDemand(keyword, people[keyword], count)
        for keyword, count in zip(compiled.keywords, counts, strict=True)
    ]
    found.sort(key=lambda each: (-each.people, -each.papers, each.keyword.canonical))
    trending = Subscriber.objects.active().filter(trending_top__gt=0).count()
    return DemandReport(found, read, unusable, trending)


def _counted(compiled: CompiledKeywords, held: tuple[PaperIndex, int]) -> tuple[list[int], int]:
    """How many papers of an index each keyword hits, of how many."""
    index, within = held
    found = [(bits & within).bit_count() for bits in index.evaluate_all(compiled)]
    return found, within.bit_count()


def _in_force() -> tuple[Counter[Keyword], list[str]]:
    """Each keyword of an active subscriber, and how many have it; those that cannot be read."""
    people: Counter[Keyword] = Counter()
    unusable = []
    active = Subscription.objects.active().filter(subscriber__status=Subscriber.Status.ACTIVE)
    typed = active.order_by("text").values_list("text").annotate(Count("pk"))
    for text, count in typed.iterator():
        try:
            people[parse(text)] += count
        except KeywordError:
            unusable.append(text)
    return people, unusable
