"""What digests hold and say: papers with reasons, news of earlier ones, and why it is quiet.

All of it is worked out once, for a whole batch, and frozen in each digest's row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from digest.matching.query import Keyword
from digest.models import Digest, DigestContents, DigestEntry, DigestFacts, State
from digest.models.digest_contents import SourceStatus
from digest.selection.active_keywords import ActiveKeywords, active_keywords_of
from subscriptions.models import Subscriber
from subscriptions.schedule import Frequency

from .catch_up import catch_up
from .entries import by_day, by_keyword, matching_entries, trending_entries
from .follow_ups import NO_FOLLOW_UPS, FollowUps, follow_ups, reports_follow_ups
from .history import History, SentDigest, histories_of, papers_in, sent_digests_of, within_memory
from .paper_news import NewsSince, PaperNews, news_of, recent_news
from .quiet_notice import quiet_notice
from .source_status import source_statuses
from .window import Window, look_back, windows_of


@dataclass(slots=True)
class DigestDraft:
    """One digest of the batch while its contents are worked out.

    news: of the papers that its follow-ups may be about; None where the person's sent digests have
    to be searched for these.
    """

    digest: Digest
    at: datetime
    today: date
    keywords: Sequence[Keyword]
    window: Window
    history: History
    news: NewsSince | None
    entries: list[DigestEntry] = field(default_factory=list)
    follow_ups: FollowUps = NO_FOLLOW_UPS

    @property
    def read(self) -> int:
        return self.window.bits.bit_count()

    @property
    def needs_sent_digests(self) -> bool:
        """Whether the digests sent before matter; they are many, and mostly they do not."""
        return self._may_overlap or self._follows_up or self._may_repeat

    @property
    def _may_overlap(self) -> bool:
        """Whether a digest that arrived may hold trending papers of this window: one that was
        taken for lost first, so that its papers rolled into this window. A sample may repeat
        them."""
        if not self.digest.subscriber.trending_top or self._is_sample:
            return False
        ends = (each.to_seq for each in self.history.earlier if each.state == State.SENT)
        return any(end is not None and end > self.history.watermark for end in ends)

    @property
    def _is_sample(self) -> bool:
        return self.digest.kind == Digest.Kind.SAMPLE

    @property
    def _follows_up(self) -> bool:
        if not reports_follow_ups(self.digest):
            return False
        # Which papers trended when is known from the mails alone.
        trended = self.digest.subscriber.trending_top > 0
        news = self.news
        return news is None or news.hit(self.keywords) or (trended and bool(news.news))

    @property
    def _may_repeat(self) -> bool:
        renumbered, index = self.window.renumbered, self.window.index
        if not renumbered:
            return False
        top = self.digest.subscriber.trending_top
        return top > 0 or any(index.evaluate(keyword) & renumbered for keyword in self.keywords)

    def choose(self, earlier: Sequence[SentDigest], news: Mapping[int, PaperNews]) -> None:
        """Choose the papers and the follow-ups, given the digests sent to the person that matter
        and the news of the papers in them."""
        sent = papers_in(earlier)
        self.window = _without_repeats(self.window, sent)
        self.entries = matching_entries(self.window, self.keywords, self.today)
        self.entries += trending_entries(
            self.window,
            self.digest.subscriber.trending_top,
            self.keywords,
            self.entries,
            set() if self._is_sample else sent,
        )
        if reports_follow_ups(self.digest):
            self.follow_ups = follow_ups(earlier, news, (entry.paper for entry in self.entries))

    def contents(self, source: SourceStatus) -> DigestContents:
        """What it holds, given the status of its source."""
        return DigestContents(
            after=self.window.after,
            through=self.window.through,
            read=self.read,
            entries=self.entries,
            follow_ups=self.follow_ups.chosen,
            facts=self._facts(source),
        )

    def _facts(self, source: SourceStatus) -> DigestFacts:
        digest, history, window = self.digest, self.history, self.window
        person = digest.subscriber
        matched = [entry for entry in self.entries if entry.keywords]
        weekly = person.frequency == Frequency.WEEKLY
        return DigestFacts(
            since=history.since,
            since_known=True,
            catch_up=catch_up(digest, history, self.at),
            doubtful_day=history.doubtful,
            papers_matched=len(matched),
            trending_of=person.trending_top,
            by_day=by_day(matched, window.index) if weekly else {},
            by_keyword=by_keyword(matched, self.keywords) if weekly else {},
            change=self._change() if reports_follow_ups(digest) else None,
            quiet=None if self.entries else quiet_notice(digest, history, window, self.keywords),
            sample=look_back(digest, window),
            source=source,
        )

    def _change(self) -> int | None:
        """The change counter from which the next digest looks for follow-ups; one without room
        in this digest must be found again."""
        return self.window.change if self.follow_ups.complete else self.history.reported_up_to


def _drafts(
    digests: Sequence[Digest], active: Mapping[int, ActiveKeywords], at: datetime
) -> list[DigestDraft]:
    """A draft of each digest, its papers and follow-ups chosen."""
    days = [at.astimezone(digest.subscriber.zone).date() for digest in digests]
    histories = histories_of(digests)
    keywords = [active[digest.subscriber_id].keywords for digest in digests]
    windows = windows_of(digests, [history.watermark for history in histories], days, keywords)
    drafts = [
        DigestDraft(digest, at, day, words, window, history, _news_since(history, window))
        for digest, day, words, window, history in zip(
            digests, days, keywords, windows, histories, strict=True
        )
    ]  # fmt: skip
    _choose(drafts)
    return drafts


def _news_since(history: History, window: Window) -> NewsSince | None:
    if history.reported_up_to is None or window.change is None or window.shared is None:
        return None
    return recent_news(window.shared, window.change).since(history.reported_up_to, window.after)


def _choose(drafts: Sequence[DigestDraft]) -> None:
    sent = sent_digests_of([draft.digest for draft in drafts if draft.needs_sent_digests])
    pairs = [(draft, within_memory(draft.digest, sent[draft.digest.subscriber_id]))
             for draft in drafts]  # fmt: skip
    unknown = {pk for draft, some in pairs if draft.news is None for pk in papers_in(some)}
    news = news_of(unknown)
    for draft, some in pairs:
        draft.choose(some, news if draft.news is None else draft.news.news)


def _without_repeats(window: Window, sent: set[int]) -> Window:
    """The window without renumbered papers that this person was sent before, under the number of
    then or as another paper that proved to be the same."""
    if not sent or not window.renumbered:
        return window
    ids = window.index.ids(window.renumbered)
    return window.without(
        pk for pk in ids if not sent.isdisjoint((pk, *window.flags_of(pk).former))
    )


def contents_of(
    digests: Sequence[Digest], active: Mapping[int, ActiveKeywords], at: datetime
) -> list[DigestContents]:
    """What each of these digests holds if they are composed at that time, in their order.

    `active` has an entry for each of their subscribers, who are loaded. The number of queries
    does not grow with that of ordinary digests; samples, quiet notices and what follows a long
    silence take a few each.
    """
    if not digests:
        return []
    drafts = _drafts(digests, active, at)
    reads = [draft.read for draft in drafts]
    raw = source_statuses(digests, [draft.history for draft in drafts], reads)
    return [draft.contents(source) for draft, source in zip(drafts, raw, strict=True)]


def contents(digest: Digest, at: datetime) -> DigestContents:
    """What this digest holds if it is composed at that time."""
    return contents_of([digest], active_keywords_of([digest.subscriber_id]), at)[0]


def keywords_of(subscriber: Subscriber) -> tuple[Keyword, ...]:
    """A person's keywords in force, those that this release can read."""
    return active_keywords_of([subscriber.pk])[subscriber.pk].keywords
