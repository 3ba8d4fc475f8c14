"""The footnotes of a digest: follow-ups of papers sent before, near misses and neighbours."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from digest.ingest.papers.paper_links import safe_link
from digest.mail.mime.header_fields import header_text
from digest.matching.text.readable import readable
from digest.models import Digest, FollowUp, Paper
from digest.models.digest_contents import NearMiss
from digest.rendering.digest_summary import day_name
from digest.rendering.paper_card import (
    address_of,
    clipped,
    isolated,
    journal_of,
    plain_date,
    title_of,
)
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
    near = {miss.paper for miss in _near(digest)}
    return followed | near | {each.paper for each in digest.facts.neighbours}


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
    title, url = isolated(title_of(paper, _TITLE)), address_of(paper)
    match follow_up.fact:
        case "withdrawn":
            day = plain_date(paper.withdrawn_at)
            return Footnote(title, url, f"{of} was withdrawn{f' on {day}' if day else ''}.")
        case "published":
            journal = journal_of(paper)
            said = f"{of} is now published{f' in {journal}' if journal else ''}."
            return Footnote(title, url, said, "Published version", safe_link(paper.published_url))
        case "preprint":
            place = "is now on arXiv" if paper.arxiv_id else "now has a preprint"
            return Footnote(title, url, f"{of} {place}.", "Preprint", safe_link(paper.preprint_url))
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
        label = f"Widen to {wide}" if wide and row else ""
        link = signed(digest, "widen", Purpose.KEYWORD, row) if label and row else ""
        nearly = f" almost matched “{isolated(header_text(keyword))}”"
        sentence = f"{nearly}: {says}." if says else f"{nearly}."
        title = isolated(title_of(paper, _TITLE))
        yield Footnote(title, address_of(paper), sentence, label, link)


def neighbour_footnotes(digest: Digest, papers: Mapping[int, Paper]) -> list[Footnote]:
    """One for each neighbour; papers deleted since are left out."""
    return [
        Footnote(
            isolated(title_of(papers[each.paper], _TITLE)),
            address_of(papers[each.paper]),
            f" is related to “{isolated(header_text(each.keyword))}” but doesn’t contain it.",
        )
        for each in digest.facts.neighbours
        if each.paper in papers
    ]
