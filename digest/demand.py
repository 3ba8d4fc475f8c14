"""What everybody asks for, and how much of it there was: each distinct keyword once."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from digest import corpus
from digest.matching.index import Compiled
from digest.matching.keywords import Keyword, KeywordError, parse
from subscriptions.models import Subscriber, Subscription


@dataclass(frozen=True, slots=True)
class Demand:
    """A keyword, how many people have it in force, and how many papers it hit."""

    keyword: Keyword
    people: int
    papers: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The demand, most wanted first; `read`: the papers it was held against; `unusable`: keywords
    in force that this release cannot read, as typed; `trending`: people who get trending papers."""

    demand: list[Demand]
    read: int
    unusable: list[str]
    trending: int


def overview(days: int, today: date) -> Overview:
    """Every keyword in force against the papers listed in the last `days` days.

    Spellings of one meaning are one keyword; one that excludes counts what it leaves out.
    """
    people, unusable = _in_force()
    index, within = corpus.recent(days, today)
    compiled = Compiled(people)
    found = [
        Demand(keyword, people[keyword], (bits & within).bit_count())
        for keyword, bits in zip(compiled.keywords, index.evaluate_all(compiled), strict=True)
    ]
    found.sort(key=lambda each: (-each.people, -each.papers, each.keyword.canonical))
    trending = Subscriber.objects.active().filter(trending_top__gt=0).count()
    return Overview(found, within.bit_count(), unusable, trending)


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
