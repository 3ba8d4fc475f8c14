"""`python -m tests.hosts.people subscribe PEOPLE`, `… next_day`, `… plan EARLY`: who is due when.

A day has one new paper, which everybody wants; its number is in its title.
"""

import sys
from datetime import timedelta

import django

EARLIER = timedelta(hours=1)


def subscribe(people: int) -> None:
    """So many subscribers, due for the first time on the first day."""
    from django.utils.timezone import now

    from digest.simulation import bulk_rows, invented_people

    bulk_rows.subscribers(people, now())
    invented_people.insert_subscriptions((["alfalfa"] for _ in range(people)), now())
    bulk_rows.analyze()


def next_day(early: int = 0) -> None:
    """A new paper, and everybody due once more: for the date after their last. The first `early`
    of them are due EARLIER than the others."""
    from django.db import transaction
    from django.utils.timezone import now

    from digest.models import Paper
    from subscriptions.models import Subscriber
    from tests.support import factories

    with transaction.atomic():
        factories.paper(f"More on alfalfa Paper{Paper.objects.count() + 1:05}")
        due = now() - timedelta(minutes=1)
        Subscriber.objects.update(next_due_at=due, last_due_at=due - timedelta(days=1))
        Subscriber.objects.filter(pk__lte=early).update(next_due_at=due - EARLIER)


def plan(early: int) -> None:
    """The next day, planned, and nobody at work yet."""
    from django.utils.timezone import now

    from digest.sending import planning

    next_day(early)
    planning.plan(now())


if __name__ == "__main__":
    django.setup()
    what, *numbers = sys.argv[1:]
    {"subscribe": subscribe, "next_day": next_day, "plan": plan}[what](*map(int, numbers))
