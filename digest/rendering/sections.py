"""The papers of a mail in groups under headings, each with its links, and the chart of a week by
keyword."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from digest.mail.mime.header_fields import header_text
from digest.mail.mime.wrapping import display_width
from digest.models import Digest
from digest.rendering.card_pieces import (
    ActionLinks,
    Renderer,
    SectionPieces,
    Variant,
    action_links,
    section_pieces,
)
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
    """Group the cards (best first) by the keywords that hit them; one group if they are few or one
    keyword would hold them all.

    Keywords are ordered by their best paper, then by the number of papers they hit. A paper is in
    the group of the first keyword that hit it.
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
    """Map each keyword to its rank: by its best paper, then by how many it hit, then as listed."""
    found: dict[str, list[int]] = {}  # by rank: the best first
    for at, card in enumerate(cards):
        for place, keyword in enumerate(card.keywords):
            if keyword in found:
                found[keyword][1] -= 1
            else:
                found[keyword] = [at, -1, place]
    return {keyword: place for place, keyword in enumerate(sorted(found, key=found.__getitem__))}


class Extent(NamedTuple):
    """How much of a digest a mail shows, the best papers first: the first `whole` of its cards with
    their abstracts, the others without; the rest is behind "and 14 more"."""

    cards: Sequence[Card]
    whole: int


class RenderedPapers(NamedTuple):
    """The papers of a mail as encoded pieces to be joined."""

    html: list[bytes]
    text: list[bytes]


def render_papers(
    summary: DigestSummary, shown: Extent, own: ActionLinks, rendered: Renderer
) -> RenderedPapers:
    """Render the papers of a mail, grouped by keyword if they are many."""
    bare = {id(card) for card in shown.cards[shown.whole :]}
    kind = summary.digest.subscriber.abstracts
    papers = RenderedPapers([], [])
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
) -> Iterator[tuple[Group, int, SectionPieces]]:
    """The groups, the heading level of their titles, and the pieces around their cards."""
    matched = [card for card in cards if card.keywords]
    for group in grouped(matched, *([1] if summary.weekly else [])):
        size = _size(len(group.cards), summary.hits.get(group.keyword, 0))
        heading = isolated(header_text(group.keyword))
        yield group, 3 if group.keyword else 2, section_pieces(heading, size, len(group.cards))
    if others := [card for card in cards if not card.keywords]:
        size = counted(len(others), "paper")
        yield Group("", others), 3, section_pieces(summary.trending_title, size, len(others))


def _size(shown: int, hits: int) -> str:
    """Like "4 papers", and "3 of 4 papers" where others that the keyword hit are under another
    keyword, or behind "and 14 more"."""
    return f"{shown} of {counted(hits, 'paper')}" if hits > shown else counted(shown, "paper")


def digest_action_links(digest: Digest) -> ActionLinks:
    """The links of this digest for each of its papers."""
    if not digest.pk:  # a preview: there is no row yet that a link could name
        return action_links("", "")
    return action_links(
        signed(digest, "why", Purpose.WHY, digest.pk, 0),
        signed(digest, "less", Purpose.EXCLUDE, digest.pk, 0),
    )


ROWS = 15
BAR = 20  # characters of the longest bar
_NAME = 32  # columns of the text part
_EIGHTHS = " ▏▎▍▌▋▊▉"


class ChartRow(NamedTuple):
    """A keyword, its count in words, its bar, and the line of the text part."""

    keyword: str
    words: str
    bar: str
    line: str


def chart(hits: Mapping[str, int]) -> list[ChartRow]:
    """The keywords that hit most, most first; nothing where there is nothing to compare."""
    shown = [(keyword, number) for keyword, number in hits.items() if number][:ROWS]
    if len(shown) < 2:
        return []
    most = max(number for _, number in shown)
    return [
        _row(isolated(clipped(header_text(keyword), _NAME)), number, most)
        for keyword, number in shown
    ]


def _row(keyword: str, number: int, most: int) -> ChartRow:
    bar, count = _bar(number, most), counted(number, "paper")
    line = f"{keyword}{' ' * (_NAME - display_width(keyword))} {bar.ljust(BAR)} {count}"
    return ChartRow(keyword, count, bar, line)


def _bar(number: int, most: int) -> str:
    eighths = max(1, round(number * BAR * 8 / most))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
