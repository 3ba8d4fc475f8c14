"""Noun phrases of an English text, found by lists of words and endings, without a tagger.

A phrase is two to four words between punctuation, function words, verbs, numerals and adverbs; a
word with hyphens is one word of it. It begins with no word that only modifies (`novel`,
`generated`) and ends with a noun that says something (not `method`, `fine-grained`).
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from .content_words import is_content_word
from .tokens import tokenize, tokenize_chain

LONGEST = 4  # words of a phrase
MOST_WORDS = 600  # of one text that are read
_LONGEST_WORD = 40  # characters
_CHARACTERS = 16 * MOST_WORDS
_PIECE = re.compile(r"[^\W_]+(?:[-‐‑–'’/][^\W_]+)*|[^\s\w]")
_HYPHEN = re.compile("[-‐‑–/]")

_NAMING = ("ing", "tion", "sion", "ment", "ance", "ence", "ity", "ism", "graphy", "logy", "speech")
_MEASURES = frozenset({"full", "high", "large", "long", "low", "real", "short", "small"})
_ADJECTIVES = ("able", "al", "ary", "ful", "ible", "ic", "ish", "ive", "less", "ous", "ent")


def _read_lists() -> dict[str, frozenset[str]]:
    """Name of a list -> its words."""
    found: dict[str, frozenset[str]] = {}
    name = ""
    lines = files("digest.matching.text").joinpath("phrase_words.txt").read_text(encoding="utf-8")
    for line in lines.splitlines():
        if line.startswith("["):
            name = line.strip("[]")
        elif not line.startswith("#"):
            found[name] = found.get(name, frozenset()) | frozenset(line.split())
    return found


_LISTS = _read_lists()
_BREAKING, _MODIFYING, _GENERIC = (_LISTS[name] for name in ("breaking", "modifying", "generic"))
_MODIFYING_LAST, _NOUNS = _LISTS["modifying-last"], _LISTS["noun"]
_NOT_ADVERBS, _PARTICIPLES = _LISTS["not-adverb"], _LISTS["participle"]
_VERBAL_NOUNS, _LONG_ONLY = _LISTS["verbal-noun"], _LISTS["long-only"]


class Word(NamedTuple):
    """A word of a text, several words if it has hyphens.

    `spelling`: in lower case, but for names and acronyms. `begins`, `ends`: whether a phrase may
    begin or end with it; `ends_long`: whether one of three words or more may.
    """

    spelling: str
    folded: tuple[str, ...]
    begins: bool
    ends: bool
    ends_long: bool


class NounPhrase(NamedTuple):
    """A phrase: its folded words, and its spelling."""

    folded: tuple[str, ...]
    spelling: str


def noun_phrases(text: str, own: tuple[str, ...] = (), spelt: str = "") -> Iterator[NounPhrase]:
    """Yield the noun phrases of a text, the same as often as it occurs.

    `own`: folded words that are read as one word wherever they stand in a row, spelt `spelt`.
    """
    words = [_word(piece) for piece in _PIECE.findall(text[:_CHARACTERS])[:MOST_WORDS]]
    if len(own) > 1 and any(word is not None and word.folded[0] == own[0] for word in words):
        words = list(_with_own(words, Word(spelt, own, True, True, True)))
    start = 0
    for end, word in enumerate([*words, None]):
        if word is None:
            yield from _within([each for each in words[start:end] if each is not None], own)
            start = end + 1


def _within(stretch: list[Word], own: tuple[str, ...]) -> Iterator[NounPhrase]:
    """The phrases of a run of words."""
    for start, first in enumerate(stretch):
        if not first.begins:
            continue
        folded, spelling = first.folded, first.spelling
        if first.ends and len(folded) > 1 and folded != own:
            yield NounPhrase(folded, spelling)
        for word in stretch[start + 1 : start + LONGEST]:
            folded += word.folded
            spelling = f"{spelling} {word.spelling}"
            if word.ends or (word.ends_long and len(folded) > 2 and first.folded != own):
                yield NounPhrase(folded, spelling)


def _with_own(words: Sequence[Word | None], own: Word) -> Iterator[Word | None]:
    """The words, each row of them that are those of `own` as that one."""
    at, wanted = 0, own.folded
    while at < len(words):
        end, terms = at, 0
        while terms < len(wanted) and end < len(words) and (word := words[end]) is not None:
            if word.folded != wanted[terms : terms + len(word.folded)]:
                break
            terms, end = terms + len(word.folded), end + 1
        found = terms == len(wanted)
        yield own if found else words[at]
        at = end if found else at + 1


@lru_cache(1 << 15)
def _word(piece: str) -> Word | None:
    """The word of a piece of text; None if phrases end before it."""
    if not piece[0].isalnum() or len(piece) > _LONGEST_WORD:
        return None
    low = piece.casefold()
    folded = tokenize_chain(piece).terms if piece.isascii() else tuple(tokenize(piece).terms)
    if not folded or _is_breaking(low, folded):
        return None
    is_possessive = low.endswith(("'s", "’s"))
    is_name = any(not part[1:].islower() for part in _HYPHEN.split(piece) if part[1:])
    spelling = piece if is_name or piece[1:].isupper() else low
    ends_long = not is_possessive and _is_noun(low, folded[-1])
    return Word(
        spelling,
        folded,
        not is_possessive and _may_begin(low),
        ends_long and folded[-1] not in _LONG_ONLY and (len(folded) == 1 or _names(piece)),
        ends_long and (len(folded) == 1 or _names(piece)),
    )


def _is_breaking(low: str, folded: tuple[str, ...]) -> bool:
    if len(low) < 2 or low in _BREAKING or not any(map(str.isalpha, low)):
        return True
    if len(folded) == 1 and (folded[0] in _BREAKING or not is_content_word(folded[0])):
        return True
    return low.endswith("ly") and len(low) > 4 and folded[-1] not in _NOT_ADVERBS


def _may_begin(low: str) -> bool:
    if low in _MODIFYING or low in _GENERIC:
        return False
    if _HYPHEN.search(low):
        return True
    if low.endswith("ing"):
        return low in _VERBAL_NOUNS
    return not low.endswith("ed") or low in _PARTICIPLES or len(low) < 5


def _is_noun(low: str, folded: str) -> bool:
    last = _HYPHEN.split(low)[-1]
    if folded in _GENERIC or folded in _MODIFYING or last in _MODIFYING_LAST:
        return False
    if last.isdigit() or (last.endswith("ed") and len(last) > 4):
        return False
    if last.endswith("ing"):
        return last in _VERBAL_NOUNS
    return folded in _NOUNS or not folded.endswith(_ADJECTIVES)


def _names(compound: str) -> bool:
    """Whether a compound with hyphens is more than a modifier: fine-tuning, GPT-4, not low-rank."""
    parts = _HYPHEN.split(compound)
    last = parts[-1]
    if parts[0].casefold() in _MEASURES:
        return False
    return last.endswith(_NAMING) or any(map(str.isdigit, last)) or last.isupper()
