"""The texts of one field as they are written: for words that must stand exactly so."""

from collections.abc import Callable

from ..keywords.atoms import Exact
from ..occurrences import marked
from ..text import place, show
from ..work import UNCOUNTED, Work
from .rows import EDGES


class Originals:
    """Texts by slot; what was made of one to search it is kept until `forget`."""

    def __init__(self, original: Callable[[int], str]) -> None:
        self._original = original
        self._marked: dict[int, str] = {}
        self._plain: dict[int, str] = {}

    def forget(self, slot: int) -> None:
        """The text of a slot is another one from now on."""
        self._marked.pop(slot, None)
        self._plain.pop(slot, None)

    def says(self, slot: int, exact: Exact, work: Work = UNCOUNTED) -> bool:
        """Whether the text of a slot holds exactly these words."""
        hit = self._plainly(slot, exact) if exact.plain else None
        if hit is not None:
            return hit
        return exact.needle in self._marked_text(slot, work)

    def _plainly(self, slot: int, exact: Exact) -> bool | None:
        """The quick answer for plain words in plain text; None where it takes a closer look."""
        text = self.plain(slot)
        if not text:
            return None
        wanted = " ".join(exact.words)
        doubtful: bool | None = False
        at = text.find(wanted)
        while at >= 0:
            before, after = text[at - 1], text[at + len(wanted)]
            if before in EDGES and after in EDGES:
                return True
            if not before.isalnum() and not after.isalnum():
                doubtful = None
            at = text.find(wanted, at + 1)
        return doubtful

    def plain(self, slot: int) -> str:
        """What a plain text shows, in lower case, with single spaces; "" for other texts."""
        if slot not in self._plain:
            shown = show(self._original(slot)).text
            simple = shown.isascii() and "'" not in shown
            self._plain[slot] = f" {' '.join(shown.lower().split())} " if simple else ""
        return self._plain[slot]

    def _marked_text(self, slot: int, work: Work) -> str:
        if slot not in self._marked:
            self._marked[slot] = text = marked(place(self._original(slot)))
            work.spend(len(text) // 5)  # reading it takes longer than searching it
        return self._marked[slot]
