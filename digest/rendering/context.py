"""The context of a digest's templates: headings, sentences, the links of the footer."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.timezone import get_default_timezone

from digest.mail.mime.header_fields import header_text
from digest.mail.mime.quoted_printable import PLACEHOLDER, encode_piece, number_links
from digest.mail.mime.template_cache import FixedText, prepare, render_pieces, render_text
from digest.mail.mime.wrapping import LINK_NUMBER, tidy_text
from digest.models import Digest, Paper
from digest.rendering.digest_summary import DigestSummary
from digest.rendering.footnotes import follow_up_footnotes, near_miss_footnotes, neighbour_footnotes
from digest.rendering.paper_card import clipped, isolated, title_of
from digest.rendering.sections import Extent, RenderedPapers
from digest.rendering.wording import heading, opening, subject, wording_offer
from subscriptions.digest_links import links_of
from subscriptions.links import Links, Purpose, address
from subscriptions.models import Subscriber

DROPPABLE = 10  # up to so many keywords, each has its own link in the footer
_KEYWORDS_ROOM = 1_500  # characters of keywords in the footer
_PREHEADER = 140
_TRENDING = "Trending papers"
_LABEL = 40  # characters of a keyword beside its link

Context = dict[str, Any]


class Keyword(NamedTuple):
    """A keyword, its short form beside the link, and the link that drops it ("" for none)."""

    text: str
    short: str
    drop_url: str


def digest_context(
    summary: DigestSummary, papers: Mapping[int, Paper], subscriptions: Mapping[str, int]
) -> Context:
    """The context of `email/digest.*`, without what depends on how much of the digest is shown.
    `subscriptions`: active keywords -> the ids of their rows."""
    digest, person = summary.digest, summary.digest.subscriber
    links = links_of(digest)
    return {
        "subject": subject(summary),
        "heading": heading(summary),
        "opening": " ".join(opening(summary)),
        "follow_ups": follow_up_footnotes(digest, papers),
        "near_misses": list(near_miss_footnotes(digest, papers, subscriptions)),
        "offer": wording_offer(summary),
        "is_personal": digest.facts.is_personal,
        "neighbours": neighbour_footnotes(digest, papers),
        "number": FixedText(LINK_NUMBER),
        "email": person.email,
        "confirmed_on": _day(person.confirmed_at),
        "postal_address": settings.POSTAL_ADDRESS,
        **_asked(links, person, subscriptions),
        **_addresses(digest, links),
    }


def render_digest(context: Context, papers: RenderedPapers, *, plain: bool) -> tuple[bytes, bytes]:
    """HTML and text of the mail as quoted-printable, with its papers; no HTML if `plain`."""
    prepared = prepare({**context, "papers": FixedText(PLACEHOLDER if papers.text else "")})
    text = tidy_text(render_text("email/digest.txt", prepared)).strip() + "\n"
    html = () if plain else render_pieces("email/digest.html", prepared)
    around = list(map(encode_piece, text.split(PLACEHOLDER)))
    return _around(html, papers.html), number_links(_around(around, papers.text))


def _around(around: Sequence[bytes], papers: Sequence[bytes]) -> bytes:
    """The pieces around the one placeholder for the papers, or the whole if there is none, with
    them inserted."""
    return b"".join([*around[:1], *(papers if len(around) > 1 else ()), *around[1:]])


def extent_context(summary: DigestSummary, extent: Extent, papers: Mapping[int, Paper]) -> Context:
    """The rest of the context: what depends on how much is shown."""
    more = len(summary.matched) + summary.trending - len(extent.cards)
    return {"preheader": _preheader(summary, extent, papers), "more": str(more or "")}


def _preheader(summary: DigestSummary, extent: Extent, papers: Mapping[int, Paper]) -> str:
    """The text that mail programs show beside the subject: the title of the best paper."""
    best = next((title_of(card.paper) for card in extent.cards), "")
    if not best and summary.facts.quiet is not None:
        near = [
            *near_miss_footnotes(summary.digest, papers, {}),
            *neighbour_footnotes(summary.digest, papers),
        ]
        best = f"Closest: {near[0].title}" if near else opening(summary)[0]
    return clipped(best, _PREHEADER)


def _day(at: datetime | None) -> str:
    """Like "8 November 2026"; "" for none."""
    return _day_name(at.astimezone(get_default_timezone()).date()) if at else ""


@lru_cache(maxsize=1024)
def _day_name(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _asked(links: Links, person: Subscriber, subscriptions: Mapping[str, int]) -> Context:
    """What the person asked for: trending papers, then the keywords in force as far as there is
    room, and how many more there are."""
    droppable = len(subscriptions) <= DROPPABLE
    room, shown = _KEYWORDS_ROOM, list[Keyword]()
    if person.trending_top:
        url = links.to("drop-trending", Purpose.TRENDING, person.pk)
        shown.append(Keyword(_TRENDING, _TRENDING, url))
    for text, row in subscriptions.items():
        room -= len(text)
        if room < 0:
            break
        url = links.to("drop", Purpose.KEYWORD, row) if droppable else ""
        name = isolated(header_text(text))
        shown.append(Keyword(name, _label(name), url))
    return {
        "with_trending": bool(person.trending_top),
        "keywords": shown,
        "more_keywords": str(len(subscriptions) + bool(person.trending_top) - len(shown) or ""),
    }


def _label(name: str) -> str:
    return name if len(name) <= _LABEL else f"{name[: _LABEL - 1]}…"


def _addresses(digest: Digest, links: Links) -> Context:
    person, row = digest.subscriber_id, digest.pk
    return {
        "home_url": address("home"),
        "digest_url": links.to("digest", Purpose.DIGEST, row) if row else "",
        "preferences_url": links.to("preferences", Purpose.PREFERENCES, person),
        "pause_url": links.to("pause", Purpose.PAUSE, person),
        "unsubscribe_url": links.to("unsubscribe", Purpose.UNSUBSCRIBE, person),
    }
