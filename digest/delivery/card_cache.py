"""Cards that were rendered and encoded before, kept within CARD_CACHE_MB of memory a process.

A card is kept in pieces. Most of it is the same whichever keywords brought the paper, and its cards
have those pieces together: they weigh once.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import NamedTuple

from django.conf import settings

_OVERHEAD = 800  # bytes of a kept card besides its own pieces: the key, the tuples, the entry
Pieces = tuple[bytes, ...]
Frame = tuple[int, int]


class CardParts(NamedTuple):
    """A card as parts of a mail (see digest.mail.mime.quoted_printable), to be
    joined; its links are not numbered yet. Every other
    piece, from the first, is of the frame that cards of a paper share."""

    html: Pieces
    text: Pieces


class CardCacheInfo(NamedTuple):
    hits: int
    misses: int
    cards: int
    bytes: int


class CardCache:
    """The cards that were asked for last, in `most` bytes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, CardParts] = OrderedDict()
        self._framed: Counter[Frame] = Counter()  # a frame -> cards that have it
        self._lock = Lock()
        self._bytes = self._hits = self._misses = 0

    def get(self, key: Hashable, make: Callable[[], CardParts]) -> CardParts:
        """The card of this key, made if it is not kept."""
        with self._lock:
            if found := self._kept.get(key):
                self._hits += 1
                self._kept.move_to_end(key)
                return found
        made, most = make(), settings.CARD_CACHE_MB * 1_000_000
        with self._lock:
            self._misses += 1
            if key not in self._kept:
                self._keep(key, made)
            while self._bytes > most:
                self._drop_oldest()
        return made

    def _keep(self, key: Hashable, card: CardParts) -> None:
        self._kept[key] = card
        self._bytes += _own(card)
        frame = _frame(card)
        if not self._framed[frame]:
            self._bytes += _shared(card)
        self._framed[frame] += 1

    def _drop_oldest(self) -> None:
        _, card = self._kept.popitem(last=False)
        self._bytes -= _own(card)
        frame = _frame(card)
        self._framed[frame] -= 1
        if not self._framed[frame]:
            del self._framed[frame]
            self._bytes -= _shared(card)

    def info(self) -> CardCacheInfo:
        with self._lock:
            return CardCacheInfo(self._hits, self._misses, len(self._kept), self._bytes)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._framed.clear()
            self._bytes = self._hits = self._misses = 0


def _frame(card: CardParts) -> Frame:
    """The identity of the pieces that it shares, which live as long as a card has them. A frame
    of one form may stand beside several of the other: papers without a link are alike in HTML."""
    return id(card.html[0]), id(card.text[0])


def _own(card: CardParts) -> int:
    return sum(map(len, (*card.html[1::2], *card.text[1::2])), _OVERHEAD)


def _shared(card: CardParts) -> int:
    return sum(map(len, (*card.html[::2], *card.text[::2])))


_cards = CardCache()
kept, card_cache_info, clear = _cards.get, _cards.info, _cards.clear
