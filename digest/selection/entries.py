"""The papers a digest holds, best first, each with the keywords that hit."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import islice
from typing import NamedTuple

from digest.matching.query import Keyword
from digest.matching.ranking import rank, select, trending
from digest.matching.sliced_index import AnyIndex
from digest.models import DigestEntry
from digest.profiles.ordering import order_by_profile

from .window import Window


class MatchingEntries(NamedTuple):
    """An entry for each paper that a keyword hits, best first, and whether the reader's profile
    changed their order."""

    entries: list[DigestEntry]
    is_personal: bool


def matching_entries(
    window: Window, keywords: Sequence[Keyword], today: date, weights: Mapping[str, float]
) -> MatchingEntries:
    """The papers of the window that any keyword hits, ordered with the weights of a profile (empty
    for none), those of an author first."""
    hits = select(window.index, keywords, window.bits)
    ranked = rank(window.index, hits, today=today)
    ordered = order_by_profile(window.index, ranked, weights)
    authors = {keyword for keyword in keywords if keyword.names_author}
    by_author = sorted(ordered, key=lambda match: authors.isdisjoint(match.keywords))
    entries = [_entry(window, match.paper_id, match.keywords, match.why) for match in by_author]
    return MatchingEntries(entries, ordered != ranked)


def trending_entries(
    window: Window,
    top: int,
    keywords: Sequence[Keyword],
    above: Sequence[DigestEntry],
    sent: set[int],
) -> list[DigestEntry]:
    """Entries without keywords for the `top` most popular papers of the window that no keyword
    excludes, and that are neither among the entries `above` nor in `sent`."""
    if not top:
        return []
    index, excluded = window.index, 0
    for keyword in keywords:
        if keyword.excludes:
            excluded |= index.evaluate(keyword)
    known = {entry.paper for entry in above} | sent
    known.update(index.ids(excluded & window.bits))
    free = (paper_id for paper_id in trending(index, window.bits) if paper_id not in known)
    return [
        _entry(window, paper_id, (), str(index.metadata(paper_id).popularity))
        for paper_id in islice(free, top)
    ]


def _entry(window: Window, paper_id: int, keywords: Sequence[Keyword], why: str) -> DigestEntry:
    """The paper as it is now, so that a later change can be reported."""
    flags, known = window.flags_of(paper_id), window.index.metadata(paper_id)
    return DigestEntry(
        paper=paper_id,
        keywords=tuple([keyword.text for keyword in keywords]),
        why=why,
        code=flags.code,
        comments=known.comment_count,
        updated=flags.renumbered,
        versions=known.versions or None,
        pairs={keyword.text: keyword.pairs for keyword in keywords if keyword.pairs},
    )


def by_keyword(entries: Sequence[DigestEntry], keywords: Sequence[Keyword]) -> dict[str, int]:
    """Keyword, as typed -> papers it hit; also those that hit none."""
    hits = Counter(text for entry in entries for text in entry.keywords)
    return {keyword.text: hits[keyword.text] for keyword in keywords if not keyword.excludes}


def by_day(entries: Sequence[DigestEntry], index: AnyIndex) -> dict[str, int]:
    """Day of listing (ISO) -> papers that a keyword hit, for those whose day is known."""
    days = [index.metadata(entry.paper).listed_on for entry in entries if entry.keywords]
    return {day.isoformat(): count for day, count in sorted(Counter(filter(None, days)).items())}
