"""What readers do with single papers: rate them, and save them for later."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import IntegrityError, transaction

from digest.models import Paper

from .models import Profile, Rating, SavedPaper, Subscriber

RATING_LIMIT = 5_000  # of one subscriber; beyond it the oldest is forgotten
SAVED_LIMIT = 2_000


class Action(StrEnum):
    MORE = "more"
    LESS = "less"
    UNRATE = "unrate"
    SAVE = "save"
    REMOVE = "remove"


_VALUES = {Action.MORE: Rating.Value.MORE, Action.LESS: Rating.Value.LESS}


class SavedListFull(Exception):
    """SAVED_LIMIT papers are saved already."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What a subscriber did with a paper: the rating as an Action, "" for none, and whether it is
    saved."""

    rating: str = ""
    saved: bool = False


def marks_of(subscriber: Subscriber, paper_ids: Iterable[int]) -> dict[int, Marks]:
    """Map each of these papers to its marks, in two queries."""
    ids = list(paper_ids)
    names = {value.value: action.value for action, value in _VALUES.items()}
    rated = dict(subscriber.ratings.filter(paper__in=ids).values_list("paper", "value"))
    saved = set(subscriber.saved_papers.filter(paper__in=ids).values_list("paper", flat=True))
    return {pk: Marks(names.get(rated.get(pk, 0), ""), pk in saved) for pk in ids}


def mark(subscriber: Subscriber, paper: Paper, action: Action, at: datetime) -> None:
    """Carry out the action; idempotent.

    Raises SavedListFull, and Paper.DoesNotExist if the paper is deleted meanwhile.
    """
    try:
        with transaction.atomic():
            # Concurrent actions of one subscriber are counted in turn.
            Subscriber.objects.select_for_update(no_key=True).get(pk=subscriber.pk)
            _mark(subscriber, paper, action, at)
    except IntegrityError as wrong:
        raise Paper.DoesNotExist from wrong


def _mark(subscriber: Subscriber, paper: Paper, action: Action, at: datetime) -> None:
    match action:
        case Action.MORE | Action.LESS:
            _rate(subscriber, paper, _VALUES[action], at)
        case Action.UNRATE:
            if subscriber.ratings.filter(paper=paper).delete()[0]:
                _note_change(subscriber)
        case Action.SAVE:
            _save(subscriber, paper, at)
        case Action.REMOVE:
            subscriber.saved_papers.filter(paper=paper).delete()


def _rate(subscriber: Subscriber, paper: Paper, value: int, at: datetime) -> None:
    Rating.objects.bulk_create(
        [Rating(subscriber=subscriber, paper=paper, value=value, rated_at=at)],
        update_conflicts=True,
        unique_fields=["subscriber", "paper"],
        update_fields=["value", "rated_at"],
    )
    newest_first = subscriber.ratings.order_by("-rated_at", "-pk").values_list("pk", flat=True)
    if beyond := list(newest_first[RATING_LIMIT:]):
        subscriber.ratings.filter(pk__in=beyond).delete()
    _note_change(subscriber)


def _note_change(subscriber: Subscriber) -> None:
    """Have the subscriber's profile fitted again."""
    Profile.objects.bulk_create([Profile(subscriber=subscriber)], ignore_conflicts=True)
    Profile.objects.filter(pk=subscriber.pk).note_change()


def _save(subscriber: Subscriber, paper: Paper, at: datetime) -> None:
    others = subscriber.saved_papers.exclude(paper=paper)
    if others.count() >= SAVED_LIMIT:
        raise SavedListFull
    SavedPaper.objects.bulk_create(
        [SavedPaper(subscriber=subscriber, paper=paper, saved_at=at)], ignore_conflicts=True
    )
