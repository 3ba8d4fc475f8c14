"""What of a mail depends on the person: headings, sentences, the links of the footer."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings

from digest.delivery.account import Account, counted
from digest.delivery.addresses import signed, unsubscribe_url
from digest.delivery.asides import near_misses, since_then
from digest.delivery.card import Card, clipped, isolated, title_of
from digest.delivery.groups import Group, grouped
from digest.delivery.opening import heading, opening
from digest.delivery.rendered import Actions, RenderedCard, Renderer, Variant, actions
from digest.delivery.subject import subject
from digest.delivery.weekly import chart
from digest.mail.message import header_text
from digest.mail.wrap import LINK_NUMBER
from digest.models import Digest, Paper
from subscriptions.links import Purpose, address

DROPPABLE = 10  # up to so many keywords, each has its own link in the footer
_KEYWORDS_ROOM = 1_500  # characters of keywords in the footer
_PREHEADER = 140


class Section(NamedTuple):
    """A heading (none for the one list of a short mail), how many papers stand under it, and
    the papers, ready."""

    heading: str
    size: str
    papers: list[RenderedCard]


class Keyword(NamedTuple):
    text: str
    drop_url: str


class Shown(NamedTuple):
    """How much of a digest a mail holds, the best papers first: `whole` cards with their
    abstracts, then `bare` ones; the rest is behind "and 14 more"."""

    cards: Sequence[Card]
    whole: int


def frame(
    account: Account,
    shown: Shown,
    papers: Mapping[int, Paper],
    rows: Mapping[str, int],
    rendered: Renderer,
) -> dict[str, Any]:
    """The context of `email/digest.*`. `rows`: keywords in force -> the ids of their rows."""
    digest, subscriber = account.digest, account.digest.subscriber
    return {
        "subject": subject(account),
        "heading": heading(account),
        "opening": " ".join(opening(account)),
        "preheader": _preheader(account, shown, papers),
        "chart": chart(account.hits()) if account.weekly else [],
        **_sections(account, shown, rendered),
        "follow_ups": since_then(digest, papers),
        "near": list(near_misses(digest, papers, rows)),
        "more": len(account.matched) + account.trending - len(shown.cards),
        "number": LINK_NUMBER,
        "subscriber": subscriber,
        "postal_address": settings.POSTAL_ADDRESS,
        **_keywords(digest, rows),
        **_addresses(digest),
    }


def _preheader(account: Account, shown: Shown, papers: Mapping[int, Paper]) -> str:
    """What lists of mails show beside the subject: the best title."""
    best = next((title_of(card.paper) for card in shown.cards), "")
    if not best and account.quiet is not None:
        near = next(near_misses(account.digest, papers, {}), None)
        best = f"Nearest miss: {near.title}" if near else opening(account)[0]
    return clipped(best, _PREHEADER)


def _sections(account: Account, shown: Shown, rendered: Renderer) -> dict[str, Any]:
    """The papers as they stand in the mail, matches by keyword where they are many."""
    bare = {id(card) for card in shown.cards[shown.whole :]}
    own = _actions(account.digest)
    kind = account.digest.subscriber.abstracts
    groups = grouped(
        [card for card in shown.cards if card.keywords], *([1] if account.weekly else [])
    )
    others = [card for card in shown.cards if not card.keywords]
    hits = account.hits()

    def ready(group: Group, level: int) -> Section:
        variant = Variant(kind, level)
        cards = [
            _with_links(rendered(card, variant.bare if id(card) in bare else variant), card, own)
            for card in group.cards
        ]
        size = _size(len(cards), hits.get(group.keyword, 0))
        return Section(isolated(header_text(group.keyword)), size, cards)

    sections = [ready(group, 3 if group.keyword else 2) for group in groups]
    trending = ready(Group("", others), 3) if others else None
    return {"sections": sections, "trending": trending}


def _size(shown: int, hits: int) -> str:
    """Like "4 papers", and "3 of 4 papers" where others that the keyword hit stand elsewhere: under
    another keyword, or behind "and 14 more"."""
    return f"{shown} of {counted(hits, 'paper')}" if hits > shown else counted(shown, "paper")


def _with_links(rendered: RenderedCard, card: Card, own: Actions) -> RenderedCard:
    """A card with the links of this digest behind it, by plain joining."""
    links = own.of(card.paper.pk)
    return RenderedCard(rendered.html + links.html, f"{rendered.text}\n{links.text}".rstrip())


def _actions(digest: Digest) -> Actions:
    if not digest.pk:  # a preview: there is no row yet that a link could name
        return actions("", "")
    return actions(
        signed(digest, "why", Purpose.WHY, digest.pk, 0),
        signed(digest, "less", Purpose.LESS, digest.pk, 0),
    )


def _keywords(digest: Digest, rows: Mapping[str, int]) -> dict[str, Any]:
    """The keywords in force as far as there is room, and how many more there are."""
    droppable = len(rows) <= DROPPABLE
    room, shown = _KEYWORDS_ROOM, []
    for text, row in rows.items():
        room -= len(text)
        if room < 0:
            break
        url = signed(digest, "drop", Purpose.KEYWORD, row) if droppable else ""
        shown.append(Keyword(isolated(header_text(text)), url))
    return {"keywords": shown, "more_keywords": len(rows) - len(shown), "droppable": droppable}


def _addresses(digest: Digest) -> dict[str, str]:
    person = digest.subscriber_id
    return {
        "home_url": address("home"),
        "digest_url": signed(digest, "digest", Purpose.DIGEST, digest.pk) if digest.pk else "",
        "preferences_url": signed(digest, "preferences", Purpose.PREFERENCES, person),
        "pause_url": signed(digest, "pause", Purpose.PAUSE, person),
        "unsubscribe_url": unsubscribe_url(digest),
    }
