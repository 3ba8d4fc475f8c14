"""A reader with enough ratings for a profile, on invented papers."""

from digest.models import Paper
from subscriptions.models import Profile, Rating, Subscriber
from subscriptions.profiles.profile_fitting import Fitter
from subscriptions.reader_papers import Action, mark
from tests.profiles.invented import text

from . import factories
from .factories import MORNING


def stored(topic: str, number: int, **fields: object) -> Paper:
    title, abstract = text(topic, number)
    return factories.paper(title, abstract=abstract, **fields)


def rate_ten(person: Subscriber, up: str = "kettle", down: str = "bridge") -> list[Paper]:
    """Rate ten papers, five of each topic; return them."""
    papers = [stored(down if number % 2 else up, number) for number in range(10)]
    for number, paper in enumerate(papers):
        mark(person, paper, Action.LESS if number % 2 else Action.MORE, MORNING)
    return papers


def fitted(person: Subscriber) -> Profile:
    """The person's profile, fitted now."""
    Fitter().fit(Profile.objects.get(pk=person.pk), MORNING)
    return Profile.objects.get(pk=person.pk)


def with_profile(person: Subscriber, **weights: float) -> Profile:
    """A profile of these terms that acts, without ratings."""
    terms = [[term, weight, term] for term, weight in weights.items()]
    profile, _ = Profile.objects.update_or_create(
        subscriber=person, defaults={"terms": terms, "ratings_used": 10, "rule_version": 1}
    )
    return profile


def ratings_of(person: Subscriber) -> int:
    return Rating.objects.filter(subscriber=person).count()
