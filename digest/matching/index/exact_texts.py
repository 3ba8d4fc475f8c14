"""The texts of one field as they are written: for words that must stand exactly so."""

import re
from collections.abc import Callable
from itertools import count

from digest.matching.occurrences import delimited
from digest.matching.query.atoms import Exact
from digest.matching.text import normalise, tokenize_with_offsets
from digest.matching.work_budget import UNLIMITED, WorkBudget

from .bits import BOUNDARIES
from .index_cache import BoundedCache

_POSSESSIVE = re.compile(r"(?<=[a-z0-9])'s(?![a-z0-9])")
_ODD_POSSESSIVE = re.compile(r"[+#*]'s(?![a-z0-9])")  # of a word such as C++
_NUMBERS = count()
# Of all indexes of the process together, keyed by the number of the Originals and the slot, so that
# no index is kept in memory for this. An abstract weighs 1.5 kB. All quoted keywords of a list look
# into the same texts: the titles and abstracts of 10,000 papers have to fit.
_plain: BoundedCache[tuple[int, int], str] = BoundedCache(24_576)
_marked: BoundedCache[tuple[int, int], str] = BoundedCache(4096)


class ExactTexts:
    """Texts by slot; what was made of one to search it is kept for a while."""

    def __init__(self, original: Callable[[int], str]) -> None:
        self._original = original
        self._number = next(_NUMBERS)

    def forget(self, slot: int) -> None:
        """The text of a slot is another one from now on."""
        _marked.pop((self._number, slot), None)
        _plain.pop((self._number, slot), None)

    def contains(self, slot: int, exact: Exact, work: WorkBudget = UNLIMITED) -> bool:
        """Whether the text of a slot holds exactly these words."""
        plain = _plain.get((self._number, slot))
        if plain is None:
            plain = self.plain(slot, work)
        if plain and exact.literal:
            if exact.literal not in plain:
                return False
            if exact.simple and (hit := _stands(exact.literal, plain)) is not None:
                return hit
        return exact.needle in self._marked_text(slot, work)

    def plain(self, slot: int, work: WorkBudget = UNLIMITED) -> str:
        """What a plain text shows, in lower case, with single spaces and without the endings of
        possessives, which are no words; "" for other texts."""
        key = self._number, slot
        if (kept := _plain.get(key)) is not None:
            return kept
        shown = normalise(self._original(slot)).text
        work.spend(len(shown) // 8)
        return _plain.keep(key, _made_plain(shown))

    def _marked_text(self, slot: int, work: WorkBudget) -> str:
        key = self._number, slot
        if (kept := _marked.get(key)) is not None:
            return kept
        text = delimited(tokenize_with_offsets(self._original(slot)))
        work.spend(len(text) // 5)  # reading it takes longer than searching it
        return _marked.keep(key, text)


def _stands(wanted: str, text: str) -> bool | None:
    """Whether words stand in a plain text by themselves; None where it takes a closer look."""
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


def _made_plain(shown: str) -> str:
    if not shown.isascii():
        return ""
    text = f" {' '.join(shown.lower().split())} "
    if "'" not in text:
        return text
    return "" if "'S" in shown or _ODD_POSSESSIVE.search(text) else _POSSESSIVE.sub("", text)
