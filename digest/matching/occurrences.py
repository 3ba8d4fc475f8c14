"""Where an atom occurs in one text: the exact answer that the index's bits stand for."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from .query.atoms import Author, Exact, Near, Phrase
from .text import Placed, Reading

Range = tuple[int, int]  # tokens [first, last)


class Words(NamedTuple):
    """A reading in which folded words are looked up: the tokens that are one, and the runs of
    tokens that are one in their second reading."""

    reading: Reading
    tokens: dict[str, tuple[int, ...]]  # tuples of numbers are nothing to the garbage collector
    runs: dict[str, list[Range]]


def words_of(reading: Reading) -> Words:
    """A reading made ready to be asked for many words."""
    tokens: dict[str, list[int]] = {}  # longer and longer tuples would be quadratic
    for at, key in enumerate(reading.keys):
        tokens.setdefault(key, []).append(at)
    runs: dict[str, list[Range]] = {}
    for edge in reading.edges:
        runs.setdefault(edge.key, []).append((edge.start, edge.end))
    return Words(reading, {key: tuple(places) for key, places in tokens.items()}, runs)


def words_at(places: dict[str, tuple[int, ...]]) -> Words:
    """A text of which only the places of some words are known, without second readings."""
    return Words(Reading([], [], []), places, {})


def phrase_ranges(text: Reading | Words, phrase: Phrase) -> list[Range]:
    """Every occurrence of a tolerant phrase.

    The letters must agree; a break of the phrase may be a space, a hyphen or nothing in the text,
    a break of the text must be one of the phrase or a hyphen.
    """
    return sorted(_phrase_ranges(text, phrase))


def has_phrase(text: Reading | Words, phrase: Phrase) -> bool:
    """Whether a tolerant phrase occurs."""
    return bool(_phrase_ranges(text, phrase))


def _phrase_ranges(text: Reading | Words, phrase: Phrase) -> set[Range]:
    # Parts of the phrase -> where a stretch with the first so many ends -> where those begin.
    reached: dict[int, dict[int, set[int]]] = {0: {}}
    for first, end, word, kind in groups(phrase):
        if first not in reached or not (found := _written(text, word, kind)):
            continue
        before, ends = reached[first], reached.setdefault(end, {})
        for at, last in found:
            starts = before.get(at) if first else (at,)
            if starts:
                ends.setdefault(last, set()).update(starts)
    whole = reached.get(len(phrase.parts), {})
    return {(start, last) for last, starts in whole.items() for start in starts}


@lru_cache(maxsize=1024)
def groups(phrase: Phrase) -> tuple[tuple[int, int, str, str], ...]:
    """`Phrase.groups`, kept: a phrase is looked for in very many texts."""
    return tuple(phrase.groups())


def _written(text: Reading | Words, word: str, kind: str) -> list[Range]:
    """Where one word of a phrase stands."""
    if isinstance(text, Words):
        if not kind:
            return [(at, at + 1) for at in text.tokens.get(word, ())] + text.runs.get(word, [])
        text = text.reading
    if kind == "*":
        tokens = [at for at, raw in enumerate(text.raws) if raw.startswith(word)]
        runs = [edge for edge in text.edges if edge.raw.startswith(word)]
    else:
        written = text.raws if kind else text.keys
        tokens = [at for at, each in enumerate(written) if each == word]
        runs = [edge for edge in text.edges if (edge.raw if kind else edge.key) == word]
    return [*((at, at + 1) for at in tokens), *((edge.start, edge.end) for edge in runs)]


def exact_ranges(placed: Placed, exact: Exact) -> list[Range]:
    """Every occurrence of exactly these words with exactly these gaps."""
    size = len(exact.words)
    gaps = list(exact.gaps)
    return [
        (first, last)
        for first, last in word_ranges(placed.reading.raws, exact.words)
        if placed.gaps[first : first + size - 1] == gaps
    ]


def marked(placed: Placed) -> str:
    """A text in which `Exact.needle` can be sought."""
    ends = (*placed.gaps, "")
    raws = placed.reading.raws
    return "".join(f"\x1f{raw}\x1f{gap}" for raw, gap in zip(raws, ends, strict=False))


def near_ranges(text: Reading | Words, near: Near) -> list[Range]:
    """The words of every stretch that holds them all with few enough words among them."""
    found: set[Range] = set()
    for stretch in _close_stretches(text, near):
        found.update(stretch)
    return sorted(found)


def has_near(text: Reading | Words, near: Near) -> bool:
    """Whether the words occur near each other."""
    return next(_close_stretches(text, near), None) is not None


def _close_stretches(text: Reading | Words, near: Near) -> Iterator[list[Range]]:
    places = [sorted(set(_written(text, word, ""))) for word in near.words]
    for stretch in _stretches(places) if all(places) else ():
        span = max(end for _, end in stretch) - min(start for start, _ in stretch)
        if span - sum(end - start for start, end in stretch) <= near.distance:
            yield stretch


def _stretches(places: list[list[Range]]) -> Iterator[list[Range]]:
    """For each place of any word, taken as the leftmost: the nearest place of every word."""
    nearest = [0] * len(places)  # they only ever move to the right: linear in the places
    for leftmost in sorted({start for word in places for start, _ in word}):
        for at, word in enumerate(places):
            while word[nearest[at]][0] < leftmost:
                nearest[at] += 1
                if nearest[at] == len(word):
                    return
        yield [word[here] for word, here in zip(places, nearest, strict=True)]


def name_ranges(reading: Reading, author: Author) -> list[Range]:
    """The words of one name that answer to `author`, if all do; one letter is an initial."""
    if author.ordered:
        return word_ranges(reading.raws, author.words)
    found = [_name_place(reading.raws, word) for word in author.words]
    return sorted((at, at + 1) for at in found if at is not None) if None not in found else []


def _name_place(raws: list[str], word: str) -> int | None:
    for at, raw in enumerate(raws):
        if raw == word or (len(word) == 1 and raw.startswith(word)):
            return at
    return None


def word_ranges(raws: list[str], words: Iterable[str]) -> list[Range]:
    """Where unfolded `words` stand in a row."""
    wanted = list(words)
    size = len(wanted)
    return [(at, at + size) for at in range(len(raws) - size + 1) if raws[at : at + size] == wanted]
