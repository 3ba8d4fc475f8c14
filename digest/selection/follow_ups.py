"""What became of papers that were sent: code appeared, a withdrawal, a discussion.

Where it is known up to which change of the papers the last mail told of them, only papers that
changed since are looked at, and mails sent before only if one of the person's keywords hits such
a paper. So what came by a keyword that was dropped meanwhile may have no follow-up.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from digest.models import Digest

from .history import Mail
from .paper_news import DISCUSSED, News

MOST = 3
_FACTS = ("withdrawn", "code", "discussed")  # the most important first


class FollowUps(NamedTuple):
    """Facts, at most three; `all_told`: whether no further one waits for room."""

    facts: list[dict[str, Any]]
    all_told: bool


NONE = FollowUps([], all_told=True)


def tells(digest: Digest) -> bool:
    """Whether this digest may tell any."""
    return digest.kind == Digest.Kind.SCHEDULED and digest.subscriber.follow_ups


def follow_ups(mails: Sequence[Mail], news: Mapping[int, News], shown: Iterable[int]) -> FollowUps:
    """At most three facts about papers of mails that arrived, each told once.

    Papers in `shown` stand in this digest anyway. Entries without "code" and "comments" (older
    releases made them) can only tell a withdrawal.
    """
    sent = _as_sent(mails, news, set(shown))
    told = {(each["paper"], each["fact"]) for mail in mails for each in mail.follow_ups}
    found = {
        paper: facts
        for paper, entry in sorted(sent.items())
        if (facts := _facts(news[paper], entry, told))
    }
    first = [
        {"paper": paper, "fact": facts[0], "sent_on": sent[paper]["sent_on"]}
        for paper, facts in found.items()
    ]
    first.sort(key=lambda each: each["sent_on"], reverse=True)
    first.sort(key=lambda each: _FACTS.index(each["fact"]))
    return FollowUps(first[:MOST], all_told=sum(map(len, found.values())) == len(first[:MOST]))


def _as_sent(
    mails: Sequence[Mail], news: Mapping[int, News], shown: set[int]
) -> dict[int, dict[str, Any]]:
    """Id of a paper with news -> its newest entry, with the day of that mail."""
    found: dict[int, dict[str, Any]] = {}
    for mail in mails:
        for entry in mail.entries:
            if (paper := entry["paper"]) in news and paper not in shown:
                found.setdefault(paper, entry | {"sent_on": mail.day.isoformat()})
    return found


def _facts(news: News, entry: dict[str, Any], told: set[tuple[int, str]]) -> list[str]:
    """What is new since the entry and not told yet, the most important first; one a digest.

    Of a withdrawn paper nothing else is told.
    """
    facts = ["withdrawn"] if news.withdrawn else _growth(news, entry)
    return [fact for fact in facts if (news.paper, fact) not in told]


def _growth(news: News, entry: dict[str, Any]) -> Iterable[str]:
    if news.code and entry.get("code") is False:
        yield "code"
    if news.discussed and entry.get("comments", DISCUSSED) < DISCUSSED:
        yield "discussed"
