"""Profiles are fitted when ratings change, and only then; a lost or doubled run changes nothing."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from digest import tasks
from digest.profiles import learnt_terms
from subscriptions.models import Profile, Rating, Subscriber
from subscriptions.profiles import profile_fitting
from subscriptions.profiles.changes import forget, remove, restore, switch_off, switch_on
from subscriptions.profiles.profile_fitting import Fitter, fit_due
from subscriptions.reader_papers import Action, mark
from tests.support import factories
from tests.support.factories import MORNING
from tests.support.rated import fitted, rate_ten, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Subscriber:
    return factories.subscriber("ada@example.org", "water", "bridge")


def now() -> datetime:
    return MORNING


def words(person: Subscriber) -> set[str]:
    return {each.term for each in Profile.objects.get(pk=person.pk).learnt}


def test_ten_ratings_are_fitted_once(person: Subscriber) -> None:
    rate_ten(person)
    assert fit_due(now, 60) == 1
    profile = Profile.objects.get()
    assert (profile.ratings_used, profile.fitted_at, profile.changes) == (10, MORNING, 10)
    assert {"copper kettle", "slender steel"} <= words(person)
    assert Profile.objects.acting().get() == profile
    assert fit_due(now, 60) == 0
    tasks.fit_profiles()
    assert Profile.objects.get().fitted_at == MORNING


def test_nine_ratings_order_nothing(person: Subscriber) -> None:
    papers = rate_ten(person)
    mark(person, papers[0], Action.UNRATE, MORNING)
    assert fit_due(now, 60) == 1
    assert words(person) == set()
    assert not Profile.objects.acting().exists()


def test_only_people_with_new_ratings_are_fitted(person: Subscriber) -> None:
    other = factories.subscriber("eve@example.org")
    papers = rate_ten(person)
    rate_ten(other)
    assert fit_due(now, 60) == 2
    mark(other, papers[0], Action.MORE, MORNING)
    mark(person, papers[0], Action.SAVE, MORNING)
    assert [each.pk for each in Profile.objects.due()] == [other.pk]


def test_erasing_ratings_removes_their_effect(person: Subscriber) -> None:
    rate_ten(person)
    before = fitted(person).terms
    extra = [stored("moss", number) for number in range(20, 23)]
    for paper in extra:
        mark(person, paper, Action.MORE, MORNING)
    assert "cushion moss" in {each.term for each in fitted(person).learnt}
    for paper in extra:
        mark(person, paper, Action.UNRATE, MORNING)
        paper.delete()
    assert fitted(person).terms == before


def test_erasing_a_rating_that_is_not_there_is_no_change(person: Subscriber) -> None:
    mark(person, stored("moss", 1), Action.UNRATE, MORNING)
    assert not Profile.objects.exists()


def test_a_fit_is_not_stored_if_something_changed_meanwhile(person: Subscriber) -> None:
    papers = rate_ten(person)
    read = Profile.objects.get()
    mark(person, papers[0], Action.LESS, MORNING)
    assert not Fitter().fit(read, MORNING)
    assert words(person) == set()
    assert Profile.objects.due().exists()
    switch_off(person)
    off = Profile.objects.get()
    assert not Fitter().fit(off, MORNING)
    assert fit_due(now, 60) == 0


def test_a_fit_of_two_workers_is_that_of_one(person: Subscriber) -> None:
    rate_ten(person)
    one, other = Profile.objects.get(), Profile.objects.get()
    assert Fitter().fit(one, MORNING)
    first = Profile.objects.values().get()
    assert Fitter().fit(other, MORNING)
    assert Profile.objects.values().get() == first


def test_without_time_nothing_is_fitted_and_all_stays_due(person: Subscriber) -> None:
    rate_ten(person)
    assert fit_due(now, -1) == 0
    assert Profile.objects.due().count() == 1


def test_each_is_visited_once_a_run(person: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    """One whose fits are never stored does not keep the others, or the run, waiting."""
    monkeypatch.setattr(profile_fitting, "_BATCH", 1)
    other = factories.subscriber("eve@example.org")
    for each in (person, other):
        rate_ten(each)
    fit = Fitter.fit

    def interrupted(self: Fitter, profile: Profile, at: datetime) -> bool:
        if profile.pk == person.pk:
            Profile.objects.filter(pk=person.pk).note_change()
        return fit(self, profile, at)

    monkeypatch.setattr(Fitter, "fit", interrupted)
    assert fit_due(now, 60) == 1
    assert [each.pk for each in Profile.objects.due()] == [person.pk]


def test_new_rules_fit_everybody_again(person: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    rate_ten(person)
    fit_due(now, 60)
    monkeypatch.setattr("subscriptions.models.profiles.RULE_VERSION", learnt_terms.RULE_VERSION + 1)
    assert fit_due(now, 60) == 1
    assert fit_due(now, 60) == 0


def test_the_newest_ratings_count(person: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    rate_ten(person)
    for number in range(20, 30):
        mark(person, stored("moss", number), Action.MORE, MORNING + timedelta(days=1))
    monkeypatch.setattr(profile_fitting, "RATINGS_USED", 10)
    learnt = {each.term for each in fitted(person).learnt}
    assert "cushion moss" in learnt
    assert not learnt & {"copper kettle", "slender steel"}


def test_removed_words_are_remembered_and_come_back_when_restored(person: Subscriber) -> None:
    rate_ten(person)
    fitted(person)
    removed = remove(person, "kettle")
    assert removed is not None
    assert not any("kettle" in each.split() for each in words(person))  # at once, and pairs too
    for number in range(20, 24):
        mark(person, stored("kettle", number), Action.MORE, MORNING)
    fitted(person)
    assert words(person)
    assert not any("kettle" in each.split() for each in words(person))
    assert remove(person, "kettle") is None
    assert restore(person, "kettle") == removed
    assert "kettle" in words(person)  # at once
    fitted(person)
    assert {"kettle", "copper kettle"} <= words(person)
    assert restore(person, "kettle") is None


def test_no_more_than_so_many_removed_words_are_kept(
    person: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subscriptions.profiles.changes.MOST_REMOVED", 2)
    rate_ten(person)
    fitted(person)
    for term in ("copper", "patience", "steel"):
        remove(person, term)
    assert [each.term for each in Profile.objects.get().removed_terms] == ["patience", "steel"]


def test_what_is_forgotten_is_not_learnt_again_from_the_same_ratings(person: Subscriber) -> None:
    papers = rate_ten(person)
    fitted(person)
    remove(person, "steel")
    forget(person, MORNING)
    profile = Profile.objects.get()
    assert (profile.terms, profile.removed, profile.ratings_used) == ([], [], 0)
    assert fit_due(now, 60) == 1
    assert words(person) == set()
    assert Rating.objects.count() == 10
    for number, paper in enumerate(papers):
        action = Action.LESS if number % 2 else Action.MORE
        mark(person, paper, action, MORNING + timedelta(seconds=1))
    fitted(person)
    assert "steel" in words(person)


def test_switched_off_nothing_is_kept_but_what_was_removed(person: Subscriber) -> None:
    rate_ten(person)
    fitted(person)
    remove(person, "steel")
    switch_off(person)
    profile = Profile.objects.get()
    assert (profile.terms, profile.ratings_used, len(profile.removed)) == ([], 0, 1)
    assert not Profile.objects.acting().exists()
    assert fit_due(now, 60) == 0
    switch_on(person)
    assert fit_due(now, 60) == 1
    assert "copper kettle" in words(person)
    assert "steel" not in words(person)


def test_switching_on_what_is_on_changes_nothing(person: Subscriber) -> None:
    rate_ten(person)
    fitted(person)
    before = Profile.objects.values().get()
    switch_on(person)
    assert Profile.objects.values().get() == before


def test_the_database_keeps_fits_from_the_future_out(person: Subscriber) -> None:
    Profile.objects.create(subscriber=person)
    with pytest.raises(IntegrityError), transaction.atomic():
        Profile.objects.update(fitted_changes=F("changes") + 1)
