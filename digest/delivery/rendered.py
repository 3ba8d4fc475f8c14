"""A card as HTML and as text. It depends on the paper as it is, the keywords that hit it and the
variant, not on the person: whoever sends many mails may keep it by `card_key`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from django.template.loader import render_to_string

from digest.delivery.card import Card, Piece
from digest.mail.wrap import LINK_NUMBER, wrapped

_PLACE = "/0/"  # no paper has the id 0


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


Renderer = Callable[[Card, Variant], RenderedCard]


def card_key(card: Card, variant: Variant) -> tuple[object, ...]:
    """What a rendered card depends on: two cards with equal keys are rendered alike."""
    return (card.paper.pk, card.paper.change, card.keywords, *variant)


def rendered_card(card: Card, variant: Variant) -> RenderedCard:
    """One paper's part of a mail, without the links that belong to one person."""
    context = {
        "card": card,
        "level": variant.level,
        "abstract": _abstract(card, variant.abstracts),
        "number": LINK_NUMBER,
    }
    html = render_to_string("email/_paper.html", context)
    return RenderedCard(
        html.strip(), wrapped(render_to_string("email/_paper.txt", context).strip())
    )


def _abstract(card: Card, kind: str) -> tuple[Piece, ...]:
    match kind:
        case "full":
            return card.whole_abstract
        case "none":
            return ()
        case _:
            return card.abstract


@dataclass(frozen=True, slots=True)
class Actions:
    """The links of one person and digest that each paper has: written once, with a place for the
    paper's id, so that a paper's own are made by plain replacing."""

    html: str
    text: str

    def of(self, paper_id: int) -> RenderedCard:
        own = f"/{paper_id}/"
        return RenderedCard(self.html.replace(_PLACE, own), self.text.replace(_PLACE, own))


def actions(why_url: str, less_url: str) -> Actions:
    """The links *why this paper* and *less like this*, given those of paper 0; none if empty."""
    if not why_url:
        return Actions("", "")
    context = {"why_url": why_url, "less_url": less_url, "number": LINK_NUMBER}
    return Actions(
        render_to_string("email/_actions.html", context).strip(),
        render_to_string("email/_actions.txt", context).strip(),
    )
