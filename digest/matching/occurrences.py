"""Where an atom occurs in one text: the exact answer that the index's bits stand for."""

from collections.abc import Iterable, Iterator

from .keywords.atoms import Author, Exact, Near, Part, Phrase
from .text import Edge, Placed, Reading

Range = tuple[int, int]  # tokens [first, last)
_Groups = dict[int, list[tuple[int, str, str]]]  # first part -> (end, word, kind)


def phrase_ranges(reading: Reading, phrase: Phrase) -> list[Range]:
    """Every occurrence of a tolerant phrase.

    The letters must agree; a break of the phrase may be a space, a hyphen or nothing in the text,
    a break of the text must be one of the phrase or a hyphen.
    """
    return sorted(_phrase_ranges(reading, phrase))


def has_phrase(reading: Reading, phrase: Phrase) -> bool:
    """Whether a tolerant phrase occurs."""
    return any(True for _ in _phrase_ranges(reading, phrase))


def _phrase_ranges(reading: Reading, phrase: Phrase) -> Iterator[Range]:
    groups: _Groups = {}
    for first, end, word, kind in phrase.groups():
        groups.setdefault(first, []).append((end, word, kind))
    edges: dict[int, list[Edge]] = {}
    for edge in reading.edges:
        edges.setdefault(edge.start, []).append(edge)
    for at in _openings(reading, groups[0]):
        for last in _ends(reading, edges, groups, at, len(phrase.parts)):
            yield at, last


def _openings(reading: Reading, opening: list[tuple[int, str, str]]) -> Iterable[int]:
    """The tokens at which a phrase may begin."""
    keys = {word for _, word, kind in opening if not kind}
    found = {at for at, key in enumerate(reading.keys) if key in keys}
    found |= {edge.start for edge in reading.edges if edge.key in keys}
    for _, word, kind in opening:
        if kind == "*":
            found |= {at for at, raw in enumerate(reading.raws) if raw.startswith(word)}
            found |= {edge.start for edge in reading.edges if edge.raw.startswith(word)}
        elif kind == "=":
            found |= {at for at, raw in enumerate(reading.raws) if raw == word}
            found |= {edge.start for edge in reading.edges if edge.raw == word}
    return found


def _ends(
    reading: Reading, edges: dict[int, list[Edge]], groups: _Groups, at: int, size: int
) -> set[int]:
    """The tokens before which a phrase of `size` parts that begins at token `at` may end."""
    states, ends = {(at, 0)}, set[int]()
    while states:
        grown: set[tuple[int, int]] = set()
        for place, done in states:
            if done == size:
                ends.add(place)
            elif place < len(reading.keys):
                token = Edge(place, place + 1, reading.keys[place], reading.raws[place])
                for step in (token, *edges.get(place, ())):
                    grown |= {(step.end, end) for end, *word in groups[done] if _same(step, *word)}
        states = grown
    return ends


def _same(step: Edge, word: str, kind: str) -> bool:
    if kind == "*":
        return step.raw.startswith(word)
    return word == (step.raw if kind == "=" else step.key)


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


def near_ranges(reading: Reading, near: Near) -> list[Range]:
    """The words of every stretch that holds them all with few enough words among them."""
    places = [phrase_ranges(reading, Phrase((Part(word),))) for word in near.words]
    if not all(places):
        return []
    found: set[Range] = set()
    for stretch in _stretches(places):
        span = max(end for _, end in stretch) - min(start for start, _ in stretch)
        if span - sum(end - start for start, end in stretch) <= near.distance:
            found.update(stretch)
    return sorted(found)


def _stretches(places: list[list[Range]]) -> Iterator[list[Range]]:
    """For each place of any word, taken as the leftmost: the nearest place of every word."""
    for leftmost in sorted({start for word in places for start, _ in word}):
        nearest = [next((p for p in word if p[0] >= leftmost), None) for word in places]
        if None not in nearest:
            yield [place for place in nearest if place is not None]


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
