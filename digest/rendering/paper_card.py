"""One paper in a mail: its facts, title and abstract, with the words that keywords hit marked."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from unicodedata import bidirectional

from digest.ingest.formats.fields.date_words import shown_period
from digest.ingest.papers.paper_links import safe_link
from digest.mail.mime.header_fields import header_text
from digest.matching.index import PaperIndex
from digest.matching.index import Span as Hit
from digest.matching.query import Keyword
from digest.matching.text.readable import readable
from digest.models import Paper
from digest.models.digest_contents.digest_entries import Wordings
from digest.rendering.card_templates import CardDetails
from digest.rendering.excerpts import Piece, Span, excerpt, marked_pieces, word_end
from digest.rendering.source_links import SourceLink, source_links
from subscriptions.links import address

TITLE_LIMIT = 400  # characters
BYLINE_LIMIT = 300
BRIEF_LIMIT, SHORT_LIMIT = 240, 480  # of excerpts; a shorter abstract is shown whole
WHOLE_LIMIT = 6_000
_MOST_KEYWORDS = 8
_JOURNAL_LIMIT = 120
# Letters written from right to left, and the marks that turn the direction of what follows.
_TURNING = {"R", "AL", "RLE", "RLO", "RLI", "LRE", "LRO", "LRI", "FSI"}


@dataclass
class Card:
    """What a template needs to show one paper.

    keywords: those that hit it, as typed; none for a trending paper. pairs: the other wordings
    of those that had some. find: returns where they hit.
    It is most of the work, and not called for a card that is in the cache.
    """

    paper: Paper
    keywords: tuple[str, ...]
    why: str
    find: Callable[[], Iterable[Hit]] = field(default=tuple, repr=False, compare=False)
    pairs: tuple[tuple[str, Wordings], ...] = ()

    @cached_property
    def title(self) -> tuple[Piece, ...]:
        return tuple(_title_pieces(self.paper.title, self._places("title")))

    @cached_property
    def hits(self) -> tuple[Span, ...]:
        """The places of the hits in the readable abstract."""
        return tuple(_moved(self.paper.abstract, self._places("abstract")))

    @cached_property
    def _found(self) -> list[Hit]:
        return list(self.find())

    def _places(self, name: str) -> list[Span]:
        return [(hit.start, hit.end) for hit in self._found if hit.field == name]

    def reason(self, heading: str = "", *, with_facts: bool = True) -> str:
        """Why the paper is there, as far as the heading and its facts do not say it: "Matches:
        robot, LLM", and "Also matches: LLM" under the heading robot; of a trending one its
        count."""
        others = [keyword for keyword in self.keywords if keyword != heading]
        if not self.keywords:
            known = self.paper.popularity
            return str(known) if known.is_counted and not with_facts else self.trend
        if not others:
            return ""
        shown = ", ".join(isolated(header_text(each)) for each in others[:_MOST_KEYWORDS])
        more = len(others) - _MOST_KEYWORDS
        word = "Also matches" if len(others) < len(self.keywords) else "Matches"
        return f"{word}: {shown}{f' and {more} more' if more > 0 else ''}"

    @property
    def trend(self) -> str:
        """Why it is trending, if its facts do not say it: "listed by 3 sources"."""
        known = self.paper.popularity
        is_said = known.upvotes or known.comments or not known.is_counted
        return "" if is_said else str(known)

    @cached_property
    def details(self) -> CardDetails:
        """All that it says besides title and abstract."""
        paper = self.paper
        counts = paper.comment_count, paper.upvotes
        published = shown_period(paper.published_on, paper.published_precision)
        urls = address_of(paper), source_links(paper)
        details = _details(paper.byline, published, counts, self.changes, *urls)
        return details._replace(summary=isolated(readable(paper.ai_summary).text.strip()))

    @property
    def changes(self) -> str:
        """What has happened to the paper since it first appeared, in a sentence; "" if nothing."""
        if self.paper.withdrawn_at:
            return f"Withdrawn on {plain_date(self.paper.withdrawn_at)}."
        if not self.paper.renumbered:
            return ""
        if self.paper.versions != Paper.Versions.BOTH:
            return "Updated: its abstract came after its first listing."
        journal = journal_of(self.paper) or "a journal"
        return f"Updated: it is both a preprint and published in {journal}."

    @property
    def facts(self) -> str:
        return self.details.facts

    @property
    def links(self) -> tuple[tuple[str, str], ...]:
        return self.details.links

    @property
    def url(self) -> str:
        return self.details.url

    @property
    def abstract(self) -> tuple[Piece, ...]:
        """The excerpt that pages show."""
        return self.excerpt(BRIEF_LIMIT)

    def excerpt(self, limit: int) -> tuple[Piece, ...]:
        """At most `limit` characters of the abstract: what was hit, and what it claims."""
        return excerpt(self._whole_abstract, self.hits, limit)

    @property
    def unfolded(self) -> tuple[Piece, ...]:
        """The whole abstract, if the excerpt that pages show leaves something out."""
        is_cut = len(self._whole_abstract) > BRIEF_LIMIT
        return self.whole_abstract if is_cut else ()

    @property
    def whole_abstract(self) -> tuple[Piece, ...]:
        text = self._whole_abstract
        end = word_end(text, WHOLE_LIMIT)
        rest = (Piece(" …", False),) if end < len(text) else ()
        return (*marked_pieces(text[:end], self.hits), *rest)

    @property
    def _whole_abstract(self) -> str:
        return readable(self.paper.abstract).text.strip()


@lru_cache(maxsize=4096)
def _details(
    byline: str,
    published: str,
    counts: tuple[int | None, int | None],
    changes: str,
    url: str,
    links: tuple[SourceLink, ...],
) -> CardDetails:
    names = isolated(clipped(readable(byline[: 2 * BYLINE_LIMIT]).text, BYLINE_LIMIT))
    others = [published, *map(_counted, counts, ("comment", "upvote"))]
    return CardDetails(
        url=url,
        facts=_row(names, *others),
        unbroken_facts=_row(names, *(each.replace(" ", "\xa0") for each in others)),
        changes=changes,
        links=tuple((link.label, link.url) for link in links),
    )


def _row(*facts: str) -> str:
    return " · ".join(filter(None, facts))


def address_of(paper: Paper) -> str:
    """Return where a paper's title leads: to its own source, else to its page on this site."""
    return safe_link(paper.url) or (address("paper", paper.pk) if paper.pk else "")


def plain_date(day: date | None) -> str:
    """Like "8 Nov 2026": no leading zero, whatever the platform's strftime does."""
    return f"{day.day} {day:%b %Y}" if day else ""


def clipped(text: str, limit: int) -> str:
    """The text, cut between words to at most `limit` characters with an ellipsis."""
    if len(text) <= limit:
        return text
    return f"{text[: word_end(text, limit - 2)].rstrip()} …"


def isolated(text: str) -> str:
    """The text between directional isolates (UAX 9, 2.4) if it has right-to-left letters or marks,
    so that it does not reorder the line around it. Most mail programs drop `<bdi>`."""
    turning = not text.isascii() and not _TURNING.isdisjoint(map(bidirectional, text))
    return f"\u2068{text}\u2069" if turning else text


def title_of(paper: Paper, limit: int = TITLE_LIMIT) -> str:
    """A paper's title as one readable line."""
    return clipped(readable(paper.title).text.strip(), limit)


def journal_of(paper: Paper) -> str:
    """A paper's journal as a readable line, "" if none is known."""
    return isolated(clipped(readable(paper.journal).text.strip(), _JOURNAL_LIMIT))


def _counted(number: int | None, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


def card(index: PaperIndex, paper: Paper, keywords: Sequence[Keyword], why: str) -> Card:
    """The card of a paper that these keywords hit."""
    return Card(
        paper=paper,
        keywords=tuple(keyword.text for keyword in keywords),
        why=why,
        find=lambda: (hit for keyword in keywords for hit in index.hit_spans(keyword, paper.pk)),
    )


def pieces(text: str, spans: Iterable[Span]) -> tuple[Piece, ...]:
    """The readable form of `text`, cut at the spans (start, end in characters of `text`), which
    may overlap."""
    return marked_pieces(readable(text).text.strip(), _moved(text, spans))


def _moved(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """Where the spans of the original are in its readable form without the blanks around it."""
    line = readable(text)
    lead = len(line.text) - len(line.text.lstrip())
    for span in spans:
        start, end = line.span(*span)
        yield max(start - lead, 0), max(end - lead, 0)


def _title_pieces(title: str, spans: Sequence[Span]) -> Iterator[Piece]:
    room = TITLE_LIMIT - 1
    for piece in pieces(title, spans):
        if len(piece.text) > room:
            yield Piece(clipped(piece.text, room) if room > 2 else "…", piece.hit)
            return
        room -= len(piece.text)
        yield piece
