"""The footnotes of a digest: follow-ups of papers sent before, and near misses."""

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


class Footnote(NamedTuple):
    """A line about a paper: its title and address, a sentence, and one more link, if any."""

    title: str
    url: str
    sentence: str
    label: str = ""
    link: str = ""


def footnote_papers(digest: Digest) -> set[int]:
    """The ids of the papers that the footnotes are about."""
    followed = {each.paper for each in digest.follow_ups}
    return followed.union(miss.paper for miss in _near(digest))


def _near(digest: Digest) -> tuple[NearMiss, ...]:
    return digest.facts.quiet.near if digest.facts.quiet else ()


def follow_up_footnotes(digest: Digest, papers: Mapping[int, Paper]) -> list[Footnote]:
    """One for each follow-up; papers deleted since are left out."""
    return [
        _follow_up(papers[each.paper], each) for each in digest.follow_ups if each.paper in papers
    ]


def _follow_up(paper: Paper, follow_up: FollowUp) -> Footnote:
    sent = follow_up.sent_on
    of = f", sent to you on {day_name(sent)}," if sent else ""
    title, url = isolated(title_of(paper, _TITLE)), safe_link(paper.url)
    match follow_up.fact:
        case "withdrawn":
            day = plain_date(paper.withdrawn_at)
            return Footnote(title, url, f"{of} was withdrawn{f' on {day}' if day else ''}.")
        case "code":
            return Footnote(title, url, f"{of} now has code.", "Code", safe_link(paper.code_url))
        case _:
            return Footnote(title, url, f"{of} has reached 50 comments.")


def near_miss_footnotes(
    digest: Digest, papers: Mapping[int, Paper], subscriptions: Mapping[str, int]
) -> Iterator[Footnote]:
    """One for each near miss, with the link that widens its keyword.

    `subscriptions`: keyword -> its row's id; one that was dropped since has no link. Papers deleted
    since are left out.
    """
    for miss in _near(digest):
        if miss.paper not in papers:
            continue
        paper, keyword = papers[miss.paper], miss.keyword
        says = isolated(clipped(readable(miss.says).text, _SAYS))
        row, wide = subscriptions.get(keyword), header_text(miss.widen)
        label = f"Widen it to {wide}" if wide and row else ""
        link = signed(digest, "widen", Purpose.KEYWORD, row) if label and row else ""
        nearly = f" nearly met “{isolated(header_text(keyword))}”"
        sentence = f"{nearly}: {says}." if says else f"{nearly}."
        title = isolated(title_of(paper, _TITLE))
        yield Footnote(title, safe_link(paper.url), sentence, label, link)
