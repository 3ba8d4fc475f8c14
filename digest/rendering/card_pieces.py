"""Cards and their links as encoded pieces of a mail. A card depends on the paper, the
keywords that hit it and the variant, not on the person: one is made for the mails of all."""

from collections.abc import Callable, Iterable
from functools import cache
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
from digest.mail.mime.wrapping import LINK_NUMBER
from digest.rendering import caches
from digest.rendering.caches import CardPieces, Pieces
from digest.rendering.card_templates import (
    Parts,
    fill_line,
    filled_piece,
    html_template,
    text_template,
)
from digest.rendering.excerpts import Piece
from digest.rendering.paper_card import BRIEF_LIMIT, SHORT_LIMIT, Card
from subscriptions.models import Subscriber

_NUMBER, _PLACE = FixedText(LINK_NUMBER), FixedText(PLACEHOLDER)


class Variant(NamedTuple):
    """How a card is shown: `form` is brief, short or full, or none for the title alone (see
    Subscriber.Abstracts), `level` that of the title's heading, 2 or 3, `heading` the keyword that
    it stands under, "" for none."""

    form: str
    level: int
    heading: str = ""

    @property
    def is_row(self) -> bool:
        return self.form == Subscriber.Abstracts.NONE


Renderer = Callable[[Card, Variant], CardPieces]


def card_key(card: Card, variant: Variant) -> tuple[object, ...]:
    """What a rendered card depends on: two cards with equal keys are rendered alike."""
    return (card.paper.id, card.paper.change, card.keywords, card.pairs, *variant)


def card_pieces(card: Card, variant: Variant) -> CardPieces:
    """The pieces of one card, from the cache if they are there."""
    return caches.cached_card(card_key(card, variant), lambda: render_card(card, variant))


def render_card(card: Card, variant: Variant) -> CardPieces:
    """The pieces of one card, without the links of one digest, which come before the last piece of
    the HTML and after the text; in the text each link's number is still a LINK_NUMBER. Only what
    depends on the keywords is encoded anew."""
    title, abstract = card.title, _abstract(card, variant.form)
    reason = card.reason(variant.heading, with_facts=not variant.is_row)
    details = card.details.of_row if variant.is_row else card.details
    parts = Parts(variant.is_row, bool(reason), bool(abstract))
    template = text_template(details, _plain(title), parts)
    lines = list(template.lines)
    first = [fill_line(lines.pop(0), reason)] if reason else []
    marked = [_marked(title), *filter(None, [escape(reason), _marked(abstract)])]
    encoded = encode_joined(join_texts([*first, *marked]))
    own, fresh = encoded[: len(first)], encoded[len(first) :]
    own += [filled_piece(line, _plain(abstract)) for line in lines]
    *around, last = html_template(details, variant.level, parts)
    return CardPieces((*interleave(around, fresh), last), interleave(template.around, own))


def _abstract(card: Card, form: str) -> tuple[Piece, ...]:
    match form:
        case "full":
            return card.whole_abstract
        case "short":
            return card.excerpt(SHORT_LIMIT)
        case "brief":
            return card.excerpt(BRIEF_LIMIT)
        case _:
            return ()


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


def action_links(why_url: str = "", rate_url: str = "", less_url: str = "") -> ActionLinks:
    """The links *why this paper*, *rate it* and *less like this*, given the URLs of paper 0; their
    words alone, and nothing in the text, without URLs."""
    if not why_url:
        return ActionLinks((_action_words(),), ())
    urls = [url.removesuffix("0/") for url in (why_url, rate_url, less_url)]
    html, text = _action_template()
    return ActionLinks(_with_urls(html, map(escape, urls)), _with_urls(text, urls))


def _with_urls(around: Pieces, urls: Iterable[str]) -> Pieces:
    pieces = [before + encode_piece(url) for before, url in zip(around, urls, strict=False)]
    return *pieces, around[-1]


@cache
def _action_template() -> ActionLinks:
    """The pieces around the URLs, from the papers' ids on."""
    place = FixedText(f"{PLACEHOLDER}/")
    names = ("why_url", "rate_url", "less_url")
    context = prepare({**dict.fromkeys(names, place), "number": _NUMBER})
    html = render_text("email/_actions.html", context).strip()
    text = render_text("email/_actions.txt", context).strip() + "\n"
    return ActionLinks(split_piece(encode_piece(html)), split_piece(encode_piece(text)))


@cache
def _action_words() -> bytes:
    context = prepare(dict.fromkeys(("why_url", "rate_url", "less_url"), ""))
    return encode_piece(render_text("email/_actions.html", context).strip())
