"""Cards, their links and sections as encoded pieces of a mail. A card depends on the paper, the
keywords that hit it and the variant, not on the person: one is made for the mails of all."""

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from html import escape
from typing import NamedTuple

from digest.mail.mime.quoted_printable import (
    PLACEHOLDER,
    encode_joined,
    encode_piece,
    interleave,
    join_texts,
    split_piece,
)
from digest.mail.mime.template_cache import FixedText, prepare, render_text
from digest.mail.mime.wrapping import LINK_NUMBER, tidy_text
from digest.rendering import caches
from digest.rendering.caches import CardPieces, Pieces
from digest.rendering.card_templates import (
    escaped_piece,
    fill_line,
    filled_piece,
    html_template,
    text_template,
)
from digest.rendering.paper_card import Card, Piece

_NUMBER, _PLACE = FixedText(LINK_NUMBER), FixedText(PLACEHOLDER)
_HEADING_LINE = re.compile(f"^(.*{PLACEHOLDER}.*{PLACEHOLDER}.*\n)", re.MULTILINE)


class Variant(NamedTuple):
    """How a card is shown: `abstracts` is full, short or none (see Subscriber.Abstracts),
    `level` that of the title's heading, 2 or 3."""

    abstracts: str
    level: int

    @property
    def bare(self) -> "Variant":
        """The same without the abstract."""
        return self._replace(abstracts="none")


Renderer = Callable[[Card, Variant], CardPieces]


def card_key(card: Card, variant: Variant) -> tuple[object, ...]:
    """What a rendered card depends on: two cards with equal keys are rendered alike."""
    return (card.paper.id, card.paper.change, card.keywords, *variant)


def card_pieces(card: Card, variant: Variant) -> CardPieces:
    """The pieces of one card, from the cache if they are there."""
    return caches.cached_card(card_key(card, variant), lambda: render_card(card, variant))


def render_card(card: Card, variant: Variant) -> CardPieces:
    """The pieces of one card, without the links that belong to one person; in the text each link's
    number is still a LINK_NUMBER. Only what depends on the keywords is encoded anew."""
    title, abstract = card.title, _abstract(card, variant.abstracts)
    template = text_template(card.details, _plain(title), bool(abstract))
    marked = [_marked(title), escape(card.because), *filter(None, [_marked(abstract)])]
    reason = fill_line(template.lines[0], card.because)
    because, *fresh = encode_joined(join_texts([reason, *marked]))
    lines = [because, *(filled_piece(line, _plain(abstract)) for line in template.lines[1:])]
    html = html_template(card.details, variant.level, bool(abstract))
    return CardPieces(interleave(html, fresh), interleave(template.around, lines))


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
    return render_text("email/_hit.html", prepare({"text": _PLACE})).split(PLACEHOLDER)


class ActionLinks(NamedTuple):
    """The links of one digest that each of its papers has: the pieces around the paper's id."""

    html: Pieces
    text: Pieces

    def of(self, paper_id: int) -> tuple[bytes, bytes]:
        """The links of one paper, as HTML and as text."""
        own = b"%d=\r\n" % paper_id
        return own.join(self.html), own.join(self.text)


def action_links(why_url: str, less_url: str) -> ActionLinks:
    """The links *why this paper* and *less like this*, given the URLs of paper 0; no links if they
    are empty."""
    if not why_url:
        return ActionLinks((), ())
    urls = [url.removesuffix("0/") for url in (why_url, less_url)]
    html, text = _action_template()
    return ActionLinks(_with_urls(html, map(escape, urls)), _with_urls(text, urls))


def _with_urls(around: Pieces, urls: Iterable[str]) -> Pieces:
    pieces = [before + encode_piece(url) for before, url in zip(around, urls, strict=False)]
    return *pieces, around[-1]


@cache
def _action_template() -> ActionLinks:
    """The pieces around the URLs, from the papers' ids on."""
    place = FixedText(f"{PLACEHOLDER}/")
    context = prepare({"why_url": place, "less_url": place, "number": _NUMBER})
    html = render_text("email/_actions.html", context).strip()
    text = render_text("email/_actions.txt", context).strip() + "\n"
    return ActionLinks(split_piece(encode_piece(html)), split_piece(encode_piece(text)))


class SectionPieces(NamedTuple):
    """The pieces around the cards of a section."""

    html: Pieces
    text: Pieces


def section_pieces(heading: str, size: str, cards: int) -> SectionPieces:
    """A section with this heading ("" for none) and size, around that number of cards."""
    html, text, line = _section_template(bool(heading), cards)
    if not heading:
        return SectionPieces(html, text)
    before, inside, behind, *others = html
    opened = b"".join([before, escaped_piece(heading), inside, escaped_piece(size), behind])
    first, second, *more = text
    headed = b"".join([first, filled_piece(line, heading, size), second])
    return SectionPieces((opened, *others), (headed, *more))


@lru_cache(maxsize=256)
def _section_template(headed: bool, cards: int) -> tuple[Pieces, Pieces, str]:
    """The pieces around heading, size and cards of the HTML; those around the line of heading and
    size, and the cards, of the text; and that line."""
    open_text = _PLACE if headed else ""
    context = prepare({
        "heading": open_text, "size": open_text, "cards": [True] * cards, "place": _PLACE,
    })  # fmt: skip
    html = split_piece(encode_piece(render_text("email/_section.html", context)))[1:-1]
    text = tidy_text(render_text("email/_section.txt", context))
    if not headed:
        return html, split_piece(encode_piece(text))[1:-1], ""
    before, line, after = _HEADING_LINE.split(text, 1)
    return (
        html,
        (split_piece(encode_piece(before))[1], *split_piece(encode_piece(after))[:-1]),
        line,
    )
