"""The papers of a mail under their headings: the groups they stand in, each with the links of
this digest, and the week by keyword."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from digest.mail.mime.header_fields import header_text
from digest.mail.mime.wrapping import display_width
from digest.models import Digest
from digest.rendering.card_pieces import Actions, Renderer, Section, Variant, actions, section
from digest.rendering.digest_summary import DigestSummary, counted
from digest.rendering.paper_card import Card, clipped, isolated
from subscriptions.digest_links import signed
from subscriptions.links import Purpose

UNGROUPED = 8  # up to so many papers stand in one list


class Group(NamedTuple):
    """Cards under one keyword, best first; `keyword` is empty for the one group of a short list."""

    keyword: str
    cards: list[Card]


def grouped(cards: Sequence[Card], most_in_one: int = UNGROUPED) -> list[Group]:
    """The cards (best first) under the keywords that hit them; one list if they are few
    or one keyword would hold them all.

    A keyword is as good as its best paper, and of equals the one that hit more comes first. A
    paper stands under the best keyword that hit it, and the groups come in that order.
    """
    if len(cards) <= most_in_one:
        return [Group("", list(cards))] if cards else []
    order = ranked_keywords(cards)
    groups: dict[str, list[Card]] = {}
    for card in cards:
        best = min(card.keywords, key=order.__getitem__, default="")
        groups.setdefault(best, []).append(card)
    if len(groups) == 1:  # its heading would say what every paper says
        return [Group("", list(cards))]
    return [Group(keyword, found) for keyword, found in groups.items()]


def ranked_keywords(cards: Sequence[Card]) -> dict[str, int]:
    """Keyword -> its place: by its best paper, then by how many it hit, then as listed."""
    found: dict[str, list[int]] = {}  # by rank: the best first
    for at, card in enumerate(cards):
        for place, keyword in enumerate(card.keywords):
            if keyword in found:
                found[keyword][1] -= 1
            else:
                found[keyword] = [at, -1, place]
    return {keyword: place for place, keyword in enumerate(sorted(found, key=found.__getitem__))}


class Shown(NamedTuple):
    """How much of a digest a mail holds, the best papers first: `whole` cards with their
    abstracts, then `bare` ones; the rest is behind "and 14 more"."""

    cards: Sequence[Card]
    whole: int


class Listed(NamedTuple):
    """The papers of a mail as parts, to be joined."""

    html: list[bytes]
    text: list[bytes]


def listed(summary: DigestSummary, shown: Shown, own: Actions, rendered: Renderer) -> Listed:
    """The papers as they stand in the mail, matches by keyword where they are many."""
    bare = {id(card) for card in shown.cards[shown.whole :]}
    kind = summary.digest.subscriber.abstracts
    papers = Listed([], [])
    for group, level, around in _sections(summary, shown.cards):
        whole = Variant(kind, level)
        papers.html.append(around.html[0])
        papers.text.append(around.text[0])
        for card, html, text in zip(group.cards, around.html[1:], around.text[1:], strict=True):
            made = rendered(card, whole.bare if id(card) in bare else whole)
            links = own.of(card.paper.id)
            papers.html.extend((*made.html, links[0], html))
            papers.text.extend((*made.text, links[1], text))
    return papers


def _sections(
    summary: DigestSummary, cards: Sequence[Card]
) -> Iterator[tuple[Group, int, Section]]:
    """The groups with the level of their titles and what stands around their cards."""
    matched = [card for card in cards if card.keywords]
    for group in grouped(matched, *([1] if summary.weekly else [])):
        size = _size(len(group.cards), summary.hits.get(group.keyword, 0))
        heading = isolated(header_text(group.keyword))
        yield group, 3 if group.keyword else 2, section(heading, size, len(group.cards))
    if others := [card for card in cards if not card.keywords]:
        size = counted(len(others), "paper")
        yield Group("", others), 3, section(summary.trending_title, size, len(others))


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
        signed(digest, "less", Purpose.EXCLUDE, digest.pk, 0),
    )


ROWS = 15
BAR = 20  # characters of the longest bar
_NAME = 32  # columns of the text part
_EIGHTHS = " ▏▎▍▌▋▊▉"


class Row(NamedTuple):
    """A keyword, its count in words, its bar, and the line of the text part."""

    keyword: str
    words: str
    bar: str
    line: str


def chart(hits: Mapping[str, int]) -> list[Row]:
    """The keywords that hit most, most first; nothing where there is nothing to compare."""
    shown = [(keyword, number) for keyword, number in hits.items() if number][:ROWS]
    if len(shown) < 2:
        return []
    most = max(number for _, number in shown)
    return [
        _row(isolated(clipped(header_text(keyword), _NAME)), number, most)
        for keyword, number in shown
    ]


def _row(keyword: str, number: int, most: int) -> Row:
    bar, count = _bar(number, most), counted(number, "paper")
    line = f"{keyword}{' ' * (_NAME - display_width(keyword))} {bar.ljust(BAR)} {count}"
    return Row(keyword, count, bar, line)


def _bar(number: int, most: int) -> str:
    eighths = max(1, round(number * BAR * 8 / most))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
