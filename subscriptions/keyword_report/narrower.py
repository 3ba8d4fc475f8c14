"""Suggest narrower forms of a keyword: the keyword and another one that often goes with it."""

from dataclasses import dataclass

from digest.matching.index import PaperIndex
from digest.matching.query import Keyword, KeywordError, parse
from digest.matching.query.atoms import Phrase
from digest.matching.suggestions import related_keywords
from digest.matching.work_budget import TooBroad, WorkBudget

MOST_STEPS = 450_000  # as many as a whole keyword preview


@dataclass(frozen=True, slots=True)
class Narrower:
    """A narrower keyword, and how many recent papers it hits."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class NarrowerForms:
    """Narrower forms of a keyword that itself hits `count` recent papers."""

    count: int
    forms: tuple[Narrower, ...]


def narrower_forms(keyword: Keyword, index: PaperIndex, within: int) -> NarrowerForms | None:
    """Return up to five forms that hit some of the keyword's papers `within` (bits).

    None if the keyword takes too many steps.
    """
    work = WorkBudget(MOST_STEPS)
    try:
        hits = index.evaluate(keyword, work) & within
        found = {}
        for related in related_keywords(index, keyword, work=work):
            narrower = _both(keyword, related)
            if narrower is None:
                continue
            bits = index.evaluate(narrower, work) & within
            if bits and bits & ~hits == 0 and bits != hits:
                found[narrower] = Narrower(narrower.text, bits.bit_count())
    except TooBroad:
        return None
    forms = sorted(found.values(), key=lambda form: -form.count)
    return NarrowerForms(hits.bit_count(), tuple(forms))


def _both(keyword: Keyword, related: str) -> Keyword | None:
    """Return the related keyword if it has all the words of a phrase, else both joined by AND."""
    try:
        other = parse(related, keyword.pairs)
        typed = keyword.in_our_language
        own = typed if isinstance(keyword.typed.tree, Phrase) else f"({typed})"
        has_it = f" {typed.casefold()} " in f" {related.casefold()} "
        joined = other if has_it else parse(f"{own} AND {related}", keyword.pairs)
    except KeywordError:
        return None
    return None if joined.notes or joined.excludes else joined
