"""Counting papers into the corpus, exactly once each, as they are stored and change.

What a paper adds follows from its title and abstract alone, so nothing is kept for each paper: the
counts of the old text are subtracted when it changes. That needs to know which papers are counted:
those with ids after `CorpusState.uncounted_through`, by the rules of `CorpusState.rules`. If those
are not this program's rules, or learning is switched off, nothing is counted and the rules become
0, so that count_missing_papers() begins anew once it may.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from digest.models import (
    AcronymDefinition,
    Catalogue,
    CorpusState,
    Paper,
    ShortForm,
    WordCount,
)
from digest.models.corpus.changes import Changes, change_counts, delete_empty

from .paper_counts import COUNTING_RULES, paper_counts

Key = TypeVar("Key")

_BATCH = 500
# Rows that are kept; prune_counts() deletes the rarest beyond them, daily.
MOST_WORDS, MOST_SHORT_FORMS, MOST_DEFINITIONS = 500_000, 500_000, 200_000
_PRUNED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class TextChange:
    """The title and abstract of a stored paper before and after; ("", "") if there is none."""

    paper_id: int
    before: tuple[str, str]
    after: tuple[str, str]


def count_changes(changes: Iterable[TextChange]) -> None:
    """Bring the counts in step with papers that were just written or deleted.

    Runs inside the caller's transaction, under the catalogue's lock to its end.
    """
    changed = [change for change in changes if change.before != change.after]
    if not changed:
        return
    state = CorpusState.current()
    if state.rules != COUNTING_RULES or not settings.KEYWORD_EXPANSIONS:
        if state.rules:
            CorpusState.objects.update(rules=0)
        return
    deltas = _Deltas()
    for change in changed:
        if change.paper_id > state.uncounted_through:
            deltas.add(change.before, -1)
            deltas.add(change.after, 1)
    deltas.write()


def count_missing_papers() -> bool:
    """Count a batch of papers that are not counted yet, newest first.

    Returns whether there may be more of them.
    """
    if not settings.KEYWORD_EXPANSIONS:
        return False
    state = CorpusState.current()
    if state.rules == COUNTING_RULES and not state.uncounted_through:
        return False
    with transaction.atomic():
        Catalogue.lock()
        state = CorpusState.current()
        if state.rules != COUNTING_RULES:
            _begin_anew(state)
        stored = Paper.objects.listed().filter(pk__lte=state.uncounted_through).order_by("-pk")
        papers = list(stored.values_list("pk", "title", "abstract")[:_BATCH])
        deltas = _Deltas()
        for _, title, abstract in papers:
            deltas.add((title, abstract), 1)
        deltas.write()
        state.uncounted_through = papers[-1][0] - 1 if len(papers) == _BATCH else 0
        state.save()
        return state.uncounted_through > 0


def _begin_anew(state: CorpusState) -> None:
    """Delete all counts, but not the decisions of operators."""
    for rows in (ShortForm.objects.all(), WordCount.objects.all()):
        rows.delete()
    AcronymDefinition.objects.undecided().delete()
    AcronymDefinition.objects.update(papers=0)
    newest = Paper.objects.order_by("-pk").values_list("pk", flat=True).first()
    state.rules, state.uncounted_through = COUNTING_RULES, newest or 0


class _Deltas:
    """What a set of papers adds to the counts, and takes from them."""

    def __init__(self) -> None:
        self._definitions: Counter[tuple[str, str, str]] = Counter()
        self._any: Counter[str] = Counter()
        self._capitals: Counter[str] = Counter()
        self._words: Counter[str] = Counter()

    def add(self, text: tuple[str, str], sign: int) -> None:
        """Add the counts of a title and abstract, or subtract them."""
        counts = paper_counts(*text)
        pairs = ((each.short, each.key, each.long) for each in counts.definitions)
        _add(self._definitions, pairs, sign)
        _add(self._any, counts.short_forms, sign)
        _add(self._capitals, counts.in_capitals, sign)
        _add(self._words, counts.words, sign)

    def write(self) -> None:
        """Write them, in one order for all writers."""
        pairs: Changes = {pair: (by,) for pair, by in self._definitions.items() if by}
        change_counts(AcronymDefinition, ("short", "key", "long"), ("papers",), pairs)
        forms: Changes = {
            (short,): (self._capitals[short], by)
            for short, by in self._any.items()
            if by or self._capitals[short]
        }
        change_counts(ShortForm, ("short",), ("papers_capitals", "papers_any"), forms)
        words: Changes = {(word,): (by,) for word, by in self._words.items() if by}
        change_counts(WordCount, ("word",), ("papers",), words)
        self._delete_empty()

    def _delete_empty(self) -> None:
        pairs = AcronymDefinition.objects.undecided().filter(papers=0)
        keys = {key for (_, key, _), by in self._definitions.items() if by < 0}
        delete_empty(pairs, "key", sorted(keys))
        delete_empty(ShortForm.objects.filter(papers_any=0), "short", _negative(self._any))
        delete_empty(WordCount.objects.filter(papers=0), "word", _negative(self._words))


def _add(counter: Counter[Key], found: Iterable[Key], sign: int) -> None:
    for key in found:
        counter[key] += sign


def _negative(counts: Counter[str]) -> list[str]:
    return sorted(word for word, by in counts.items() if by < 0)


def prune_counts() -> int:
    """Delete up to 5,000 of the rarest rows of a kind beyond those that are kept; return how many.

    A word that returns later is counted from then on, and so may be counted too low.
    """
    with transaction.atomic():
        Catalogue.lock()
        return (
            _delete_first(WordCount.objects.order_by("papers", "word"), MOST_WORDS)
            + _delete_first(ShortForm.objects.order_by("papers_any", "short"), MOST_SHORT_FORMS)
            + _delete_first(
                AcronymDefinition.objects.undecided().order_by("papers", "pk"), MOST_DEFINITIONS
            )
        )


def _delete_first(rows: "QuerySet[Any]", most: int) -> int:
    excess = rows.count() - most
    if excess <= 0:
        return 0
    first = list(rows.values_list("pk", flat=True)[: min(excess, _PRUNED_AT_ONCE)])
    deleted, _ = rows.model._default_manager.filter(pk__in=first).delete()
    return int(deleted)
