"""The document of a paper: its terms as one line of ASCII words, which a full-text index splits at
blanks and the verification reads back.

    title terms | abstract terms | folded only | other words

"Folded only" are folded words that no text has as they are. Other words only narrow a search:
unfolded words, joined spellings, the words of a field with its prefix, the month and the year.
"""

import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import NamedTuple

from digest.matching.index.block import category_names
from digest.matching.index.stored_papers import PaperText
from digest.matching.names import listed_name
from digest.matching.occurrences import TokenPositions, token_positions
from digest.matching.text import Alternative, Tokens, tokenize

# Raised when a text or a keyword is read in other words than before: documents are made anew.
TEXT_RULES = 2
# Prefixes of the lexemes of a field. A word of a text may look the same: candidates are verified.
FIELD_PREFIXES = {"title": "1t", "author": "1a", "org": "1o", "category": "1c"}
MONTH_PREFIX, YEAR_PREFIX = "1m", "1y"
JOIN_PREFIX = "1j"  # of a joined spelling, whose neighbours no full-text index knows
# A document without words: its paper is read to see whether it matches.
OVERSIZED = "1w"
_MAX_WORDS = 20_000  # of one paper in its document; a lexeme array of PostgreSQL may have 1 MB
# PostgreSQL refuses lexemes from 2,047 bytes; no word of a keyword is as long, encoded.
_MAX_LEXEME = 2_000
_PAPER_BITS = 40  # of a document's id, for the id of its paper
_FIELD_END = " | "
_NOTHING = "-"  # an empty field: PostgreSQL takes no empty lexeme
_OVERSIZED_START = f"- | - | - | {OVERSIZED} "


@lru_cache(1 << 13)  # about 4 MB; 98 of 100 words of papers are found
def lexeme(term: str) -> str:
    """Return a term as lower-case ASCII letters and digits; the start of a term is the start of
    its lexeme.

    Every other character becomes its number between two z: full-text parsers disagree about them.
    """
    if term.isascii() and term.isalnum():
        return term[:_MAX_LEXEME]
    encoded = (c if c.isascii() and c.isalnum() else f"z{ord(c):x}z" for c in term)
    return "".join(encoded)[:_MAX_LEXEME]


def document_day(paper: PaperText) -> date | None:
    """Return the day under which a paper is searched: when it was listed, else published."""
    return paper.listed_on or paper.published_on


def document_id(paper: PaperText) -> int:
    """Return the id of a paper's document: ids are ordered by day, then by paper."""
    day = document_day(paper)
    return ((day.toordinal() if day else 0) << _PAPER_BITS) + paper.id


def first_id(day: date) -> int:
    """Return the first id that a document of that day can have."""
    return day.toordinal() << _PAPER_BITS


def day_of(document: int) -> date | None:
    """Return the day of a document by its id; None if the paper has no date."""
    ordinal = document >> _PAPER_BITS
    return date.fromordinal(ordinal) if ordinal else None


class DocumentParts(NamedTuple):
    """What is stored of a paper: `text` for the full-text index; `joins`, the joined spellings of
    the title and after " | " those of the abstract, each as start.end.spelling."""

    text: str
    joins: str


def document_parts(paper: PaperText) -> DocumentParts:
    """Return the document of a paper."""
    title, abstract = tokenize(paper.title), tokenize(paper.abstract)
    if len(title.terms) + len(abstract.terms) > _MAX_WORDS:
        return DocumentParts(_OVERSIZED_START + " ".join(_of_day(paper)), "")
    both = title, abstract
    folded = {lexeme(term) for tokens in both for term in tokens.terms}
    joined = {lexeme(each.term) for tokens in both for each in tokens.alternatives}
    raw = {word for tokens in both for word in _unfolded(tokens)}
    others = (raw | joined) - folded
    others |= {JOIN_PREFIX + join for join in joined}
    others |= {*_of_fields(paper, title), *_of_day(paper)}
    words = (" ".join(map(lexeme, tokens.terms)) for tokens in both)
    sorted_words = (" ".join(sorted(some)) for some in ((folded | joined) - raw, others))
    text = _FIELD_END.join(some or _NOTHING for some in (*words, *sorted_words))
    return DocumentParts(text, _FIELD_END.join(map(_placed_joins, both)))


def _placed_joins(tokens: Tokens) -> str:
    return " ".join(f"{each.start}.{each.end}.{lexeme(each.term)}" for each in tokens.alternatives)


def _unfolded(tokens: Tokens) -> Iterable[str]:
    yield from map(lexeme, tokens.raw_terms)
    yield from (lexeme(each.raw) for each in tokens.alternatives if each.raw)


def _of_day(paper: PaperText) -> Iterable[str]:
    if (day := document_day(paper)) is not None:
        yield f"{MONTH_PREFIX}{day.year:04}{day.month:02}"
        yield f"{YEAR_PREFIX}{day.year:04}"


def _of_fields(paper: PaperText, title: Tokens) -> Iterable[str]:
    for field, tokens in (("title", title), ("org", tokenize(paper.organization))):
        terms = [*tokens.terms, *(each.term for each in tokens.alternatives)]
        words = {*map(lexeme, terms), *_unfolded(tokens)}
        yield from (FIELD_PREFIXES[field] + word for word in words)
    names = {word for author in paper.authors for word in listed_name(author).words}
    yield from (FIELD_PREFIXES["author"] + lexeme(name) for name in names)
    categories = {name for category in paper.categories for name in category_names(category)}
    yield from (FIELD_PREFIXES["category"] + lexeme(name) for name in categories)


def spaced(terms: str) -> str:
    """Return terms each with a blank on either side, so that neighbours share none:
    " deep  learning "."""
    return f" {terms.replace(' ', '  ')} " if terms else ""


@dataclass(frozen=True)
class PaperDocument:
    """A stored document, read back. Fields are "title" and "abstract"."""

    text: str
    joins: str = ""

    @property
    def is_oversized(self) -> bool:
        """Whether the paper has more words than a document."""
        return self.text.startswith(_OVERSIZED_START)

    @cached_property
    def _fields(self) -> list[str]:
        return ["" if each == _NOTHING else each for each in self.text.split(_FIELD_END)]

    def terms(self, field: str) -> str:
        """Return the terms of a field in their order, with a blank between them."""
        return self._fields[field == "abstract"]

    def length(self, field: str) -> int:
        """Return the number of words of a field."""
        terms = self.terms(field)
        return terms.count(" ") + 1 if terms else 0

    def joined_words(self, field: str, words: Container[str]) -> list[tuple[str, tuple[str, ...]]]:
        """Return those joined spellings of a field that are among these lexemes, each with the
        terms that it joins."""
        found = [each for each in self._placed_joins(field) if each.term in words]
        terms = self.terms(field).split() if found else []
        return [(each.term, tuple(terms[each.start : each.end])) for each in found]

    def positions(self, field: str) -> TokenPositions:
        """Return the terms and joined spellings of a field, as lexemes, with their positions."""
        joins = list(self._placed_joins(field))
        return token_positions(Tokens(self.terms(field).split(), [], joins))

    def _placed_joins(self, field: str) -> Iterator[Alternative]:
        for each in self._joins_of(field).split():
            start, end, term = each.split(".")
            yield Alternative(int(start), int(end), term, "")

    def has_prefix(self, prefix: str) -> bool:
        """Whether an unfolded word or joined spelling of title or abstract has this prefix, a
        lexeme."""
        found = set(re.findall(rf"(?<![^ ]){prefix}[a-z0-9]*", self.text))
        return not found <= set(self._fields[2].split())

    def _joins_of(self, field: str) -> str:
        title, _, abstract = self.joins.partition(_FIELD_END)
        return abstract if field == "abstract" else title
