"""The papers of a mail in groups under headings, each with its links, and the line of keywords with
their counts."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from digest.mail.mime.header_fields import header_text
from digest.mail.mime.quoted_printable import PLACEHOLDER, encode_piece, split_piece
from digest.mail.mime.template_cache import FixedText, prepare, render_text
from digest.mail.mime.wrapping import LINK_NUMBER, tidy_text
from digest.matching.query import KeywordError, parse
from digest.models import Digest
from digest.rendering.caches import Pieces
from digest.rendering.card_pieces import ActionLinks, Renderer, Variant, action_links
from digest.rendering.digest_summary import DigestSummary, counted
from digest.rendering.paper_card import Card, clipped, isolated
from digest.selection.fair_share import fair_share
from subscriptions.digest_links import signed
from subscriptions.links import Purpose
from subscriptions.models import Subscriber

UNGROUPED = 8  # up to so many papers stand in one list
BEST = 6  # papers with an excerpt in a brief mail
TRENDING = "trending"  # the name of the trending papers' group
_COUNTS = 12  # keywords in the line of counts
_NAME = 40  # characters of a keyword there
_NUMBER, _PLACE = FixedText(LINK_NUMBER), FixedText(PLACEHOLDER)


class Group(NamedTuple):
    """Cards under one keyword, best first; `keyword` is empty for cards in one list."""

    keyword: str
    cards: list[Card]


def grouped(cards: Sequence[Card], most_in_one: int = UNGROUPED) -> list[Group]:
    """Group the cards (best first) by the keywords that hit them; in one list if they are few and
    not all of one keyword.

    Authors come first; keywords are ordered by their best paper, then by the number of papers they
    hit. A paper is in the group of the first keyword that hit it.
    """
    alike = len({card.keywords for card in cards}) == 1 and len(cards[0].keywords) == 1
    if len(cards) <= most_in_one and not alike:
        return [Group("", list(cards))] if cards else []
    order = ranked_keywords(cards)
    groups: dict[str, list[Card]] = {}
    for card in cards:
        best = min(card.keywords, key=order.__getitem__, default="")
        groups.setdefault(best, []).append(card)
    return [Group(keyword, found) for keyword, found in groups.items()]


def ranked_keywords(cards: Sequence[Card]) -> dict[str, int]:
    """Map each keyword to its rank: authors first, then by its best paper, then by how many it hit,
    then as listed."""
    found: dict[str, list[int]] = {}  # by rank: the best first
    for at, card in enumerate(cards):
        for place, keyword in enumerate(card.keywords):
            if keyword in found:
                found[keyword][2] -= 1
            else:
                found[keyword] = [not _names_author(keyword), at, -1, place]
    return {keyword: place for place, keyword in enumerate(sorted(found, key=found.__getitem__))}


@lru_cache(1 << 14)
def _names_author(text: str) -> bool:
    try:
        return parse(text).names_author
    except KeywordError:  # of an earlier release
        return False


@lru_cache(1 << 14)
def group_id(keyword: str) -> str:
    """The name of a keyword's group in the address of the digest's page, and its anchor there."""
    return f"k{sha256(keyword.encode(errors='replace')).hexdigest()[:10]}"


class Extent(NamedTuple):
    """How much of a digest a mail shows: these cards, best first, `whole` of them with their
    abstracts; the rest is behind "and 14 more"."""

    cards: Sequence[Card]
    whole: int


class RenderedPapers(NamedTuple):
    """The papers of a mail as encoded pieces to be joined."""

    html: list[bytes]
    text: list[bytes]


class DigestLinks(NamedTuple):
    """The links of one digest: of each paper, and (the piece before its name) of each group; the
    latter is empty for a preview, which has no page."""

    actions: ActionLinks
    group: bytes

    def to_group(self, name: str) -> bytes:
        return self.group + _group_piece(name)


@lru_cache(1 << 14)
def _group_piece(name: str) -> bytes:
    return encode_piece(f"{name}#{name}")


def digest_links(digest: Digest, page: str) -> DigestLinks:
    """The links of a digest, given the address of its page."""
    if not digest.pk:  # a preview: there is no row yet that a link could name
        return DigestLinks(action_links(), b"")
    actions = action_links(
        signed(digest, "why", Purpose.WHY, digest.pk, 0),
        signed(digest, "rate", Purpose.RATE, digest.pk, 0),
        signed(digest, "less", Purpose.EXCLUDE, digest.pk, 0),
    )
    return DigestLinks(actions, encode_piece(f"{page}?group="))


def render_papers(
    summary: DigestSummary, shown: Extent, links: DigestLinks, rendered: Renderer
) -> RenderedPapers:
    """Render the counts and the papers of a mail, grouped by keyword if they are many."""
    papers = _counts(summary, links)
    for section in _sections(summary, shown, has_page=bool(links.group)):
        around = _section_pieces(section, links)
        papers.html.append(around.html[0])
        papers.text.append(around.text[0])
        cells = zip(section.cards, around.html[1:], around.text[1:], strict=True)
        for (card, variant), html, text in cells:
            made, own = rendered(card, variant), links.actions.of(card.paper.id)
            papers.html.extend(made.html)
            papers.html.insert(-1, own[0])
            papers.html.append(html)
            papers.text.extend(made.text)
            papers.text.extend((own[1], text))
    return papers


class _Heading(NamedTuple):
    """A section's heading: how many papers it has, and the link to all of its group, if any."""

    title: str
    size: str
    more: str
    group: str


class _Section(NamedTuple):
    """Cards, and how each is shown, under a heading or none."""

    heading: _Heading | None
    cards: list[tuple[Card, Variant]]


def _sections(summary: DigestSummary, shown: Extent, *, has_page: bool) -> Iterator[_Section]:
    matched = [card for card in shown.cards if card.keywords]
    trending = [card for card in shown.cards if not card.keywords]
    whole = _with_abstracts(matched, trending, shown.whole)
    kind = summary.digest.subscriber.abstracts

    def variant(card: Card, level: int, heading: str = "") -> Variant:
        form = kind if id(card) in whole else Subscriber.Abstracts.NONE
        return Variant(form, level, heading)

    for keyword, cards in _groups(summary, matched, whole):
        level = 3 if keyword else 2
        heading = _heading(summary, keyword, len(cards), has_page=has_page) if keyword else None
        yield _Section(heading, [(card, variant(card, level, keyword)) for card in cards])
    if trending:
        heading = _trending_heading(summary, trending, has_page=has_page)
        yield _Section(heading, [(card, variant(card, 3)) for card in trending])


def _with_abstracts(matched: Sequence[Card], trending: Sequence[Card], whole: int) -> set[int]:
    """The ids of the objects of so many cards: each keyword's share, then trending papers."""
    if whole >= len(matched):
        return {id(card) for card in (*matched, *trending[: whole - len(matched)])}
    return {id(matched[at]) for at in fair_share([card.keywords for card in matched], whole)}


def _groups(summary: DigestSummary, matched: Sequence[Card], whole: set[int]) -> list[Group]:
    """The groups of a mail; in a brief one of several keywords, the best papers come first."""
    groups = grouped(matched, 1 if summary.weekly else UNGROUPED)
    is_brief = summary.digest.subscriber.abstracts == Subscriber.Abstracts.BRIEF
    if not is_brief or len(groups) < 2 or not whole:
        return groups
    best = [card for card in matched if id(card) in whole]
    return [Group("", best), *grouped([card for card in matched if id(card) not in whole])]


def _heading(summary: DigestSummary, keyword: str, shown: int, *, has_page: bool) -> _Heading:
    """That of a keyword. Others of its papers are elsewhere in the mail, or only on the page."""
    title, hits = isolated(header_text(keyword)), summary.hits.get(keyword, 0)
    if hits <= shown:
        return _Heading(title, counted(shown, "paper"), "", "")
    if has_page:
        return _Heading(title, "", f"See all {hits}", group_id(keyword))
    return _Heading(title, f"{shown} of {counted(hits, 'paper')}", "", "")


def _trending_heading(summary: DigestSummary, cards: Sequence[Card], *, has_page: bool) -> _Heading:
    """The heading says by what they are ordered: what was counted when the digest was composed."""
    size, order = counted(len(cards), "paper"), _order(cards[0].why) if len(cards) > 1 else ""
    more = f"See all {summary.trending}" if summary.trending > len(cards) and has_page else ""
    said = ", ".join(filter(None, [size, order]))
    return _Heading(summary.trending_title, said, more, TRENDING)


def _order(why: str) -> str:
    if "upvote" in why:
        return "most upvoted first"
    return "most discussed first" if "comment" in why else ""


class _Pieces(NamedTuple):
    html: Pieces
    text: Pieces


def _section_pieces(section: _Section, links: DigestLinks) -> _Pieces:
    """The pieces around the cards."""
    rows = tuple(variant.is_row for _, variant in section.cards)
    html, text = _section_template(section.heading is not None, rows)
    if section.heading is None:
        return _Pieces(html, text)
    heading = heading_pieces(*section.heading[:3])
    url = links.to_group(section.heading.group) if section.heading.more else b""
    opened = b"".join([html[0], url.join(heading.html), html[1]])
    headed = b"".join([text[0], url.join(heading.text), text[1]])
    return _Pieces((opened, *html[2:]), (headed, *text[2:]))


@lru_cache(maxsize=256)
def _section_template(headed: bool, rows: tuple[bool, ...]) -> _Pieces:
    """The pieces around the heading, if it has one, and the cards, rows or not."""
    context = prepare({"headed": headed, "rows": list(rows), "place": _PLACE})
    html = encode_piece(render_text("email/_section.html", context))
    text = encode_piece(tidy_text(render_text("email/_section.txt", context)))
    return _Pieces(split_piece(html)[1:-1], split_piece(text)[1:-1])


@lru_cache(maxsize=4096)
def heading_pieces(title: str, size: str, more: str) -> _Pieces:
    """A heading: the pieces around its link, if it has one."""
    context = prepare({
        "title": title, "size": size, "more": more, "place": _PLACE, "number": _NUMBER,
    })  # fmt: skip
    html = render_text("email/_heading.html", context)
    text = tidy_text(render_text("email/_heading.txt", context))
    return _Pieces(split_piece(encode_piece(html)), split_piece(encode_piece(text)))


def _counts(summary: DigestSummary, links: DigestLinks) -> RenderedPapers:
    """The keywords that hit and how many papers each did, then the trending papers; nothing where
    there is nothing to compare."""
    found = [(keyword, hits) for keyword, hits in summary.hits.items() if hits][:_COUNTS]
    lines = [(keyword, group_id(keyword), hits) for keyword, hits in found]
    if summary.trending:
        lines.append((TRENDING, TRENDING, summary.trending))
    if len(lines) < 2:
        return RenderedPapers([], [])
    _, before, after, _ = _counts_template()
    html, text = [before], [b"\r\n"]
    for number, (name, group, count) in enumerate(lines):
        made = _count_pieces(name, count, bool(links.group), number > 0)
        url = links.to_group(group)
        html.append(url.join(made.html))
        text.append(url.join(made.text))
    return RenderedPapers([*html, after], text)


@lru_cache(maxsize=1)
def _counts_template() -> Pieces:
    context = prepare({"place": _PLACE})
    return split_piece(encode_piece(render_text("email/_counts.html", context)))


@lru_cache(maxsize=4096)
def _count_pieces(keyword: str, count: int, linked: bool, is_later: bool) -> _Pieces:
    """One keyword and its count: the pieces around its link, if it is linked."""
    name = isolated(clipped(header_text(keyword), _NAME))
    context = prepare({
        "name": name, "count": str(count), "linked": linked, "is_later": is_later,
        "place": _PLACE, "number": _NUMBER,
    })  # fmt: skip
    html = render_text("email/_count.html", context)
    text = render_text("email/_count.txt", context)
    return _Pieces(split_piece(encode_piece(html)), split_piece(encode_piece(text)))
