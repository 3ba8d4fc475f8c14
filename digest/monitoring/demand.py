"""Demand: how many subscribers have each distinct keyword, and how many papers it hit."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import partial
from operator import add

from django.db.models import Count

from digest import paper_index
from digest.matching.index import CompiledKeywords, PaperIndex
from digest.matching.query import Keyword, KeywordError, parse
from subscriptions.models import Subscriber, Subscription, stored_pairs


@dataclass(frozen=True, slots=True)
class KeywordDemand:
    """A keyword, the number of people with it, and the number of papers it hit."""

    keyword: Keyword
    people: int
    papers: int


@dataclass(frozen=True, slots=True)
class DemandReport:
    """The demand for keywords, most wanted first, over a number of papers.

    `unusable`: active keywords that this release cannot parse, as typed. `trending`: the number of
    people who get trending papers.
    """

    keywords: list[KeywordDemand]
    papers: int
    unusable: list[str]
    trending: int


def demand_report(days: int, today: date, *, most: int | None = None) -> DemandReport:
    """Count people and hits of every active keyword over the papers of the last `days` days, or of
    the `most` texts that most people have.

    Keywords with equal meanings are one; for an exclusion the papers it leaves out are counted.
    """
    people, unusable = _in_force(most)
    compiled = CompiledKeywords(people)
    counts, read = [0] * len(compiled), 0
    # `map`: a loop variable would keep one index in memory while the next is built.
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
    """The number of hits of each keyword in an index, and its number of papers."""
    index, within = held
    found = [(bits & within).bit_count() for bits in index.evaluate_all(compiled)]
    return found, within.bit_count()


def _in_force(most: int | None) -> tuple[Counter[Keyword], list[str]]:
    """Keyword -> number of active subscribers with it; and those that cannot be parsed."""
    people: Counter[Keyword] = Counter()
    unusable = []
    active = Subscription.objects.active().filter(subscriber__status=Subscriber.Status.ACTIVE)
    stored = active.order_by().values_list("text", "expansions").annotate(people=Count("pk"))
    for text, expansions, count in stored.order_by("-people", "text")[:most].iterator():
        try:
            people[parse(text, stored_pairs(expansions))] += count
        except KeywordError:
            unusable.append(text)
    return people, unusable
