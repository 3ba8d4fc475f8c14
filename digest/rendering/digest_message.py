"""Digest → message: the same bytes for the mailbox, the preview and the outbox."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from digest.mail.mime.composer import ComposedMail, assemble_mail
from digest.matching.index import Span
from digest.matching.index.highlighting import hit_spans
from digest.matching.query import Keyword
from digest.models import Digest, DigestEntry, Paper
from digest.models.database import among
from digest.paper_texts import paper_text
from digest.rendering.caches import papers_by_id
from digest.rendering.card_pieces import card_pieces
from digest.rendering.context import Context, digest_context, extent_context, render_digest
from digest.rendering.digest_headers import headers_of, message_id_of
from digest.rendering.digest_summary import DigestSummary
from digest.rendering.footnotes import footnote_papers
from digest.rendering.paper_card import Card
from digest.rendering.sections import BEST, DigestLinks, Extent, digest_links, render_papers
from digest.selection.active_keywords import (
    ActiveKeywords,
    active_keywords_of,
    keywords_that_hit,
)
from digest.selection.contents import contents
from digest.selection.fair_share import fair_share
from subscriptions.models import Subscriber

MOST_PAPERS = 120  # more than fit without their abstracts
MOST_BYTES = 90_000  # of the whole mail; beyond 102 kB of HTML Gmail cuts it


@dataclass(frozen=True, slots=True)
class BatchData:
    """What composing the digests of one batch needs of the database.

    papers: by id, those that the mails may show, and those of the footnotes. existing, listed: the
    ids of all papers in the digests that were not deleted, and of these, that were not unlisted.
    keywords: the active ones by person id.
    """

    papers: Mapping[int, Paper]
    existing: Set[int]
    listed: Set[int]
    keywords: Mapping[int, ActiveKeywords]


def load_batch_data(
    digests: Sequence[Digest], keywords: Mapping[int, ActiveKeywords] | None = None
) -> BatchData:
    """Load all that composing these digests needs, in a few queries for all of them.

    Of a digest with more papers than its mail shows, the others are not loaded: a broad keyword
    hits thousands.
    """
    shown = {entry.paper for each in digests for entry in _best(each.entries, each.subscriber)}
    papers = papers_by_id(shown.union(*map(footnote_papers, digests)))
    every = {entry.paper for digest in digests for entry in digest.entries}
    if not shown <= papers.keys():  # a paper was deleted, so others may be shown in its place
        papers = papers_by_id(every | papers.keys())
    if keywords is None:
        keywords = active_keywords_of(digest.subscriber_id for digest in digests)
    unlisted_on = {pk: papers[pk].unlisted_on for pk in every & papers.keys()}
    if rest := every - papers.keys():
        others = Paper.objects.filter(among("id", rest))
        unlisted_on |= dict(others.values_list("pk", "unlisted_on"))
    listed = {pk for pk, day in unlisted_on.items() if day is None}
    return BatchData(papers, unlisted_on.keys(), listed, keywords)


def preview(subscriber: Subscriber, at: datetime) -> ComposedMail | None:
    """The digest this person would get at that time, without making a row. Returns None if it
    would have nothing to say."""
    local_date = at.astimezone(subscriber.zone).date()
    digest = Digest(subscriber=subscriber, local_date=local_date, composed_at=at)
    digest.hold(contents(digest, at), at)
    return compose_digest(digest) if digest.entries or digest.facts.quiet else None


def compose_digest(digest: Digest, batch: BatchData | None = None) -> ComposedMail:
    """The mail of a digest whose contents are frozen: of the same row, papers and keywords always
    the same bytes. With `batch`, loaded for this digest too, the database is not asked.

    It is shorter than MOST_BYTES: where the papers do not fit, the last ones lose their abstracts
    first, then some of each keyword go behind "and 14 more".
    """
    assert digest.composed_at is not None, "a digest is composed after its contents are frozen"
    draft = _draft(digest, batch or load_batch_data([digest]))
    if whole := draft.mail(0):
        return whole
    # Each step leaves out more, so the first that fits is found by halving.
    cuts = range(draft.whole + len(draft.cards) + 1)
    found = draft.mail(bisect_left(cuts, True, key=lambda cut: draft.mail(cut) is not None))
    assert found is not None, "a mail without papers fits: all else in it is bounded"
    return found


@dataclass(frozen=True, slots=True)
class _MailDraft:
    """A mail before it is decided how much of the digest it shows."""

    summary: DigestSummary
    papers: Mapping[int, Paper]
    cards: Sequence[Card]
    context: Context
    links: DigestLinks
    message_id: str
    headers: Sequence[bytes]

    def mail(self, cut: int) -> ComposedMail | None:
        """The mail after `cut` steps, each of which leaves out one abstract, from the last, and
        then one paper. Returns None if it is too long."""
        room = len(self.cards) - max(cut - self.whole, 0)
        chosen = fair_share([card.keywords for card in self.cards], room)
        extent = Extent([self.cards[place] for place in chosen], max(self.whole - cut, 0))
        context = self.context | extent_context(self.summary, extent, self.papers)
        papers = render_papers(self.summary, extent, self.links, card_pieces)
        html, text = render_digest(context, papers, plain=self._is_plain)
        made = assemble_mail(self.headers, message_id=self.message_id, text=text, html=html)
        return made if len(made.message) < MOST_BYTES else None

    @property
    def whole(self) -> int:
        """How many papers it shows with their abstracts if there is room."""
        match self.summary.digest.subscriber.abstracts:
            case Subscriber.Abstracts.NONE:
                return 0
            case Subscriber.Abstracts.BRIEF:
                return min(len(self.cards), BEST)
            case _:
                return len(self.cards)

    @property
    def _is_plain(self) -> bool:
        return self.summary.digest.subscriber.body_format == Subscriber.BodyFormat.TEXT


def _draft(digest: Digest, batch: BatchData) -> _MailDraft:
    subscriptions, keywords, _ = batch.keywords[digest.subscriber_id]
    entries = [entry for entry in digest.entries if entry.paper in batch.existing]
    summary = _summary(digest, entries, keywords)
    context, message_id = (
        digest_context(summary, batch.papers, subscriptions),
        message_id_of(digest),
    )
    return _MailDraft(
        summary=summary,
        papers=batch.papers,
        cards=_cards(_best(entries, digest.subscriber), batch.papers),
        context=context,
        links=digest_links(digest, context["digest_url"]),
        message_id=message_id,
        headers=headers_of(digest, message_id, context["subject"], context["unsubscribe_url"]),
    )


def cards(digest: Digest) -> list[Card]:
    """A card for each entry, best first; papers deleted since are left out."""
    papers = papers_by_id(entry.paper for entry in digest.entries)
    return _cards([entry for entry in digest.entries if entry.paper in papers], papers)


def _cards(entries: Sequence[DigestEntry], papers: Mapping[int, Paper]) -> list[Card]:
    """Cards with the reasons that were frozen; keywords that can no longer be read mark nothing."""
    return [
        Card(
            paper=papers[entry.paper],
            keywords=entry.keywords,
            why=entry.why,
            pairs=tuple(sorted(entry.pairs.items())),
            find=partial(_hits, papers[entry.paper], entry),
        )
        for entry in entries
    ]


def _hits(paper: Paper, entry: DigestEntry) -> Iterator[Span]:
    """Where the keywords of an entry hit, with the wordings of then. One that this release cannot
    read is left out."""
    held = paper_text(paper)
    for keyword in keywords_that_hit(entry):
        yield from hit_spans(keyword, held)


def _summary(
    digest: Digest, entries: Sequence[DigestEntry], keywords: Sequence[Keyword]
) -> DigestSummary:
    matched = [entry.keywords for entry in entries if entry.keywords]
    return DigestSummary(
        digest=digest,
        matched=matched,
        trending=len(entries) - len(matched),
        wanted=sum(not keyword.excludes for keyword in keywords),
    )


def _best(entries: Sequence[DigestEntry], subscriber: Subscriber) -> list[DigestEntry]:
    """The entries that the mail shows if it is not too long: of each keyword its fair share."""
    matched = [entry for entry in entries if entry.keywords]
    trending = [entry for entry in entries if not entry.keywords]
    chosen = fair_share([entry.keywords for entry in matched], subscriber.max_papers)
    return [*(matched[place] for place in chosen), *trending][:MOST_PAPERS]
