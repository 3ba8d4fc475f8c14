"""Counting the terms of a reader's collection of papers.

No paper can be recognised by the counts: a term is kept only if several papers have it.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from digest.matching.text import tokenize

from .library_terms import LibraryTerm, LibraryTerms
from .paper_terms import terms_in
from .spelling import spellings

MAX_TERMS = 300  # that are kept, the most frequent
MAX_PAPERS = 1_000  # of a library that are read, evenly spread over it
LONGEST_TERM = 40  # characters; what is longer is rarely a word
_LEAST_PAPERS = 2
LONGEST_TEXT = 4_000  # characters of a title or an abstract that are read
_MOST_SPELT = 60  # papers that are read for spellings


class _Texts(NamedTuple):
    title: str
    abstract: str


class PaperWithTexts(Protocol):
    @property
    def title(self) -> str: ...

    @property
    def abstract(self) -> str: ...


def count_terms(papers: Sequence[PaperWithTexts]) -> LibraryTerms:
    """Count in how many papers each term of titles and abstracts occurs.

    Time is linear in the texts that are read.
    """
    some = papers[:: -(-len(papers) // MAX_PAPERS) or 1]
    texts = [_Texts(each.title[:LONGEST_TEXT], each.abstract[:LONGEST_TEXT]) for each in some]
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(_terms_of(text)))
    several = [
        term
        for term, count in counts.items()
        if count >= _LEAST_PAPERS and len(term) <= LONGEST_TERM
    ]
    kept = sorted(several, key=lambda term: (-counts[term], term))[:MAX_TERMS]
    spelt = spellings(texts, kept, _MOST_SPELT)
    terms = tuple(LibraryTerm(term, counts[term], spelt[term]) for term in kept)
    return LibraryTerms(len(texts), round(counts.total() / max(len(texts), 1), 2), terms)


def _terms_of(text: _Texts) -> Iterator[str]:
    for each in text:
        yield from terms_in(tokenize(each).terms)
