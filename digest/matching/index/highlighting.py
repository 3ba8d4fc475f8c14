"""Highlighting: which characters of a paper a keyword hit."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from digest.matching.occurrences import (
    TokenPositions,
    cased_ranges,
    exact_ranges,
    near_ranges,
    phrase_ranges,
    token_positions,
)
from digest.matching.query import Keyword
from digest.matching.query.atoms import Atom, Author, Cased, Category, Exact, Near, Phrase, TextAtom
from digest.matching.query.syntax_tree import atoms
from digest.matching.text import TokensWithOffsets, tokenize_with_offsets

from .block import category_names
from .stored_papers import PaperText, Span

_ORDER = ("title", "abstract", "author", "org", "category")


# Most of the time goes into tokenizing, and a paper is shown to many subscribers. An abstract takes
# 22 kB; these are the titles and abstracts of a thousand papers.
@lru_cache(maxsize=2048)
def tokenized_text(text: str) -> tuple[TokensWithOffsets, TokenPositions]:
    """The tokens of a text with their offsets, and indexed by term."""
    placed = tokenize_with_offsets(text)
    return placed, token_positions(placed.tokens)


def hit_spans(keyword: Keyword, paper: PaperText) -> list[Span]:
    """What the keyword hit (exclusions left out): in order of fields and text, not overlapping."""
    found = {
        span
        for atom, excluded in atoms(keyword.tree)
        if not excluded
        for span in _atom_spans(atom, paper)
    }
    return _merged(sorted(found, key=lambda span: (_ORDER.index(span.field), span.start)))


def _merged(ordered: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in ordered:
        last = merged[-1] if merged else None
        if last and last.field == span.field and span.start < last.end:
            merged[-1] = Span(last.field, last.start, max(last.end, span.end))
        else:
            merged.append(span)
    return merged


def _atom_spans(atom: Atom, paper: PaperText) -> Iterator[Span]:
    match atom:
        case Phrase() | Exact() | Cased() | Near():
            for name in (atom.field,) if atom.field else ("title", "abstract"):
                yield from _text_spans(atom, name, paper.field(name))
        case Author():
            yield from _listed(paper.authors, "author", atom.name.ranges)
        case Category():
            yield from _listed(
                paper.categories,
                "category",
                lambda name: [(0, len(name))] if atom.name in category_names(name) else [],
            )


def _text_spans(atom: TextAtom, name: str, text: str) -> Iterator[Span]:
    placed, words = tokenized_text(text)
    match atom:
        case Phrase():
            ranges = phrase_ranges(words, atom)
        case Exact():
            ranges = exact_ranges(placed, atom)
        case Cased():
            ranges = cased_ranges(placed, words, atom)
        case Near():
            ranges = near_ranges(words, atom)
    for first, last in ranges:
        yield Span(name, *placed.original(first, last))


def _listed(
    items: Iterable[str], name: str, inside: Callable[[str], list[tuple[int, int]]]
) -> Iterator[Span]:
    """Spans within items that are joined with a comma and a space."""
    at = 0
    for item in items:
        for start, end in inside(item):
            yield Span(name, at + start, at + end)
        at += len(item) + 2
