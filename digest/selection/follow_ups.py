"""What became of papers that were sent: code appeared, a withdrawal, a discussion.

Where it is known up to which change of the papers the last mail told of them, only papers that
changed since are looked at, and mails sent before only if one of the person's keywords hits such
a paper. So what came by a keyword that was dropped meanwhile may have no follow-up.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import NamedTuple

from digest.models import Digest, DigestEntry, FollowUp

from .history import Mail
from .paper_news import DISCUSSED, News

MOST = 3
_FACTS = ("withdrawn", "code", "discussed")  # the most important first


class FollowUps(NamedTuple):
    """The follow-ups of one digest, at most three; `complete`: whether no further one waits for
    room."""

    chosen: list[FollowUp]
    complete: bool


NONE = FollowUps([], complete=True)


def tells(digest: Digest) -> bool:
    """Whether this digest may tell any."""
    return digest.kind == Digest.Kind.SCHEDULED and digest.subscriber.follow_ups


def follow_ups(mails: Sequence[Mail], news: Mapping[int, News], shown: Iterable[int]) -> FollowUps:
    """At most three facts about papers of mails that arrived, each reported once.

    Papers in `shown` are in this digest anyway. Of an entry whose code and comments are not known
    (an older release made it) only a withdrawal can be reported.
    """
    sent = _as_sent(mails, news, set(shown))
    reported = {(each.paper, each.fact) for mail in mails for each in mail.follow_ups}
    found = {
        paper: facts
        for paper, (entry, _) in sorted(sent.items())
        if (facts := _new_facts(news[paper], entry, reported))
    }
    first = [FollowUp(paper, facts[0], sent[paper].day) for paper, facts in found.items()]
    first.sort(key=attrgetter("sent_on"), reverse=True)
    first.sort(key=lambda each: _FACTS.index(each.fact))
    return FollowUps(first[:MOST], complete=sum(map(len, found.values())) == len(first[:MOST]))


class _Sent(NamedTuple):
    """An entry, and the local date of the mail it was in."""

    entry: DigestEntry
    day: date


def _as_sent(mails: Sequence[Mail], news: Mapping[int, News], shown: set[int]) -> dict[int, _Sent]:
    """Id of a paper with news -> its newest entry, with the day of that mail."""
    found: dict[int, _Sent] = {}
    for mail in mails:
        for entry in mail.entries:
            if (paper := entry.paper) in news and paper not in shown:
                found.setdefault(paper, _Sent(entry, mail.day))
    return found


def _new_facts(news: News, entry: DigestEntry, reported: set[tuple[int, str]]) -> list[str]:
    """What is new since the entry and was not reported yet, the most important first.

    Of a withdrawn paper nothing else is reported.
    """
    facts = ["withdrawn"] if news.withdrawn else _growth(news, entry)
    return [fact for fact in facts if (news.paper, fact) not in reported]


def _growth(news: News, entry: DigestEntry) -> Iterable[str]:
    if news.code and entry.code is False:
        yield "code"
    if news.discussed and entry.comments is not None and entry.comments < DISCUSSED:
        yield "discussed"
