"""What subscribers do about their profile: remove and restore terms, forget it, switch it off, and
bring or forget a library."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from digest.profiles.learnt_terms import LearntTerm
from digest.profiles.library_terms import LibraryTerms

from ..models import Profile, Subscriber
from ..models.profiles import WITHOUT_LIBRARY, ProfileQuerySet

_NOTHING_LEARNT: dict[str, object] = {"terms": [], "ratings_used": 0, "library_papers_used": 0}
MOST_REMOVED = 200  # terms of one subscriber; beyond it the first removed may be learnt again


def remove(subscriber: Subscriber, term: str) -> LearntTerm | None:
    """Remove a learnt term, for good; return it, None if it is not among the terms in force."""
    with _locked(subscriber) as profile:
        found = next((each for each in profile.learnt if each.term == term), None)
        if found:
            removed = [*profile.removed, found.to_json()][-MOST_REMOVED:]
            Profile.objects.filter(pk=profile.pk).note_change(removed=removed)
    return found


def restore(subscriber: Subscriber, term: str) -> LearntTerm | None:
    """Undo `remove`; return the term, None if it is not removed."""
    with _locked(subscriber) as profile:
        removed = profile.removed_terms
        found = next((each for each in removed if each.term == term), None)
        if found:
            left = [each.to_json() for each in removed if each.term != term]
            Profile.objects.filter(pk=profile.pk).note_change(
                removed=left, terms=_with(profile, found)
            )
    return found


def _with(profile: Profile, term: LearntTerm) -> list[object]:
    """The profile's terms and this one, so that it acts before the next fit."""
    stored = profile.terms
    return stored if any(each[0] == term.term for each in stored) else [*stored, term.to_json()]


def forget(subscriber: Subscriber, at: datetime) -> None:
    """Delete what was learnt, what was removed and the library; ratings up to now no longer count.

    The ratings stay with their papers.
    """
    blank = {"removed": [], "learns_from": at} | _NOTHING_LEARNT | WITHOUT_LIBRARY
    with _locked(subscriber) as profile:
        Profile.objects.filter(pk=profile.pk).note_change(**blank)


def use_library(subscriber: Subscriber, library: LibraryTerms, at: datetime) -> bool:
    """Learn from a library, in place of the one before; return False if learning is off."""
    columns = WITHOUT_LIBRARY | {"library": library.to_json(), "library_added_at": at}
    with _locked(subscriber) as profile:
        return bool(Profile.objects.filter(pk=profile.pk, is_on=True).note_change(**columns))


def forget_library(subscriber: Subscriber, at: datetime) -> bool:
    """Learn no more from the library; it is deleted when it can no longer be restored.

    Nothing that was learnt is in force until the next fit. Return False if there is none.
    """
    library = _libraries(subscriber, forgotten=False)
    return bool(library.note_change(library_forgotten_at=at, **_NOTHING_LEARNT))


def restore_library(subscriber: Subscriber) -> bool:
    """Undo `forget_library`; return False if there is nothing to restore."""
    return bool(_libraries(subscriber, forgotten=True).note_change(library_forgotten_at=None))


def _libraries(subscriber: Subscriber, *, forgotten: bool) -> ProfileQuerySet:
    """The subscriber's profile if it has a library that counts, or one that is forgotten."""
    with_library = Profile.objects.filter(pk=subscriber.pk, library_added_at__isnull=False)
    return with_library.filter(library_forgotten_at__isnull=not forgotten)


def switch_on(subscriber: Subscriber) -> None:
    """Learn from ratings and library again; the terms are there after the next fit."""
    with _locked(subscriber) as profile:
        Profile.objects.filter(pk=profile.pk, is_on=False).note_change(is_on=True)


def switch_off(subscriber: Subscriber) -> None:
    """Learn no more, and delete what was learnt; the library and what was removed stay."""
    with _locked(subscriber) as profile:
        is_on = Profile.objects.filter(pk=profile.pk, is_on=True)
        is_on.note_change(is_on=False, **_NOTHING_LEARNT)


@contextmanager
def _locked(subscriber: Subscriber) -> Iterator[Profile]:
    """Lock the subscriber's profile in a transaction; one is made if there is none."""
    with transaction.atomic():
        Profile.objects.bulk_create([Profile(subscriber=subscriber)], ignore_conflicts=True)
        yield Profile.objects.select_for_update().get(pk=subscriber.pk)
