"""Authors who occur in several papers of a library."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from digest.matching.names.folding import joined
from digest.matching.names.name_words import name_words

from .library import Counted

MAX_AUTHORS = 60  # that are returned, the most frequent
_MOST_NAMES = 50  # of one paper
_LONGEST_NAME = 80
_NOT_PLAIN = frozenset("-'`\\{}$^&<>()0123456789,;")
Name = tuple[str, ...]


def count_authors(papers: Iterable[Sequence[str]]) -> tuple[Counted, ...]:
    """Return the authors of several papers, given the names of each paper, most frequent first.

    "Jane Doe" and "Jane A. Doe" are one person, and so is "J Doe" if no other has that initial.
    """
    found: dict[Name, set[int]] = defaultdict(set)
    spelt: dict[Name, Counter[str]] = defaultdict(Counter)
    count = 0
    for number, names in enumerate(papers):
        count += 1
        for name in names[:_MOST_NAMES]:
            if len(name) <= _LONGEST_NAME and (person := _person(name)):
                found[person].add(number)
                spelt[person][name] += 1
    for initial, full in _full_names(found).items():
        found[full] |= found.pop(initial)
    least = 2 if count < 500 else 3
    several = [person for person, own in found.items() if len(own) >= least]
    best = sorted(several, key=lambda person: (-len(found[person]), person))[:MAX_AUTHORS]
    return tuple(Counted(spelt[each].most_common(1)[0][0], len(found[each])) for each in best)


@lru_cache(maxsize=20_000)
def _person(name: str) -> Name:
    """Return the first given name and the family name, () if there is one word only or it may be a
    group's."""
    is_plain = name.isascii() and _NOT_PLAIN.isdisjoint(name)
    words = name.replace(".", " ").lower().split() if is_plain else _words(name)
    if not 2 <= len(words) <= 6 or any(map(str.isdigit, words)) or len(words[-1]) < 2:
        return ()
    return joined(words[0]), joined(words[-1])


def _words(name: str) -> list[str]:
    """Return the folded words of a name, the given names first."""
    found = next(name_words(name))
    words = [word.folded for word in found.words]
    return [*words[found.family :], *words[: found.family], *found.unspaced]


def _full_names(names: Iterable[Name]) -> dict[Name, Name]:
    """A name with an initial -> the one full name with that initial; without those that have none
    or several."""
    full: dict[Name, list[Name]] = defaultdict(list)
    for first, last in names:
        if len(first) > 1:
            full[first[0], last].append((first, last))
    initials = [name for name in names if len(name[0]) == 1]
    return {name: full[name][0] for name in initials if len(full.get(name, ())) == 1}
