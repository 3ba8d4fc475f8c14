"""Occurrences of an atom in one text: what the postings of the index must agree with."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from .query.atoms import Cased, Exact, Near, Phrase
from .text import Tokens, TokensWithOffsets, fold_keeping_case
from .text.symbols import WITH_E

Range = tuple[int, int]  # tokens [first, last)
Group = tuple[int, int, str, str]  # see Phrase.groups


class TokenPositions(NamedTuple):
    """The tokens of a text with a positional index.

    `positions`: term -> the positions of its tokens. `joined`: term -> the token ranges that have
    it as their alternative (see `Alternative`).
    """

    tokens: Tokens
    positions: dict[str, tuple[int, ...]]  # the garbage collector does not track tuples of ints
    joined: dict[str, list[Range]]


def token_positions(tokens: Tokens) -> TokenPositions:
    """Index the tokens of a text by term, for looking up many terms."""
    positions: dict[str, list[int]] = {}  # extending tuples would be quadratic
    for at, term in enumerate(tokens.terms):
        positions.setdefault(term, []).append(at)
    joined: dict[str, list[Range]] = {}
    for each in tokens.alternatives:
        joined.setdefault(each.term, []).append((each.start, each.end))
    return TokenPositions(tokens, {term: tuple(at) for term, at in positions.items()}, joined)


def known_positions(positions: dict[str, tuple[int, ...]]) -> TokenPositions:
    """The positions of some terms of a text, where no alternative of it is one of them."""
    return TokenPositions(Tokens([], [], []), positions, {})


def phrase_ranges(text: Tokens | TokenPositions, phrase: Phrase) -> list[Range]:
    """The token ranges of all occurrences of a tolerant phrase, sorted.

    The letters must agree. Where the phrase has a space, the text may have a space, a hyphen or
    nothing; where the text has a space, the phrase must have one.
    """
    return sorted(_phrase_ranges(text, phrase))


def has_phrase(text: Tokens | TokenPositions, phrase: Phrase) -> bool:
    """Whether a tolerant phrase occurs."""
    return bool(_phrase_ranges(text, phrase))


def _phrase_ranges(text: Tokens | TokenPositions, phrase: Phrase) -> set[Range]:
    return group_ranges(text, phrase_groups(phrase), len(phrase.parts))


def group_ranges(text: Tokens | TokenPositions, groups: Iterable[Group], parts: int) -> set[Range]:
    """The token ranges of all occurrences of a phrase of so many parts, by its `groups`."""
    # Number of parts matched -> token at which the match ends -> tokens at which it begins.
    reached: dict[int, dict[int, set[int]]] = {0: {}}
    for first, end, word, kind in groups:
        if first not in reached or not (found := _written(text, word, kind)):
            continue
        before, ends = reached[first], reached.setdefault(end, {})
        for at, last in found:
            starts = before.get(at) if first else (at,)
            if starts:
                ends.setdefault(last, set()).update(starts)
    whole = reached.get(parts, {})
    return {(start, last) for last, starts in whole.items() for start in starts}


@lru_cache(maxsize=1024)
def phrase_groups(phrase: Phrase) -> tuple[Group, ...]:
    """`Phrase.groups`, cached: a phrase is searched in very many texts."""
    return tuple(phrase.groups())


def _written(text: Tokens | TokenPositions, word: str, kind: str) -> list[Range]:
    """The token ranges of one word of a phrase."""
    if isinstance(text, TokenPositions):
        if not kind:
            return [(at, at + 1) for at in text.positions.get(word, ())] + text.joined.get(word, [])
        text = text.tokens
    if kind == "*":
        single = [at for at, raw in enumerate(text.raw_terms) if raw.startswith(word)]
        joined = [each for each in text.alternatives if each.raw.startswith(word)]
    else:
        terms = text.raw_terms if kind else text.terms
        single = [at for at, term in enumerate(terms) if term == word]
        joined = [each for each in text.alternatives if (each.raw if kind else each.term) == word]
    return [*((at, at + 1) for at in single), *((each.start, each.end) for each in joined)]


def cased_ranges(
    placed: TokensWithOffsets, text: Tokens | TokenPositions, cased: Cased
) -> list[Range]:
    """The token ranges of all occurrences of a phrase with these capitals, sorted.

    `text`: the tokens of `placed`.
    """
    found = phrase_ranges(text, cased.phrase)
    if not found:
        return []
    plain, with_e = placed.words(), placed.words(WITH_E)
    return [
        (first, last)
        for first, last in found
        if _has_letters(plain[first:last], cased) or _has_letters(with_e[first:last], cased)
    ]


def _has_letters(words: list[str], cased: Cased) -> bool:
    """Whether words that are some spelling of a phrase have its capitals."""
    written = "".join(words)
    match cased.phrase.parts[-1].kind:
        case "*":
            return written.startswith(cased.letters)
        case "=":
            return written == cased.letters
    folded = "".join(map(fold_keeping_case, words))
    return cased.letters in (written, folded, fold_keeping_case(written))


def exact_ranges(placed: TokensWithOffsets, exact: Exact) -> list[Range]:
    """The token ranges of all occurrences of exactly these words with exactly these gaps."""
    size = len(exact.words)
    gaps = list(exact.gaps)
    return [
        (first, last)
        for first, last in word_ranges(placed.tokens.raw_terms, exact.words)
        if placed.gaps[first : first + size - 1] == gaps
    ]


def delimited(placed: TokensWithOffsets) -> str:
    """The form of a text in which `Exact.needle` is searched."""
    ends = (*placed.gaps, "")
    raws = placed.tokens.raw_terms
    return "".join(f"\x1f{raw}\x1f{gap}" for raw, gap in zip(raws, ends, strict=False))


def near_ranges(text: Tokens | TokenPositions, near: Near) -> list[Range]:
    """The token ranges of the words wherever all of them are near each other, sorted."""
    found: set[Range] = set()
    for stretch in _close_stretches(text, near):
        found.update(stretch)
    return sorted(found)


def has_near(text: Tokens | TokenPositions, near: Near) -> bool:
    """Whether the words occur near each other."""
    return next(_close_stretches(text, near), None) is not None


def _close_stretches(text: Tokens | TokenPositions, near: Near) -> Iterator[list[Range]]:
    places = [sorted(set(_written(text, word, ""))) for word in near.words]
    for stretch in _stretches(places) if all(places) else ():
        span = max(end for _, end in stretch) - min(start for start, _ in stretch)
        if span - sum(end - start for start, end in stretch) <= near.distance:
            yield stretch


def _stretches(places: list[list[Range]]) -> Iterator[list[Range]]:
    """For each position of a word, taken as the leftmost: the next position of every word."""
    nearest = [0] * len(places)  # these only increase: linear in the number of positions
    for leftmost in sorted({start for word in places for start, _ in word}):
        for at, word in enumerate(places):
            while word[nearest[at]][0] < leftmost:
                nearest[at] += 1
                if nearest[at] == len(word):
                    return
        yield [word[here] for word, here in zip(places, nearest, strict=True)]


def word_ranges(raws: list[str], words: Iterable[str]) -> list[Range]:
    """The token ranges of adjacent unfolded words."""
    wanted = list(words)
    size = len(wanted)
    return [(at, at + size) for at in range(len(raws) - size + 1) if raws[at : at + size] == wanted]
