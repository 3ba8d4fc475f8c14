"""Acronyms that the stored papers define, for keywords: short forms and long forms."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from django.conf import settings
from django.db import transaction

from digest.models import AcronymDefinition, Catalogue, ShortForm

from .acronym_rule import (
    MOST_A_TERM,
    AcronymWording,
    Capitals,
    JudgedPair,
    Spelling,
    Usage,
    judge,
)

__all__ = ["AcronymWording", "Usage", "acronyms_of", "decide", "judged_pairs"]

_MOST_TERMS = 20_000  # of one call: a list of 100 keywords has some hundred
_TERMS_AT_ONCE = 500
_MOST_ROWS = 5_000  # of the short forms of so many terms, the most defined first


def acronyms_of(terms: Collection[str]) -> list[AcronymWording]:
    """Return the pairs that have one of these terms as short or as long form, most defined first.

    `terms` are folded words or phrases, such as "rl" and "reinforcement learning"; the first 20,000
    are looked at, with three queries for each 500. At most five pairs a term.
    """
    if not (settings.KEYWORD_EXPANSIONS and terms):
        return []
    wanted = list(dict.fromkeys(terms))[:_MOST_TERMS]
    found: dict[AcronymWording, None] = {}
    for start in range(0, len(wanted), _TERMS_AT_ONCE):
        found |= dict.fromkeys(_pairs_of(wanted[start : start + _TERMS_AT_ONCE]))
    return sorted(found, key=_order)


def _pairs_of(terms: Sequence[str]) -> Iterator[AcronymWording]:
    by_term: dict[str, dict[JudgedPair, str]] = defaultdict(dict)
    keys = {*terms, *AcronymDefinition.objects.short_forms_of(terms)}
    for key, some in judged_pairs(keys).items():
        for pair in some:
            if pair.usage:
                for term in (key, *pair.spellings):
                    by_term[term][pair] = key
    for term in terms:
        for pair in sorted(by_term.get(term, ()), key=_order)[:MOST_A_TERM]:
            assert pair.usage is not None
            key = by_term[term][pair]
            yield AcronymWording(
                pair.short, pair.long, pair.papers, pair.usage, key, pair.spellings
            )


def judged_pairs(keys: Iterable[str]) -> dict[str, list[JudgedPair]]:
    """Return all pairs of these folded short forms, with two queries."""
    wanted = sorted(set(keys))
    spellings: dict[str, list[Spelling]] = defaultdict(list)
    rows = AcronymDefinition.objects.of_short_forms(wanted)
    columns = rows.values_list("key", "short", "long", "papers", "decision")
    for key, short, long, papers, decision in columns[:_MOST_ROWS]:
        spellings[key].append(Spelling(short, long, papers, decision))
    capitals = {
        short: Capitals(in_capitals, in_any)
        for short, in_capitals, in_any in ShortForm.objects.filter(short__in=spellings).values_list(
            "short", "papers_capitals", "papers_any"
        )
    }
    return {key: judge(some, capitals.get(key, Capitals())) for key, some in spellings.items()}


def decide(rows: Iterable[AcronymDefinition], decision: str) -> int:
    """Set an operator's decision, or "" for the rule, on the pairs of these rows in all their
    spellings; return how many rows have changed.

    Added rows that go back to the rule are deleted if no paper defines them. Runs under the
    catalogue's lock, as every change of these rows.
    """
    with transaction.atomic():
        Catalogue.lock()
        chosen = {(row.key, row.long) for row in rows}
        pairs = judged_pairs(key for key, _ in chosen)
        changed = 0
        for key, long in sorted(chosen):
            of_key = [pair.spellings for pair in pairs.get(key, ()) if long in pair.spellings]
            spellings = frozenset({long}).union(*of_key)
            changed += AcronymDefinition.objects.decide(key, spellings, decision)
        return changed


def _order(pair: AcronymWording | JudgedPair) -> tuple[int, str, str]:
    return -pair.papers, pair.short, pair.long
