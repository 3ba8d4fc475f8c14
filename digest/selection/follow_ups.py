"""What became of papers that were sent: a version in a journal, code, a withdrawal, a discussion.

Where it is known up to which change of the papers the last digest reported them, only papers that
changed since are looked at, and digests sent before only if one of the person's keywords hits such
a paper. So a paper that came by a keyword dropped since may have no follow-up.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import NamedTuple

from digest.models import Digest, DigestEntry, FollowUp

from .history import SentDigest
from .paper_news import DISCUSSED, PaperNews

MOST = 3
_FACTS = ("withdrawn", "published", "preprint", "code", "discussed")  # the most important first


class FollowUps(NamedTuple):
    """The follow-ups of one digest, at most three; `complete`: whether no further one waits for
    room."""

    chosen: list[FollowUp]
    complete: bool


NO_FOLLOW_UPS = FollowUps([], complete=True)


def reports_follow_ups(digest: Digest) -> bool:
    """Whether this digest may have follow-ups."""
    return digest.kind == Digest.Kind.SCHEDULED and digest.subscriber.follow_ups


def follow_ups(
    mails: Sequence[SentDigest], news: Mapping[int, PaperNews], shown: Iterable[int]
) -> FollowUps:
    """At most three follow-ups of papers in digests that arrived, each fact of a paper once.

    Papers in `shown` are in this digest anyway. `news` has papers by their former ids too. Of an
    entry whose code and comments are not known (an older release made it) only a withdrawal can be
    reported.
    """
    sent = _as_sent(mails, news, set(shown))
    reported = {
        (news[each.paper].paper, each.fact)
        for mail in mails
        for each in mail.follow_ups
        if each.paper in news
    }
    found = {
        paper: facts
        for paper, was in sorted(sent.items())
        if (facts := _new_facts(news[paper], was, reported))
    }
    first = [FollowUp(paper, facts[0], sent[paper].day) for paper, facts in found.items()]
    first.sort(key=attrgetter("sent_on"), reverse=True)
    first.sort(key=lambda each: _FACTS.index(each.fact))
    return FollowUps(first[:MOST], complete=sum(map(len, found.values())) == len(first[:MOST]))


class _Sent(NamedTuple):
    """An entry, the local date of the digest it was in, and the versions known of the paper in all
    that were sent, one of which may have been another paper then."""

    entry: DigestEntry
    day: date
    versions: set[str]


def _as_sent(
    mails: Sequence[SentDigest], news: Mapping[int, PaperNews], shown: set[int]
) -> dict[int, _Sent]:
    """Map the id of each paper with news to its newest entry."""
    found: dict[int, _Sent] = {}
    for mail in mails:
        for entry in mail.entries:
            about = news.get(entry.paper)
            if about is None or about.paper in shown:
                continue
            sent = found.setdefault(about.paper, _Sent(entry, mail.day, set()))
            if entry.versions:
                sent.versions.add(entry.versions)
    return found


def _new_facts(news: PaperNews, sent: _Sent, reported: set[tuple[int, str]]) -> list[str]:
    """What is new since the entry and was not reported yet, the most important first.

    Of a withdrawn paper nothing else is reported.
    """
    facts = ["withdrawn"] if news.withdrawn else _growth(news, sent)
    return [fact for fact in facts if (news.paper, fact) not in reported]


def _growth(news: PaperNews, sent: _Sent) -> Iterable[str]:
    entry = sent.entry
    if news.both_versions and sent.versions == {"preprint"}:
        yield "published"
    elif news.both_versions and sent.versions == {"journal"}:
        yield "preprint"
    if news.code and entry.code is False:
        yield "code"
    if news.discussed and entry.comments is not None and entry.comments < DISCUSSED:
        yield "discussed"
