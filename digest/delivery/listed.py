"""The papers of a mail: cards under their headings, each with the links of this digest."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from digest.delivery.account import Account, counted
from digest.delivery.addresses import signed
from digest.delivery.card import Card, isolated
from digest.delivery.groups import Group, grouped
from digest.delivery.rendered import Actions, Renderer, Section, Variant, actions, section
from digest.mail.mime.header_fields import header_text
from digest.models import Digest
from subscriptions.links import Purpose


class Shown(NamedTuple):
    """How much of a digest a mail holds, the best papers first: `whole` cards with their
    abstracts, then `bare` ones; the rest is behind "and 14 more"."""

    cards: Sequence[Card]
    whole: int


class Listed(NamedTuple):
    """The papers of a mail as parts, to be joined."""

    html: list[bytes]
    text: list[bytes]


def listed(account: Account, shown: Shown, own: Actions, rendered: Renderer) -> Listed:
    """The papers as they stand in the mail, matches by keyword where they are many."""
    bare = {id(card) for card in shown.cards[shown.whole :]}
    kind = account.digest.subscriber.abstracts
    papers = Listed([], [])
    for group, level, around in _sections(account, shown.cards):
        whole = Variant(kind, level)
        papers.html.append(around.html[0])
        papers.text.append(around.text[0])
        for card, html, text in zip(group.cards, around.html[1:], around.text[1:], strict=True):
            made = rendered(card, whole.bare if id(card) in bare else whole)
            links = own.of(card.paper.id)
            papers.html.extend((*made.html, links[0], html))
            papers.text.extend((*made.text, links[1], text))
    return papers


def _sections(account: Account, cards: Sequence[Card]) -> Iterator[tuple[Group, int, Section]]:
    """The groups with the level of their titles and what stands around their cards."""
    matched = [card for card in cards if card.keywords]
    for group in grouped(matched, *([1] if account.weekly else [])):
        size = _size(len(group.cards), account.hits.get(group.keyword, 0))
        heading = isolated(header_text(group.keyword))
        yield group, 3 if group.keyword else 2, section(heading, size, len(group.cards))
    if others := [card for card in cards if not card.keywords]:
        size = counted(len(others), "paper")
        yield Group("", others), 3, section(account.trending_title, size, len(others))


def _size(shown: int, hits: int) -> str:
    """Like "4 papers", and "3 of 4 papers" where others that the keyword hit stand elsewhere: under
    another keyword, or behind "and 14 more"."""
    return f"{shown} of {counted(hits, 'paper')}" if hits > shown else counted(shown, "paper")


def own_actions(digest: Digest) -> Actions:
    """The links of this digest for each of its papers."""
    if not digest.pk:  # a preview: there is no row yet that a link could name
        return actions("", "")
    return actions(
        signed(digest, "why", Purpose.WHY, digest.pk, 0),
        signed(digest, "less", Purpose.LESS, digest.pk, 0),
    )
