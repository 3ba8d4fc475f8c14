"""What a process keeps between mails: cards that were rendered and encoded before, within
CARD_CACHE_MB of memory, and the paper rows of one batch after another."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

from django.conf import settings

from digest.models import Catalogue, Paper

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


MOST = 5_000  # rows kept; one with its abstract weighs about 5 kB


@dataclass(frozen=True, slots=True)
class _Held:
    """Rows as they are at this change of the catalogue."""

    change: int
    papers: dict[int, Paper] = field(default_factory=dict)


_held: _Held | None = None
_lock = Lock()


def papers_by_id(ids: Iterable[int]) -> Mapping[int, Paper]:
    """The rows of these papers, and perhaps of others, by their ids; one that was deleted is
    missing. Any change of the catalogue has them read anew."""
    global _held
    wanted, change = set(ids), Catalogue.current().change
    with _lock:
        if _held is None or _held.change != change or len(_held.papers) + len(wanted) > MOST:
            _held = _Held(change)
        held = _held.papers
    if missing := wanted - held.keys():
        held.update(Paper.objects.in_bulk(missing))
    return held
