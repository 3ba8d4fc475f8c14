"""Suggest exclusions: keywords that would have left a paper out, with what each would cost."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from digest.matching.index import PaperIndex, PaperText
from digest.matching.query import Keyword, KeywordError, parse
from digest.matching.query.atoms import Cased, Exact, Near, Phrase
from digest.matching.query.syntax_tree import atoms
from digest.matching.ranking import select
from digest.matching.text import fold, tokenize_with_offsets
from digest.matching.text.content_words import is_content_word

MOST_OFFERED = 5
_LONGEST = 80  # characters of a phrase
_COMMON = 10  # a phrase in more than every tenth paper is too common
_FEW = 5  # papers, however small the index is
_TITLE_CASE = re.compile(r"\b([A-Z])(?=[a-z]+\b)")


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A keyword that excludes, and how many of the papers found it would have left out."""

    text: str
    phrase: str
    meaning: str
    left_out: int


@dataclass(frozen=True, slots=True)
class SuggestedExclusions:
    """Exclusions to choose from, best first; `brought` is how many papers the keywords found."""

    rules: tuple[Exclusion, ...]
    brought: int


def suggest_exclusions(
    paper: PaperText,
    listed: Iterable[str],
    keywords: Sequence[Keyword],
    index: PaperIndex,
    within: int,
) -> SuggestedExclusions:
    """Suggest up to five exclusions that would have left this paper out.

    `listed`: the paper's own keywords. `keywords`: the subscriber's. `index`, `within`: the index
    of recent papers, and the bitset of those to measure by.

    An exclusion is suggested if another paper has it too, at most every tenth paper has it, at
    least half of the papers found would remain, and it shares no phrase with the keywords.
    """
    brought = index.mask(select(index, keywords, within))
    alone = PaperIndex([paper])
    found = {
        exclusion: phrase
        for phrase in phrases(paper.title, listed)
        if (exclusion := _exclusion(phrase)) and exclusion not in keywords
    }
    weights: dict[Keyword, tuple[bool, float]] = {}
    for exclusion in found:
        bits = index.evaluate(exclusion)
        if _is_topic(exclusion, alone, index, bits) and _keeps_half(bits & brought, brought):
            weights[exclusion] = _weight(exclusion, alone, bits, len(index))
    required = [words for keyword in keywords for words in _required_words(keyword)]
    best = sorted(weights, key=lambda each: (weights[each], each.canonical))
    chosen = _distinct([each for each in best if not _overlaps(_words(each), required)])
    rules = (
        Exclusion(
            each.text,
            found[each],
            each.meaning(),
            (index.evaluate(each) & brought).bit_count(),
        )
        for each in chosen
    )
    return SuggestedExclusions(tuple(rules), brought.bit_count())


def phrases(title: str, listed: Iterable[str]) -> Iterator[str]:
    """Yield the authors' keywords, then the title's pairs of neighbouring words and its words."""
    for name in listed:
        yield " ".join(name.split())
    for size in (2, 1):
        yield from _neighbours(title, size)


def _neighbours(title: str, size: int) -> Iterator[str]:
    placed = tokenize_with_offsets(title)
    keys, gaps = placed.tokens.terms, placed.gaps
    for at in range(len(keys) - size + 1):
        joined = all(gap in (" ", "-") for gap in gaps[at : at + size - 1])
        if joined and all(map(is_content_word, keys[at : at + size])):
            start, end = placed.spans[at][0], placed.spans[at + size - 1][1]
            said = placed.text.text[start:end]
            yield _TITLE_CASE.sub(lambda letter: letter[1].lower(), said)


def _exclusion(phrase: str) -> Keyword | None:
    """Return the keyword that leaves the phrase out, None if its text would mean something else."""
    if not phrase or len(phrase) > _LONGEST or not phrase[0].isalnum():
        return None
    try:
        keyword = parse(f"-{phrase}")
    except KeywordError:
        return None
    return keyword if keyword.excludes and isinstance(keyword.tree, Phrase) else None


def _is_topic(exclusion: Keyword, alone: PaperIndex, index: PaperIndex, bits: int) -> bool:
    held = alone.evaluate(exclusion)
    others = set(index.ids(bits)) - set(alone.ids(alone.everything()))
    return bool(held and others) and bits.bit_count() <= max(_FEW, len(index) // _COMMON)


def _keeps_half(left_out: int, brought: int) -> bool:
    return left_out.bit_count() <= max(1, brought.bit_count() // 2)


def _weight(exclusion: Keyword, alone: PaperIndex, bits: int, papers: int) -> tuple[bool, float]:
    """Sort key: phrases of several words first, then by TF-IDF, highest first."""
    (paper_id,) = alone.ids(alone.everything())
    times = sum(alone.counts(exclusion, paper_id).values()) or 1
    return len(_words(exclusion)) < 2, -times * math.log(1 + papers / max(bits.bit_count(), 1))


def _words(keyword: Keyword) -> frozenset[str]:
    assert isinstance(keyword.tree, Phrase)
    return frozenset(fold(part.word) for part in keyword.tree.parts)


def _required_words(keyword: Keyword) -> Iterator[frozenset[str]]:
    """Yield the words of each atom that a keyword requires in a text."""
    if keyword.excludes:
        return
    for atom, excluded in atoms(keyword.tree):
        if excluded or getattr(atom, "field", "") not in ("", "title", "abstract"):
            continue
        if isinstance(atom, Phrase):
            yield frozenset(fold(part.word) for part in atom.parts)
        elif isinstance(atom, Exact | Cased | Near):
            yield frozenset(map(fold, atom.words))


def _overlaps(words: frozenset[str], others: Iterable[frozenset[str]]) -> bool:
    return any(words <= other or other <= words for other in others)


def _distinct(best: Sequence[Keyword]) -> list[Keyword]:
    """Return the first few exclusions of which none contains another."""
    chosen: list[Keyword] = []
    for exclusion in best:
        if not _overlaps(_words(exclusion), map(_words, chosen)):
            chosen.append(exclusion)
    return chosen[:MOST_OFFERED]
