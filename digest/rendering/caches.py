"""Caches of a process: cards that were rendered and encoded before, within CARD_CACHE_MB of memory,
and the papers of the last batches."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

from django.conf import settings

from digest.models import Catalogue, Paper

_OVERHEAD = 800  # bytes of a kept card besides its own pieces: the key, the tuples, the entry
Pieces = tuple[bytes, ...]
TemplateKey = tuple[int, int]


class CardPieces(NamedTuple):
    """A card as encoded pieces to be joined (see digest.mail.mime.quoted_printable); its links are
    not numbered yet. Every other piece, from the first, is of the card's template, which the cards
    of a paper share."""

    html: Pieces
    text: Pieces


class CardCacheInfo(NamedTuple):
    hits: int
    misses: int
    cards: int
    bytes: int


class CardCache:
    """The most recently used cards, within CARD_CACHE_MB of memory."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, CardPieces] = OrderedDict()
        self._cards_by_template: Counter[TemplateKey] = Counter()
        self._lock = Lock()
        self._bytes = self._hits = self._misses = 0

    def get(self, key: Hashable, make: Callable[[], CardPieces]) -> CardPieces:
        """The card of this key; calls `make` if it is not in the cache."""
        with self._lock:
            if found := self._kept.get(key):
                self._hits += 1
                self._kept.move_to_end(key)
                return found
        made, most = make(), settings.CARD_CACHE_MB * 1_000_000
        with self._lock:
            self._misses += 1
            if key not in self._kept:
                self._add(key, made)
            while self._bytes > most:
                self._drop_oldest()
        return made

    def _add(self, key: Hashable, card: CardPieces) -> None:
        self._kept[key] = card
        self._bytes += _own_bytes(card)
        template = _template_of(card)
        if not self._cards_by_template[template]:
            self._bytes += _template_bytes(card)
        self._cards_by_template[template] += 1

    def _drop_oldest(self) -> None:
        _, card = self._kept.popitem(last=False)
        self._bytes -= _own_bytes(card)
        template = _template_of(card)
        self._cards_by_template[template] -= 1
        if not self._cards_by_template[template]:
            del self._cards_by_template[template]
            self._bytes -= _template_bytes(card)

    def info(self) -> CardCacheInfo:
        with self._lock:
            return CardCacheInfo(self._hits, self._misses, len(self._kept), self._bytes)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._cards_by_template.clear()
            self._bytes = self._hits = self._misses = 0


def _template_of(card: CardPieces) -> TemplateKey:
    """The identity of its templates, which live as long as a card of them. One template of a form
    may go with several of the other: papers without a link are alike in HTML."""
    return id(card.html[0]), id(card.text[0])


def _own_bytes(card: CardPieces) -> int:
    return sum(map(len, (*card.html[1::2], *card.text[1::2])), _OVERHEAD)


def _template_bytes(card: CardPieces) -> int:
    return sum(map(len, (*card.html[::2], *card.text[::2])))


_cards = CardCache()
cached_card, card_cache_info, clear = _cards.get, _cards.info, _cards.clear


MOST = 2_000  # rows kept; one with its abstract weighs about 5 kB


@dataclass(frozen=True, slots=True)
class _PaperRows:
    """Papers as they are at this change of the catalogue."""

    change: int
    papers: dict[int, Paper] = field(default_factory=dict)


_rows: _PaperRows | None = None
_lock = Lock()


def papers_by_id(ids: Iterable[int]) -> Mapping[int, Paper]:
    """Map at least these ids to their papers; deleted ones are missing. Rows are kept until the
    catalogue changes."""
    global _rows
    wanted, change = set(ids), Catalogue.current().change
    with _lock:
        if _rows is None or _rows.change != change or len(_rows.papers) + len(wanted) > MOST:
            _rows = _PaperRows(change)
        papers = _rows.papers
    if missing := wanted - papers.keys():
        papers.update(Paper.objects.in_bulk(missing))
    return papers
