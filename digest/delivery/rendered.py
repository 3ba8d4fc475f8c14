"""A card as HTML and as text, and as parts of a mail. It depends on the paper as it is, the
keywords that hit it and the variant, not on the person: one is made for the mails of all."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from html import escape
from typing import Any, NamedTuple

from digest.delivery import card_cache
from digest.delivery.card import Card, Piece
from digest.delivery.card_cache import CardParts
from digest.mail.mould import Slot, fill, fill_part, ready
from digest.mail.parts import PLACE, around, part
from digest.mail.wrap import LINK_NUMBER, tidied

_NUMBER, _PLACE = Slot(LINK_NUMBER), Slot(PLACE)


class Variant(NamedTuple):
    """How a card is shown: `abstracts` is full, short or none (see Subscriber.Abstracts),
    `level` that of the title's heading, 2 or 3."""

    abstracts: str
    level: int

    @property
    def bare(self) -> "Variant":
        """The same without the abstract."""
        return self._replace(abstracts="none")


class RenderedCard(NamedTuple):
    """A card in both forms; in the text each link's number is still a LINK_NUMBER."""

    html: str
    text: str


Renderer = Callable[[Card, Variant], CardParts]


def card_key(card: Card, variant: Variant) -> tuple[object, ...]:
    """What a rendered card depends on: two cards with equal keys are rendered alike."""
    return (card.paper.pk, card.paper.change, card.keywords, *variant)


def card_parts(card: Card, variant: Variant) -> CardParts:
    """The parts of one card, which are kept for the mails to come."""
    return card_cache.kept(card_key(card, variant), lambda: _card_parts(card, variant))


def _card_parts(card: Card, variant: Variant) -> CardParts:
    html, text = rendered_card(card, variant)
    return CardParts(part(html), part(f"{text}\n"))


def rendered_card(card: Card, variant: Variant) -> RenderedCard:
    """One paper's part of a mail, without the links that belong to one person."""
    abstract = _abstract(card, variant.abstracts)
    shown: dict[str, Any] = {
        "level": variant.level,
        "url": card.url,
        "changes": card.changes,
        "because": card.because,
        "links": card.links,
        "number": _NUMBER,
    }
    frame = {"title": _PLACE, "abstract": _PLACE if abstract else "", "facts": card.unbroken_facts}
    html = fill("email/_paper.html", ready(shown | frame)).split(PLACE)
    plain = {"title": _plain(card.title), "abstract": _plain(abstract), "facts": card.facts}
    text = fill("email/_paper.txt", ready(shown | plain))
    return RenderedCard(
        _joined(html, [_marked(card.title), _marked(abstract)]).strip(), tidied(text.strip())
    )


def _abstract(card: Card, kind: str) -> tuple[Piece, ...]:
    match kind:
        case "full":
            return card.whole_abstract
        case "none":
            return ()
        case _:
            return card.abstract


def _plain(pieces: Iterable[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _marked(pieces: Iterable[Piece]) -> str:
    """The pieces as HTML, hits marked."""
    before, after = _hit()
    return "".join(
        f"{before}{escape(text)}{after}" if hit else escape(text) for text, hit in pieces
    )


@cache
def _hit() -> list[str]:
    return fill("email/_hit.html", ready({"text": _PLACE})).split(PLACE)


def _joined(around: list[str], between: Iterable[str]) -> str:
    first, *others = around
    return first + "".join(text + after for text, after in zip(between, others, strict=False))


class Actions(NamedTuple):
    """The links of one person and digest that each paper has: the parts around its id."""

    html: tuple[bytes, ...]
    text: tuple[bytes, ...]

    def of(self, paper_id: int) -> CardParts:
        own = b"%d=\r\n" % paper_id
        return CardParts(own.join(self.html), own.join(self.text))


def actions(why_url: str, less_url: str) -> Actions:
    """The links *why this paper* and *less like this*, given those of paper 0; none if empty."""
    if not why_url:
        return Actions((), ())
    urls = [url.removesuffix("0/") for url in (why_url, less_url)]
    html, text = _around_urls()
    return Actions(_with_urls(html, map(escape, urls)), _with_urls(text, urls))


def _with_urls(around: Sequence[bytes], urls: Iterable[str]) -> tuple[bytes, ...]:
    return *(before + part(url) for before, url in zip(around, urls, strict=False)), around[-1]


@cache
def _around_urls() -> Actions:
    """What stands around the links, from the papers' ids on."""
    place = Slot(f"{PLACE}/")
    context = ready({"why_url": place, "less_url": place, "number": _NUMBER})
    html = fill("email/_actions.html", context).strip()
    text = fill("email/_actions.txt", context).strip() + "\n"
    return Actions(around(part(html)), around(part(text)))


@lru_cache(maxsize=1024)
def section(heading: str, size: str, cards: int) -> "Section":
    """A heading, "" for none, over so many cards."""
    context = ready({"heading": heading, "size": size, "cards": [True] * cards, "place": _PLACE})
    html = fill_part("email/_section.html", context)
    text = part(tidied(fill("email/_section.txt", context)))
    return Section(around(html)[1:-1], around(text)[1:-1])


class Section(NamedTuple):
    """The parts around the cards of a section."""

    html: tuple[bytes, ...]
    text: tuple[bytes, ...]
