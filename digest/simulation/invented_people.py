"""Invented subscribers: keywords, hours and time zones drawn by Zipf's law."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from itertools import accumulate
from random import Random

from django.db import connection

from subscriptions.models import Subscription

from . import bulk_rows

# The most popular first.
HOURS = (7, 8, 6, 9, 18, 12, 5, 20, 17, 10, 22, 0)


def subscribe(count: int, keywords: Sequence[str], each: int, until: datetime, seed: int) -> None:
    """Insert `count` active people with `each` keywords, confirmed a day before `until` and due
    once in between.

    Rows are made as they are inserted: memory does not grow with the people.
    """
    last = until - timedelta(microseconds=1)  # who is due at `until` is due on the next day
    schedules = _schedules(Random(seed))  # noqa: S311
    bulk_rows.subscribers(count, last, schedules=schedules, since=timedelta(days=1))
    insert_subscriptions(drawn_keywords(keywords, count, each, seed), until)


def insert_subscriptions(wishes: Iterator[list[str]], at: datetime) -> None:
    """Insert the keywords of the people numbered from 1."""
    moment = Subscription._meta.get_field("created_at").get_db_prep_save(at, connection)
    rows = (
        (number, text, True, moment) for number, texts in enumerate(wishes, 1) for text in texts
    )
    bulk_rows.insert(Subscription, ("subscriber_id", "text", "active", "created_at"), rows)


def drawn_keywords(
    ranked: Sequence[str], people: int, each: int, seed: int = 7
) -> Iterator[list[str]]:
    """`each` distinct keywords for each person, drawn by Zipf's law from those ranked by
    popularity."""
    draw = Random(seed)  # noqa: S311
    weights = _zipf(len(ranked))
    for _ in range(people):
        mine: dict[str, None] = {}
        while len(mine) < each:
            mine |= dict.fromkeys(draw.choices(ranked, cum_weights=weights, k=each - len(mine)))
        yield list(mine)


def _schedules(random: Random) -> Iterator[bulk_rows.Schedule]:
    zones = random.sample(bulk_rows.ZONES, len(bulk_rows.ZONES))
    of_zones, of_hours = _zipf(len(zones)), _zipf(len(HOURS))
    while True:
        (zone,) = random.choices(zones, cum_weights=of_zones)
        (hour,) = random.choices(HOURS, cum_weights=of_hours)
        yield zone, time(hour)


def _zipf(count: int) -> list[float]:
    """The sums of the weights 1, 1/2, 1/3 and so on."""
    return list(accumulate(1 / rank for rank in range(1, count + 1)))
