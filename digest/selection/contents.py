"""What digests hold and say: papers with reasons, news of earlier ones, and why it is quiet.

All of it is worked out once, for a whole batch, and frozen in each digest's row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from digest.matching.query import Keyword
from digest.models import Digest, DigestContents, DigestEntry, DigestFacts, State
from digest.models.digest_contents import Neighbour, SourceStatus, WordingOffer
from digest.selection.active_keywords import ActiveKeywords, active_keywords_of
from subscriptions.models import Profile, Subscriber
from subscriptions.schedule import Frequency

from .catch_up import catch_up
from .entries import by_day, by_keyword, matching_entries, trending_entries
from .follow_ups import NO_FOLLOW_UPS, FollowUps, follow_ups, reports_follow_ups
from .history import (
    History,
    SentDigest,
    histories_of,
    papers_in,
    papers_shown_in,
    sent_digests_of,
    within_memory,
)
from .neighbours import NeighbourRequest, neighbours_of
from .paper_news import NewsSince, PaperNews, news_of, recent_news
from .quiet_notice import DueNotice, due_notice
from .source_status import source_statuses
from .window import Window, look_back, windows_of


@dataclass(slots=True)
class DigestDraft:
    """One digest of the batch while its contents are worked out.

    news: of the papers that its follow-ups may be about; None where the person's sent digests have
    to be searched for these. weights: of the terms of their profile, empty for none.
    """

    digest: Digest
    at: datetime
    today: date
    keywords: Sequence[Keyword]
    window: Window
    history: History
    news: NewsSince | None
    weights: Mapping[str, float]
    offer: WordingOffer | None = None
    is_personal: bool = False
    entries: list[DigestEntry] = field(default_factory=list)
    follow_ups: FollowUps = NO_FOLLOW_UPS
    seen: set[int] = field(default_factory=set)
    neighbours: tuple[Neighbour, ...] = ()

    @property
    def read(self) -> int:
        return self.window.bits.bit_count()

    @property
    def needs_sent_digests(self) -> bool:
        """Whether the digests sent before matter; they are many, and mostly they do not."""
        return self._may_overlap or self._follows_up or self._may_repeat

    @property
    def wants_neighbours(self) -> bool:
        """Whether it shows neighbours, if it is sent at all."""
        scheduled = self.digest.kind == Digest.Kind.SCHEDULED
        return scheduled and self.digest.subscriber.neighbours

    @property
    def _may_overlap(self) -> bool:
        """Whether a digest that arrived may hold trending papers or neighbours of this window: one
        that was taken for lost first, so that its papers rolled into this window. A sample may
        repeat them."""
        shows_others = self.digest.subscriber.trending_top or self.wants_neighbours
        if not shows_others or self._is_sample:
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
        shows_others = self.digest.subscriber.trending_top > 0 or self.wants_neighbours
        return shows_others or any(
            index.evaluate(keyword) & renumbered for keyword in self.keywords
        )

    def choose(self, earlier: Sequence[SentDigest], news: Mapping[int, PaperNews]) -> None:
        """Choose the papers and the follow-ups, given the digests sent to the person that matter
        and the news of the papers in them."""
        sent = papers_in(earlier)
        self.window = _without_repeats(self.window, sent)
        matching = matching_entries(self.window, self.keywords, self.today, self.weights)
        self.entries, self.is_personal = matching
        self.entries += trending_entries(
            self.window,
            self.digest.subscriber.trending_top,
            self.keywords,
            self.entries,
            set() if self._is_sample else sent,
        )
        self.seen = sent | papers_shown_in(earlier) | {entry.paper for entry in self.entries}
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
        due = None if self.entries else due_notice(digest, history, window, self.keywords)
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
            quiet=due and due.notice,
            sample=look_back(digest, window),
            is_personal=self.is_personal,
            source=source,
            offer=self.offer if digest.kind == Digest.Kind.SCHEDULED else None,
            neighbours=self.neighbours or self._quiet_neighbours(due),
        )

    def _quiet_neighbours(self, due: DueNotice | None) -> tuple[Neighbour, ...]:
        """The neighbours of a quiet notice, from the whole quiet time."""
        if due is None or due.missed is None or not self.wants_neighbours:
            return ()
        person = self.digest.subscriber_id
        sent = within_memory(self.digest, sent_digests_of([self.digest])[person])
        seen = papers_in(sent) | papers_shown_in(sent)
        return neighbours_of([NeighbourRequest(due.missed, self.keywords, seen)])[0]

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
    actives = [active[digest.subscriber_id] for digest in digests]
    keywords = [each.keywords for each in actives]
    windows = windows_of(digests, [history.watermark for history in histories], days, keywords)
    weights = _weights_of(digests)
    drafts = [
        DigestDraft(
            digest,
            at,
            day,
            each.keywords,
            window,
            history,
            news=_news_since(history, window),
            weights=weights.get(digest.subscriber_id, {}),
            offer=each.offer,
        )
        for digest, day, each, window, history in zip(
            digests, days, actives, windows, histories, strict=True
        )
    ]  # fmt: skip
    _choose(drafts)
    _add_neighbours(drafts)
    return drafts


def _weights_of(digests: Sequence[Digest]) -> dict[int, dict[str, float]]:
    """Subscriber id -> the weights of their profile, of those that have one that acts."""
    ids = [digest.subscriber_id for digest in digests]
    return {profile.pk: profile.weights for profile in Profile.objects.acting().of(ids)}


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


def _add_neighbours(drafts: Sequence[DigestDraft]) -> None:
    """The neighbours of digests that have papers of their own: they never make a mail by
    themselves."""
    wanting = [draft for draft in drafts if draft.entries and draft.wants_neighbours]
    requests = [NeighbourRequest(each.window, each.keywords, each.seen) for each in wanting]
    for draft, found in zip(wanting, neighbours_of(requests), strict=True):
        draft.neighbours = found


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
