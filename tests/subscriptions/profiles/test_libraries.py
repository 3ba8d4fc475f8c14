"""A library trains its reader's profile until it is forgotten, for which there is a day to undo."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from digest.monitoring.retention import pruning
from digest.profiles.learnt_terms import LEAST_EVIDENCE, PAPERS_PER_RATING
from digest.profiles.library_counting import count_terms
from digest.profiles.library_terms import LibraryTerms
from subscriptions.models import Profile, Subscriber
from subscriptions.profiles.changes import (
    forget,
    forget_library,
    restore_library,
    switch_off,
    switch_on,
    use_library,
)
from subscriptions.profiles.profile_fitting import Fitter, fit_due
from subscriptions.profiles.report import profile_report
from subscriptions.reader_papers import Action, mark
from tests.profiles.invented import rated
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.rated import fitted, rate_ten, stored

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def person() -> Subscriber:
    return factories.subscriber("ada@example.org", "water", "bridge")


def now() -> datetime:
    return MORNING


def library(topic: str = "moss", papers: int = LEAST_EVIDENCE) -> LibraryTerms:
    return count_terms([rated(number, topic, 1) for number in range(papers)])


def words(person: Subscriber) -> set[str]:
    return {each.term for each in Profile.objects.get(pk=person.pk).learnt}


def test_forty_papers_act_without_any_rating(person: Subscriber) -> None:
    assert use_library(person, library(), MORNING)
    assert not Profile.objects.acting().exists()
    assert fit_due(now, 60) == 1
    profile = Profile.objects.acting().get()
    assert (profile.ratings_used, profile.library_papers_used) == (0, 40)
    assert "cushion moss" in words(person)
    assert fit_due(now, 60) == 0


def test_four_papers_count_like_a_rating(person: Subscriber) -> None:
    papers = rate_ten(person)
    mark(person, papers[0], Action.UNRATE, MORNING)
    use_library(person, library(papers=PAPERS_PER_RATING - 1), MORNING)
    assert not fitted(person).acts
    assert profile_report(person).missing == 1
    use_library(person, library(papers=PAPERS_PER_RATING), MORNING)
    assert fitted(person).acts
    assert Profile.objects.acting().exists()
    assert profile_report(person).missing == 0
    mark(person, papers[1], Action.UNRATE, MORNING)
    fitted(person)
    assert not Profile.objects.acting().exists()
    assert words(person) == set()


def test_a_new_library_takes_the_place_of_the_last(person: Subscriber) -> None:
    use_library(person, library("moss"), MORNING)
    forget_library(person, MORNING)
    use_library(person, library("kettle"), MORNING + DAY)
    profile = fitted(person)
    assert (profile.library_added_at, profile.library_forgotten_at) == (MORNING + DAY, None)
    assert "copper kettle" in words(person)
    assert "cushion moss" not in words(person)


def test_what_is_forgotten_has_no_effect_and_is_restored(person: Subscriber) -> None:
    rate_ten(person)
    before = fitted(person).terms
    use_library(person, library(), MORNING)
    with_library = fitted(person).terms
    assert with_library != before
    assert forget_library(person, MORNING)
    assert words(person) == set()  # at once
    assert not Profile.objects.acting().exists()
    assert Profile.objects.due().exists()
    assert fitted(person).terms == before
    assert profile_report(person).papers_used == 0
    assert not forget_library(person, MORNING + DAY)
    assert Profile.objects.get().library_forgotten_at == MORNING
    assert restore_library(person)
    assert fitted(person).terms == with_library
    assert not restore_library(person)


def test_there_is_nothing_to_forget_or_restore_without_a_library(person: Subscriber) -> None:
    assert not forget_library(person, MORNING)
    rate_ten(person)
    before = Profile.objects.values().get()
    assert not forget_library(person, MORNING)
    assert not restore_library(person)
    assert Profile.objects.values().get() == before


def test_only_the_own_library_is_forgotten(person: Subscriber) -> None:
    other = factories.subscriber("eve@example.org")
    for each in (person, other):
        use_library(each, library(), MORNING)
    forget_library(person, MORNING)
    assert Profile.objects.get(pk=other.pk).library_terms == library()
    assert not restore_library(other)


def test_a_forgotten_library_is_deleted_after_a_day(person: Subscriber) -> None:
    other = factories.subscriber("eve@example.org")
    for each in (person, other):
        use_library(each, library(), MORNING)
    forget_library(person, MORNING)
    assert pruning.prune(MORNING + DAY).get("forgotten libraries") is None
    later = MORNING + DAY + timedelta(seconds=1)
    assert pruning.count_expired(later) == {"forgotten libraries": 1}
    assert pruning.prune(later)["forgotten libraries"] == 1
    profile = Profile.objects.get(pk=person.pk)
    assert (profile.library, profile.library_added_at, profile.library_forgotten_at) == (
        {}, None, None,
    )  # fmt: skip
    assert not restore_library(person)
    assert Profile.objects.get(pk=other.pk).library_terms == library()


def test_forgetting_everything_deletes_the_library_at_once(person: Subscriber) -> None:
    use_library(person, library(), MORNING)
    fitted(person)
    forget(person, MORNING)
    profile = Profile.objects.get()
    assert (profile.library, profile.library_papers_used, profile.terms) == ({}, 0, [])
    assert not restore_library(person)
    assert words(person) == set()


def test_switched_off_no_library_is_taken_and_the_last_one_stays(person: Subscriber) -> None:
    use_library(person, library(), MORNING)
    fitted(person)
    switch_off(person)
    assert not Profile.objects.acting().exists()
    assert not use_library(person, library("kettle"), MORNING)
    switch_on(person)
    assert fit_due(now, 60) == 1
    assert "cushion moss" in words(person)


def test_a_fit_is_not_stored_if_the_library_changed_meanwhile(person: Subscriber) -> None:
    use_library(person, library(), MORNING)
    read = Profile.objects.get()
    forget_library(person, MORNING)
    assert not Fitter().fit(read, MORNING)
    assert words(person) == set()


def test_the_queries_do_not_grow_with_the_library(
    person: Subscriber, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    stored("moss", 1)
    for papers in (4, 400):
        with django_assert_num_queries(5):  # with a savepoint of the transaction
            use_library(person, library(papers=papers), MORNING)
        with django_assert_num_queries(5):
            fit_due(now, 60)
        with django_assert_num_queries(2):
            profile_report(person)


def test_the_database_knows_no_forgotten_library_that_was_never_there(person: Subscriber) -> None:
    Profile.objects.create(subscriber=person)
    with pytest.raises(IntegrityError), transaction.atomic():
        Profile.objects.update(library_forgotten_at=MORNING)
