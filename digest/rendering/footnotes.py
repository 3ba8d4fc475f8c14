"""The short lines of a digest: what became of papers sent before, and what nearly matched."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from digest.ingest.papers.paper_links import safe_link
from digest.mail.mime.header_fields import header_text
from digest.matching.text.readable import readable
from digest.models import Digest, FollowUp, Paper
from digest.models.digest_contents import NearMiss
from digest.rendering.digest_summary import day_name
from digest.rendering.paper_card import clipped, isolated, plain_date, title_of
from subscriptions.digest_links import signed
from subscriptions.links import Purpose

_TITLE = 200  # characters
_SAYS = 300


class Aside(NamedTuple):
    """A paper's title and address, what is said of it, and one more link, if there is one."""

    title: str
    url: str
    says: str
    label: str = ""
    link: str = ""


def papers_aside(digest: Digest) -> set[int]:
    """The ids of the papers that these lines are about."""
    followed = {each.paper for each in digest.follow_ups}
    return followed.union(miss.paper for miss in _near(digest))


def _near(digest: Digest) -> tuple[NearMiss, ...]:
    return digest.facts.quiet.near if digest.facts.quiet else ()


def since_then(digest: Digest, papers: Mapping[int, Paper]) -> list[Aside]:
    """One line for each follow-up; a paper deleted since is left out."""
    return [
        _follow_up(papers[each.paper], each) for each in digest.follow_ups if each.paper in papers
    ]


def _follow_up(paper: Paper, follow_up: FollowUp) -> Aside:
    sent = follow_up.sent_on
    of = f", sent to you on {day_name(sent)}," if sent else ""
    title, url = isolated(title_of(paper, _TITLE)), safe_link(paper.url)
    match follow_up.fact:
        case "withdrawn":
            day = plain_date(paper.withdrawn_at)
            return Aside(title, url, f"{of} was withdrawn{f' on {day}' if day else ''}.")
        case "code":
            return Aside(title, url, f"{of} now has code.", "Code", safe_link(paper.code_url))
        case _:
            return Aside(title, url, f"{of} has reached 50 comments.")


def near_misses(
    digest: Digest, papers: Mapping[int, Paper], subscriptions: Mapping[str, int]
) -> Iterator[Aside]:
    """What came nearest in a quiet time, each with the link that widens its keyword.

    `subscriptions`: keyword -> its row's id; one that was dropped since has no link.
    """
    for miss in _near(digest):
        if miss.paper not in papers:
            continue
        paper, keyword = papers[miss.paper], miss.keyword
        says = isolated(clipped(readable(miss.says).text, _SAYS))
        row, wide = subscriptions.get(keyword), header_text(miss.widen)
        label = f"Widen it to {wide}" if wide and row else ""
        link = signed(digest, "widen", Purpose.KEYWORD, row) if label and row else ""
        met = f" nearly met “{isolated(header_text(keyword))}”"
        sentence = f"{met}: {says}." if says else f"{met}."
        title = isolated(title_of(paper, _TITLE))
        yield Aside(title, safe_link(paper.url), sentence, label, link)
