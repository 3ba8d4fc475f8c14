"""What digests hold and say: papers with reasons, news of earlier ones, and why it is quiet.

All of it is worked out once, for a whole batch, and frozen in each digest's row.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from digest.matching.query import Keyword
from digest.models import Digest, DigestContents, DigestEntry, DigestFacts, State
from digest.models.digest_contents import SourceStatus
from digest.selection.active_keywords import Wanted, wanted_by
from subscriptions.models import Subscriber
from subscriptions.schedule import Frequency

from .catch_up import catch_up
from .entries import by_day, by_keyword, matches, trending_entries
from .follow_ups import NONE, FollowUps, follow_ups, tells
from .history import Mail, Past, before, mails_to, papers_in, pasts_of
from .paper_news import News, Since, latest, news_of
from .quiet_notice import quiet
from .source_status import sources
from .window import Window, look_back, windows_of


@dataclass(slots=True)
class Draft:
    """One digest of the batch. `since`: what may have become of papers it tells of, None where
    the person's mails have to be looked through for that."""

    digest: Digest
    at: datetime
    today: date
    keywords: Sequence[Keyword]
    window: Window
    past: Past
    since: Since | None
    entries: list[DigestEntry] = field(default_factory=list)
    became: FollowUps = NONE

    @property
    def read(self) -> int:
        return self.window.bits.bit_count()

    @property
    def looks_back(self) -> bool:
        """Whether the mails sent before matter; they are many, and for most digests they do not."""
        return self._may_overlap or self._follows_up or self._may_repeat

    @property
    def _may_overlap(self) -> bool:
        """Whether a mail that arrived may hold trending papers of this window: one that counts as
        sent though its papers roll into this one. A sample is asked for as a look back, and may
        repeat them."""
        if not self.digest.subscriber.trending_top or self._is_sample:
            return False
        ends = (each.to_seq for each in self.past.earlier if each.state == State.SENT)
        return any(end is not None and end > self.past.mark for end in ends)

    @property
    def _is_sample(self) -> bool:
        return self.digest.kind == Digest.Kind.SAMPLE

    @property
    def _follows_up(self) -> bool:
        if not tells(self.digest):
            return False
        # Which papers trended when is known from the mails alone.
        trended = self.digest.subscriber.trending_top > 0
        since = self.since
        return since is None or since.hit(self.keywords) or (trended and bool(since.news))

    @property
    def _may_repeat(self) -> bool:
        moved, index = self.window.renumbered, self.window.index
        if not moved:
            return False
        top = self.digest.subscriber.trending_top
        return top > 0 or any(index.evaluate(keyword) & moved for keyword in self.keywords)

    def write(self, mails: Sequence[Mail], news: Mapping[int, News]) -> None:
        """Choose the papers and the follow-ups, given the mails of the person that matter and the
        news of the papers in them."""
        sent = papers_in(mails)
        self.window = _without_repeats(self.window, sent)
        self.entries = matches(self.window, self.keywords, self.today)
        self.entries += trending_entries(
            self.window,
            self.digest.subscriber.trending_top,
            self.keywords,
            self.entries,
            set() if self._is_sample else sent,
        )
        if tells(self.digest):
            self.became = follow_ups(mails, news, (entry.paper for entry in self.entries))

    def contents(self, source: SourceStatus) -> DigestContents:
        """All that it holds, given the status of the raw material."""
        return DigestContents(
            after=self.window.after,
            through=self.window.through,
            read=self.read,
            entries=self.entries,
            follow_ups=self.became.chosen,
            facts=self._facts(source),
        )

    def _facts(self, source: SourceStatus) -> DigestFacts:
        digest, past, window = self.digest, self.past, self.window
        person = digest.subscriber
        matched = [entry for entry in self.entries if entry.keywords]
        weekly = person.frequency == Frequency.WEEKLY
        return DigestFacts(
            since=past.since,
            since_known=True,
            catch_up=catch_up(digest, past, self.at),
            doubtful_day=past.doubtful,
            papers_matched=len(matched),
            trending_of=person.trending_top,
            by_day=by_day(matched, window.index) if weekly else {},
            by_keyword=by_keyword(matched, self.keywords) if weekly else {},
            change=self._change() if tells(digest) else None,
            quiet=None if self.entries else quiet(digest, past, window, self.keywords),
            sample=look_back(digest, window),
            source=source,
        )

    def _change(self) -> int | None:
        """From which change the next digest goes on; a follow-up without room here must get it
        there."""
        return self.window.change if self.became.complete else self.past.told_up_to


def drafts_of(digests: Sequence[Digest], wanted: Mapping[int, Wanted], at: datetime) -> list[Draft]:
    """A draft of each digest, written."""
    days = [at.astimezone(digest.subscriber.zone).date() for digest in digests]
    pasts = pasts_of(digests)
    keywords = [wanted[digest.subscriber_id].keywords for digest in digests]
    windows = windows_of(digests, [past.mark for past in pasts], days, keywords)
    drafts = [
        Draft(digest, at, day, words, window, past, _since(past, window))
        for digest, day, words, window, past in zip(
            digests, days, keywords, windows, pasts, strict=True
        )
    ]  # fmt: skip
    _write(drafts)
    return drafts


def _since(past: Past, window: Window) -> Since | None:
    if past.told_up_to is None or window.change is None or window.shared is None:
        return None
    return latest(window.shared, window.change).since(past.told_up_to, window.after)


def _write(drafts: Sequence[Draft]) -> None:
    sent = mails_to([draft.digest for draft in drafts if draft.looks_back])
    mails = [before(draft.digest, sent[draft.digest.subscriber_id]) for draft in drafts]
    unsure = [some for draft, some in zip(drafts, mails, strict=True) if draft.since is None]
    news = _news(unsure)
    for draft, some in zip(drafts, mails, strict=True):
        draft.write(some, news if draft.since is None else draft.since.news)


def _news(mails: Iterable[Sequence[Mail]]) -> dict[int, News]:
    return news_of({paper for some in mails for paper in papers_in(some)})


def _without_repeats(window: Window, sent: set[int]) -> Window:
    """Without the papers numbered anew that this person was sent before, under this number or as
    another paper that proved to be the same."""
    if not sent or not window.renumbered:
        return window
    ids = window.index.ids(window.renumbered)
    return window.without(
        pk for pk in ids if not sent.isdisjoint((pk, *window.standing(pk).former))
    )


def contents_of(
    digests: Sequence[Digest], wanted: Mapping[int, Wanted], at: datetime
) -> list[DigestContents]:
    """What each of these digests holds if they are composed at that time, in their order.

    `wanted` has an entry for each of their subscribers, who are loaded. The number of queries
    does not grow with that of ordinary digests; samples, quiet notices and what follows a long
    silence take a few each.
    """
    if not digests:
        return []
    drafts = drafts_of(digests, wanted, at)
    reads = [draft.read for draft in drafts]
    raw = sources(digests, [draft.past for draft in drafts], reads)
    return [draft.contents(source) for draft, source in zip(drafts, raw, strict=True)]


def contents(digest: Digest, at: datetime) -> DigestContents:
    """What this digest holds if it is composed at that time."""
    return contents_of([digest], wanted_by([digest.subscriber_id]), at)[0]


def keywords_of(subscriber: Subscriber) -> tuple[Keyword, ...]:
    """A person's keywords in force, those that this release can read."""
    return wanted_by([subscriber.pk])[subscriber.pk].keywords
