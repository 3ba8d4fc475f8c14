"""Digest → message: the same bytes for the mailbox, the preview and the outbox."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from digest import paper_index
from digest.mail.mime.composer import ComposedMail, assemble_mail
from digest.matching.index import Span
from digest.matching.index.highlighting import hit_spans
from digest.matching.query import Keyword
from digest.models import Digest, DigestEntry, Paper
from digest.rendering.caches import papers_by_id
from digest.rendering.card_pieces import Actions, card_parts
from digest.rendering.context import Context, frame, framed, of_shown
from digest.rendering.digest_headers import headers_of, message_id_of
from digest.rendering.digest_summary import DigestSummary
from digest.rendering.footnotes import papers_aside
from digest.rendering.paper_card import Card
from digest.rendering.sections import Shown, listed, own_actions
from digest.selection.active_keywords import Wanted, wanted_by
from digest.selection.contents import contents
from subscriptions.changes import usable_keywords
from subscriptions.models import Subscriber

MOST_PAPERS = 120  # more than fit without their abstracts
MOST_BYTES = 90_000  # of the whole mail; beyond 102 kB of HTML Gmail cuts it


@dataclass(frozen=True, slots=True)
class Known:
    """What the digests of one batch are composed of, besides themselves: papers by id, and what
    each person wants."""

    papers: Mapping[int, Paper]
    wanted: Mapping[int, Wanted]


def known_of(digests: Sequence[Digest], wanted: Mapping[int, Wanted] | None = None) -> Known:
    """All that composing these digests needs of the database, in a few queries for all of them."""
    papers = papers_by_id(_papers(digests))
    if wanted is None:
        wanted = wanted_by(digest.subscriber_id for digest in digests)
    return Known(papers, wanted)


def _papers(digests: Sequence[Digest]) -> set[int]:
    """The ids of the papers that the digests speak of."""
    found = {entry.paper for digest in digests for entry in digest.entries}
    return found.union(*map(papers_aside, digests))


def preview(subscriber: Subscriber, at: datetime) -> ComposedMail | None:
    """The digest this person would get at that time, None if there is nothing to say; no row is
    made."""
    local_date = at.astimezone(subscriber.zone).date()
    digest = Digest(subscriber=subscriber, local_date=local_date, composed_at=at)
    digest.hold(contents(digest, at), at)
    return compose_digest(digest) if digest.entries or digest.facts.quiet else None


def compose_digest(digest: Digest, known: Known | None = None) -> ComposedMail:
    """The mail of a digest whose contents are frozen: of the same row, papers and keywords always
    the same bytes. With `known`, which holds this digest, the database is not asked.

    It is shorter than MOST_BYTES: where the papers do not fit, the last ones lose their abstracts
    first, then go behind "and 14 more".
    """
    assert digest.composed_at is not None, "a digest is composed after its contents are frozen"
    draft = _draft(digest, known or known_of([digest]))
    if whole := draft.mail(0):
        return whole
    # Each step leaves out more, so the first that fits is found by halving.
    cuts = range(2 * len(draft.cards))
    found = draft.mail(bisect_left(cuts, True, key=lambda cut: draft.mail(cut) is not None))
    assert found is not None, "a mail without papers fits: all else in it is bounded"
    return found


@dataclass(frozen=True, slots=True)
class _Draft:
    """A mail of which it is open how much it shows."""

    summary: DigestSummary
    papers: Mapping[int, Paper]
    cards: Sequence[Card]
    frame: Context
    actions: Actions
    message_id: str
    headers: Sequence[bytes]

    def mail(self, cut: int) -> ComposedMail | None:
        """What is left after `cut` steps: one abstract less each, from the last, then one paper
        each; None if it is too long."""
        size = len(self.cards)
        shown = Shown(self.cards[: size - max(cut - size, 0)], max(size - cut, 0))
        context = self.frame | of_shown(self.summary, shown, self.papers)
        papers = listed(self.summary, shown, self.actions, card_parts)
        html, text = framed(context, papers, plain=self._is_plain)
        made = assemble_mail(self.headers, message_id=self.message_id, text=text, html=html)
        return made if len(made.message) < MOST_BYTES else None

    @property
    def _is_plain(self) -> bool:
        return self.summary.digest.subscriber.body_format == Subscriber.BodyFormat.TEXT


def _draft(digest: Digest, known: Known) -> _Draft:
    rows, keywords = known.wanted[digest.subscriber_id]
    entries = [entry for entry in digest.entries if entry.paper in known.papers]
    summary = _summary(digest, entries, keywords)
    context, message_id = frame(summary, known.papers, rows), message_id_of(digest)
    return _Draft(
        summary=summary,
        papers=known.papers,
        cards=_cards(_best(entries, digest.subscriber), known, keywords),
        frame=context,
        actions=own_actions(digest),
        message_id=message_id,
        headers=headers_of(digest, message_id, context["subject"], context["unsubscribe_url"]),
    )


def cards(digest: Digest) -> list[Card]:
    """A card for each entry, best first; a paper deleted since is left out."""
    known = known_of([digest])
    entries = [entry for entry in digest.entries if entry.paper in known.papers]
    return _cards(entries, known, known.wanted[digest.subscriber_id].keywords)


def _cards(entries: Sequence[DigestEntry], known: Known, keywords: Sequence[Keyword]) -> list[Card]:
    """What brought a paper is told as it was frozen; what is not known any more marks nothing."""
    by_text = {keyword.text: keyword for keyword in keywords}
    return [
        Card(
            paper=known.papers[entry.paper],
            keywords=entry.keywords,
            why=entry.why,
            find=partial(_hits, known.papers[entry.paper], by_text, entry),
        )
        for entry in entries
    ]


def _hits(paper: Paper, keywords: Mapping[str, Keyword], entry: DigestEntry) -> Iterator[Span]:
    """Where the keywords of an entry hit, also those dropped since. One that an older release
    froze and this one cannot read is left out."""
    held = paper_index.paper_text(paper)
    for text in entry.keywords:
        for keyword in [keywords[text]] if text in keywords else usable_keywords([text]):
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
    """What the mail shows before its size is looked at."""
    matched = [entry for entry in entries if entry.keywords]
    trending = [entry for entry in entries if not entry.keywords]
    return [*matched[: subscriber.max_papers], *trending][:MOST_PAPERS]
