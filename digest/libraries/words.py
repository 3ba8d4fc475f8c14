"""Words that say nothing about the topic of a paper, and the stretches of text between them."""

from collections.abc import Iterator
from dataclasses import dataclass

from digest.matching.text import TokensWithOffsets, tokenize_with_offsets
from digest.matching.text.content_words import is_content_word

from .word_lists import ENDING, FOREIGN, TAGS, WEAK

LONGEST_TEXT = 400  # characters of a title or keyword that are read
_HYPHENS = frozenset("-‐‑–")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a stretch: folded, as spelt, and whether a hyphen joins it to the one before."""

    folded: str
    spelling: str
    joined: bool = False


Stretch = list[Word]


def stretches(text: str) -> Iterator[Stretch]:
    """Yield the runs of words that may hold a phrase: between punctuation and empty words."""
    placed = tokenize_with_offsets(text[:LONGEST_TEXT])
    terms = placed.tokens.terms
    found: Stretch = []
    gaps = ["", *placed.gaps]
    for at, (term, gap) in enumerate(zip(terms, gaps, strict=False)):
        is_joined = gap in _HYPHENS
        if found and not (is_joined or gap == " "):
            yield found
            found = []
        # "COVID-19" and "IL-6" are one word; "in 19 countries" has none.
        if is_topical(term) or (found and is_joined and term.isdigit()):
            found.append(Word(term, _spelling(text, placed, at), bool(found) and is_joined))
        elif found:
            yield found
            found = []
    if found:
        yield found


def _spelling(text: str, placed: TokensWithOffsets, at: int) -> str:
    """Return a word with its accents; without mark-up, if there is some within it."""
    start, end = placed.original(at, at + 1)
    if (word := text[start:end]).isalnum():
        return word
    return placed.text.text[placed.starts[at] : placed.ends[at]]


def is_topical(word: str) -> bool:
    """Whether a folded word may be a part of a topic's name."""
    has_letter = any(map(str.isalpha, word))
    is_empty = word in ENDING or word in FOREIGN
    return has_letter and not is_empty and (is_content_word(word) or word[0].isdigit())


def names_a_topic(words: tuple[str, ...]) -> bool:
    """Whether folded words say more than words do that stand in papers of any field."""
    if len(words) > 1:
        return not all(word in TAGS for word in words)
    (word,) = words
    return word not in WEAK and word not in TAGS and not (len(word) < 3 and word.isascii())
