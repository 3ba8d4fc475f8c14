"""A paper as the entry of a feed."""

from datetime import UTC, date, datetime, time

from django.utils.encoding import iri_to_uri
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from digest.ingest.papers.paper_links import safe_link
from digest.matching.text.readable import readable
from digest.models import Paper
from digest.rendering.paper_card import WHOLE_LIMIT, Card, clipped, title_of
from subscriptions.links import address

from .atom import AtomFeed, tag_uri, xml_text

MOST_AUTHORS, MOST_CATEGORIES = 40, 20
_NAME_LIMIT = 200  # characters


def midnight(day: date) -> datetime:
    """Return the beginning of a day that is known without an hour."""
    return datetime.combine(day, time(), tzinfo=UTC)


def add_paper(
    feed: AtomFeed,
    paper: Paper,
    *,
    kind: str,
    published: datetime | None,
    updated: datetime,
    reason: str = "",
) -> None:
    """Add a paper to a feed.

    `kind`: what the entry is, in its id: the same paper is another entry in another kind of feed.
    `reason`: why the paper is there, shown before its abstract.
    """
    card = Card(paper, (), "")
    feed.add_item(
        title=_line(title_of(paper)) or f"Paper {paper.pk}",
        link=address("paper", paper.pk),
        description=xml_text(_summary(card, reason)),
        unique_id=tag_uri(f"{kind}/{paper.pk}"),
        pubdate=published and published.replace(microsecond=0),
        updateddate=updated.replace(microsecond=0),
        categories=_texts(paper.categories[:MOST_CATEGORIES]),
        authors=_authors(paper),
        via=iri_to_uri(safe_link(paper.url)),
    )


def _authors(paper: Paper) -> list[str]:
    """Return the names of the authors; without any, the feed's author counts (RFC 4287 4.1.2)."""
    names = _texts(paper.authors[:MOST_AUTHORS])
    count = max(paper.author_count or 0, len(paper.authors))
    if names and (more := count - MOST_AUTHORS) > 0:
        return [*names, f"and {more:,} more"]
    return names or _texts([paper.organization])


def _texts(raw: list[str]) -> list[str]:
    return list(filter(None, (_line(readable(text).text)[:_NAME_LIMIT] for text in raw)))


def _line(text: str) -> str:
    return " ".join(xml_text(text).split())


def _summary(card: Card, reason: str) -> SafeString:
    """Return what a feed reader shows below the title, as HTML."""
    abstract = clipped(readable(card.paper.abstract).text.strip(), WHOLE_LIMIT)
    lines = [reason, card.changes, card.details.facts, abstract]
    paragraphs = format_html_join("", '<p dir="auto">{}</p>', ((line,) for line in lines if line))
    addresses = ((url, name) for name, url in card.links)
    links = format_html_join(" · ", '<a href="{}">{}</a>', addresses)
    return format_html("{}<p>{}</p>", paragraphs, links) if links else paragraphs
