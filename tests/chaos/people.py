"""Who subscribes and what is listed in a simulation, and which paper is for whom."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random

from django.db import transaction

from digest.models import Letter, Paper
from digest.rendering.digest_message import preview
from subscriptions.letters.composing import compose_letter
from subscriptions.models import Subscriber
from tests.support import factories

from .worker import Day

FIRST_DAY = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
TOPICS = ("alfalfa", "buckwheat", "chickpea", "durian", "elderberry")
PAPERS_A_DAY = 4
LETTERS_A_DAY = 10


def day_start(number: int) -> datetime:
    """When the workers first look at day `number`: every third time nobody did for three hours."""
    late = timedelta(hours=3) if number % 3 == 2 else timedelta()
    return FIRST_DAY + timedelta(days=number) + late


@transaction.atomic
def subscribe_people(count: int) -> None:
    """So many active subscribers, each with some of the topics."""
    wishes = [*combinations(TOPICS, 3), *combinations(TOPICS, 2)]
    for number in range(count):
        factories.subscriber(
            f"p{number}@example.org",
            *wishes[number % len(wishes)],
            next_due_at=FIRST_DAY,
            max_papers=200,
            abstracts=Subscriber.Abstracts.NONE,
            quiet_after=Subscriber.QuietAfter.NEVER,
        )


def warm_up() -> None:
    """Write a mail of each kind, so that workers inherit the loaded templates."""
    with transaction.atomic():
        factories.paper(f"On {TOPICS[0]} and {TOPICS[1]} Paper00001")
    person = Subscriber.objects.earliest("pk")
    assert preview(person, FIRST_DAY)
    letter = Letter(
        subscriber=person, email_key=person.email_key, purpose=Letter.Purpose.PREFERENCES
    )
    assert compose_letter(letter, FIRST_DAY)


@transaction.atomic
def new_day(day: Day, number: int, random: Random) -> None:
    """New papers, and letters to some people."""
    known = Paper.objects.count()
    for paper in range(known + 1, known + 1 + PAPERS_A_DAY):
        topics = " and ".join(random.sample(TOPICS, 2))
        factories.paper(f"On {topics} Paper{paper:05}", listed_on=day.now().date())
    people = list(Subscriber.objects.active().order_by("pk"))
    for person in random.sample(people, min(LETTERS_A_DAY, len(people))):
        _plan_letter(person, day, number)


def _plan_letter(person: Subscriber, day: Day, number: int) -> None:
    Letter.objects.create(
        subscriber=person,
        email_key=person.email_key,
        purpose=Letter.Purpose.PREFERENCES,
        nonce=str(number),
        not_before=day.now(),
        expires_at=day.now() + timedelta(hours=20),
    )


def wanted(person: Subscriber, papers: list[Paper]) -> Iterator[tuple[int, int]]:
    """(the number in the title, seq) of each paper with a word that this person asked for."""
    topics = set(person.subscriptions.values_list("text", flat=True))
    for paper in papers:
        words = paper.title.split()
        if topics & set(words):
            yield int(words[-1].removeprefix("Paper")), paper.seq or 0
