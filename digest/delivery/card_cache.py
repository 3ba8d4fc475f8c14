"""Cards that were rendered and encoded before, kept within CARD_CACHE_MB of memory a process."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import NamedTuple

from django.conf import settings

_OVERHEAD = 600  # bytes of a kept card besides its two texts: the key, the pair, the table's entry


class CardParts(NamedTuple):
    """A card as parts of a mail (see digest.mail.parts); its links are not numbered yet."""

    html: bytes
    text: bytes


class CardCacheInfo(NamedTuple):
    hits: int
    misses: int
    cards: int
    bytes: int


class CardCache:
    """The cards that were asked for last, in `most` bytes."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, CardParts] = OrderedDict()
        self._lock = Lock()
        self._bytes = self._hits = self._misses = 0

    def get(self, key: Hashable, make: Callable[[], CardParts]) -> CardParts:
        """The card of this key, made if it is not kept."""
        with self._lock:
            if found := self._kept.get(key):
                self._hits += 1
                self._kept.move_to_end(key)
                return found
        made = make()
        with self._lock:
            self._misses += 1
            self._keep(key, made)
        return made

    def _keep(self, key: Hashable, card: CardParts) -> None:
        if key not in self._kept:
            self._bytes += _weight(card)
        self._kept[key] = card
        while self._bytes > settings.CARD_CACHE_MB * 1_000_000:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= _weight(oldest)

    def info(self) -> CardCacheInfo:
        with self._lock:
            return CardCacheInfo(self._hits, self._misses, len(self._kept), self._bytes)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._bytes = self._hits = self._misses = 0


def _weight(card: CardParts) -> int:
    return len(card.html) + len(card.text) + _OVERHEAD


_cards = CardCache()
kept, card_cache_info, clear = _cards.get, _cards.info, _cards.clear
