"""What one paper adds to the counts of the corpus."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from digest.matching.text import chains, normalise, tokenize_chain
from digest.matching.text.acronym_definitions import (
    LONGEST,
    SHORTEST,
    AcronymDefinition,
    definitions_in,
    has_capitals,
)
from digest.matching.text.symbols import PLAIN

# The version of what is counted. Raise it when other words, definitions or folded forms are counted
# for the same text: all papers are then counted anew.
COUNTING_RULES = 1
LEAST_LETTERS, MOST_LETTERS = 5, 40  # of a counted word
MOST_CHARACTERS = 20_000  # of a title or an abstract that are read
MOST_CHAINS = 1_000  # distinct ones of a title or an abstract that are read
_LONGEST_CHAIN = 80  # characters; longer ones are not read, nor cached


@dataclass(frozen=True, slots=True)
class PaperCounts:
    """What a paper defines and which words it has; for each it counts as one paper.

    `short_forms`: folded words that a short form may be; `in_capitals`: those in capitals.
    `words`: folded words that are in lower case in the paper.
    """

    definitions: frozenset[AcronymDefinition]
    short_forms: frozenset[str]
    in_capitals: frozenset[str]
    words: frozenset[str]


class _ChainWords(NamedTuple):
    short_forms: tuple[str, ...]
    in_capitals: tuple[str, ...]
    words: tuple[str, ...]


def paper_counts(title: str, abstract: str) -> PaperCounts:
    """Return what is counted for a paper. The same text always gives the same counts."""
    definitions: dict[tuple[str, str], AcronymDefinition] = {}
    found: list[_ChainWords] = []
    for text in (title, abstract):
        shown = normalise(text[:MOST_CHARACTERS]).text.translate(PLAIN)
        if not shown.isupper():  # the capitals of others say nothing about their words
            written = islice(dict.fromkeys(chains(shown)), MOST_CHAINS)
            found += [_chain_words(chain) for chain in written if len(chain) <= _LONGEST_CHAIN]
        for definition in definitions_in(shown):
            # A paper that writes MoE and MOE defines one pair.
            definitions.setdefault((definition.key, definition.long), definition)
    return PaperCounts(
        frozenset(definitions.values()),
        frozenset().union(*[each.short_forms for each in found]),
        frozenset().union(*[each.in_capitals for each in found if each.in_capitals]),
        frozenset().union(*[each.words for each in found if each.words]),
    )


@lru_cache(50_000)
def _chain_words(written: str) -> _ChainWords:
    """Return the words that are counted for one chain, such as `pre-training` or `LLM-based`."""
    chain = tokenize_chain(written)
    short_forms, in_capitals, words = [], [], []
    for term, (start, end) in zip(chain.terms, chain.spans, strict=True):
        word = written[start:end].removesuffix("'s")
        if SHORTEST <= len(term) <= LONGEST and any(map(str.isalpha, term)):
            short_forms.append(term)
            in_capitals += [term] if has_capitals(word) else []
        if word.islower() and _is_counted(term):
            words.append(term)
    if len(chain.terms) == 2 and written.islower():  # pre-training is pretraining
        joined = [each.term for each in chain.alternatives if each.end - each.start == 2]
        words += filter(_is_counted, joined)
    return _ChainWords(tuple(short_forms), tuple(in_capitals), tuple(words))


def _is_counted(word: str) -> bool:
    return LEAST_LETTERS <= len(word) <= MOST_LETTERS and word.isalpha()
