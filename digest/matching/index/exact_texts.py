"""The texts of one field as written, in which quoted words are searched."""

import re
from collections.abc import Callable
from itertools import count

from digest.matching.occurrences import cased_ranges, delimited
from digest.matching.query.atoms import Cased, Exact
from digest.matching.text import normalise, tokenize_with_offsets
from digest.matching.work_budget import UNLIMITED, WorkBudget

from .bits import BOUNDARIES, Bits, slots
from .index_cache import BoundedCache

_POSSESSIVE = re.compile(r"(?<=[a-z0-9])'s(?![a-z0-9])")
_ODD_POSSESSIVE = re.compile(r"[+#*]'s(?![a-z0-9])")  # of a word such as C++
_NUMBERS = count()
# Shared by all indexes of the process. The keys are the number of the ExactTexts and the slot, so
# that no index is kept in memory. An abstract takes 1.5 kB. All quoted keywords of a list search
# the same texts: the titles and abstracts of 10,000 papers have to fit.
_plain: BoundedCache[tuple[int, int], str] = BoundedCache(24_576)
_delimited_texts: BoundedCache[tuple[int, int], str] = BoundedCache(4096)


class ExactTexts:
    """Slot -> text; the forms of a text that are searched are cached."""

    def __init__(self, original: Callable[[int], str]) -> None:
        self._original = original
        self._number = next(_NUMBERS)

    def forget(self, slot: int) -> None:
        """Drop what is cached of a slot, whose text has changed."""
        _delimited_texts.pop((self._number, slot), None)
        _plain.pop((self._number, slot), None)

    def contains(self, slot: int, exact: Exact, work: WorkBudget = UNLIMITED) -> bool:
        """Whether the text of a slot contains exactly these words."""
        plain = _plain.get((self._number, slot))
        if plain is None:
            plain = self.plain(slot, work)
        found = _in_plain(plain, exact)
        return exact.needle in self._delimited(slot, work) if found is None else found

    def with_capitals(self, found: Bits, cased: Cased, work: WorkBudget = UNLIMITED) -> Bits:
        """The slots, of those given, whose texts contain a phrase in these capitals."""
        for slot in slots(found):
            if not contains_cased(self._original(slot), cased, work):
                found ^= 1 << slot
        return found

    def plain(self, slot: int, work: WorkBudget = UNLIMITED) -> str:
        """The normalised text in lower case, with single spaces and without possessive endings.

        Empty if it is not plain: not ASCII, or with possessives that need tokenizing.
        """
        key = self._number, slot
        if (kept := _plain.get(key)) is not None:
            return kept
        text = normalise(self._original(slot)).text
        work.spend(len(text) // 8)
        return _plain.keep(key, _plain_form(text))

    def _delimited(self, slot: int, work: WorkBudget) -> str:
        key = self._number, slot
        if (kept := _delimited_texts.get(key)) is not None:
            return kept
        text = delimited(tokenize_with_offsets(self._original(slot)))
        work.spend(len(text) // 5)  # tokenizing takes longer than searching
        return _delimited_texts.keep(key, text)


def contains_exact(text: str, exact: Exact) -> bool:
    """Whether a text contains exactly these words; nothing is cached."""
    found = _in_plain(_plain_form(normalise(text).text), exact)
    return exact.needle in delimited(tokenize_with_offsets(text)) if found is None else found


def contains_cased(text: str, cased: Cased, work: WorkBudget = UNLIMITED) -> bool:
    """Whether a text contains a phrase in these capitals."""
    work.spend(1 + len(text) // 50)
    if len(cased.words) == 1 and cased.letters.isalnum() and f" {cased.letters} " in text:
        return True  # as in most texts
    work.spend(len(text) // 5)
    placed = tokenize_with_offsets(text)
    return bool(cased_ranges(placed, placed.tokens, cased))


def _in_plain(plain: str, exact: Exact) -> bool | None:
    """Whether a plain text ("" if it is not plain) contains words; None if it does not tell."""
    if plain and exact.literal:
        if exact.literal not in plain:
            return False
        if exact.simple:
            return _contains_words(exact.literal, plain)
    return None


def _contains_words(wanted: str, text: str) -> bool | None:
    """Whether a plain text contains whole words; None if only tokenizing can tell."""
    doubtful: bool | None = False
    at = text.find(wanted)
    while at >= 0:
        before, after = text[at - 1], text[at + len(wanted)]
        if before in BOUNDARIES and after in BOUNDARIES:
            return True
        if not before.isalnum() and not after.isalnum():
            doubtful = None
        at = text.find(wanted, at + 1)
    return doubtful


def _plain_form(text: str) -> str:
    if not text.isascii():
        return ""
    plain = f" {' '.join(text.lower().split())} "
    if "'" not in plain:
        return plain
    return "" if "'S" in text or _ODD_POSSESSIVE.search(plain) else _POSSESSIVE.sub("", plain)
