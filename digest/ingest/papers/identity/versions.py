"""A preprint and the journal version of it, which share no identifier.

They join by a key, so that the order of their arrival cannot matter: same title of five words or
more that is not generic, and same surname of the first author. All papers with a key that others
share are looked at together, and they are one if there is exactly one preprint among them and at
most one DOI of a journal, if at least half of the shorter list of surnames is in the other, and if
they were published at most three years apart. Else none of them join.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from datetime import date, timedelta
from typing import TYPE_CHECKING

from digest.ingest.formats.identifiers.doi_kinds import kind_of, unversioned

from .linked_groups import LinkedGroups
from .surnames import surnames
from .title_names import is_generic, word_count

if TYPE_CHECKING:
    from digest.ingest.papers.dedupe import Identified, PaperKey

    Listings = Mapping[PaperKey, Sequence[Identified]]

_FEWEST_WORDS = 5
_FARTHEST = timedelta(days=3 * 366)
# Length of the period that a date of publication begins.
_PERIODS = {"month": timedelta(days=30), "season": timedelta(days=91), "year": timedelta(days=365)}


def names_a_work(title: str) -> bool:
    """Return whether a title and its first author say which work it is."""
    return word_count(title) >= _FEWEST_WORDS and not is_generic(title)


def join_versions(
    titles: Mapping[str, "Listings"], listings: "Listings", parted: Set[str]
) -> dict["PaperKey", "PaperKey"]:
    """Map each paper that is a version of another to the key of both, the lower one.

    `titles`: for each title the papers that ids tell, and their listings of that title; `listings`:
    all of each paper; `parted`: ids that an operator has set apart, which join nothing.
    """
    links: LinkedGroups[PaperKey] = LinkedGroups()
    for papers in titles.values():
        if len(papers) > 1:
            for some in _by_first_author(papers).values():
                if len(some) > 1:
                    links.add(some)
    found: dict[PaperKey, PaperKey] = {}
    for group in links.groups():
        versions = [_Version(key, listings[key]) for key in sorted(group)]
        if _are_one(versions) and not any(each.names & parted for each in versions):
            found |= dict.fromkeys(group, versions[0].key)
    return found


def _by_first_author(papers: "Listings") -> dict[str, set["PaperKey"]]:
    """Return the papers of one title by the surname of the first author, none of a vague title."""
    found: dict[str, set[PaperKey]] = defaultdict(set)
    for paper, listings in papers.items():
        for listing in listings:
            names = surnames(listing.record.get("authors", ())[:1])
            if names and names_a_work(listing.record.get("title", "")):
                found[names[0]].add(paper)
    return found


class _Version:
    """What the listings of one paper say together."""

    def __init__(self, key: "PaperKey", listings: Sequence["Identified"]) -> None:
        self.key = key
        dois = {listing.doi for listing in listings} - {""}
        self.names = dois | {listing.arxiv_id for listing in listings}
        self.journals = {doi for doi in dois if kind_of(doi) == "journal"}
        preprints = {unversioned(doi) for doi in dois if kind_of(doi) == "preprint"}
        self.preprints = {key.name} if key.rank == 0 else preprints
        lists = sorted(surnames(listing.record.get("authors", ())) for listing in listings)
        # The longest: some sources shorten the list.
        longest: tuple[str, ...] = max(lists, key=len)
        self.authors = frozenset(longest)
        periods = sorted(filter(None, (_published(listing.record) for listing in listings)))
        self.published = periods[0] if periods else None


def _are_one(versions: Sequence[_Version]) -> bool:
    preprints = set[str]().union(*(each.preprints for each in versions))
    journals = set[str]().union(*(each.journals for each in versions))
    if len(preprints) != 1 or len(journals) > 1:
        return False
    if not all(each.preprints or each.journals for each in versions):  # a repository's deposit
        return False
    first, *others = versions
    return all(_share_authors(first, each) and _are_near(first, each) for each in others)


def _share_authors(one: _Version, other: _Version) -> bool:
    shared = len(one.authors & other.authors)
    return shared > 0 and 2 * shared >= min(len(one.authors), len(other.authors))


def _are_near(one: _Version, other: _Version) -> bool:
    """Return whether they were published at most three years apart, as far as that is known."""
    if one.published is None or other.published is None:
        return True
    (_, end), (begin, _) = sorted((one.published, other.published))
    return begin - end <= _FARTHEST


def _published(record: Mapping[str, str]) -> tuple[date, date] | None:
    """Return the first and the last day of the period in which a record was published."""
    written = record.get("published_on")
    if not written:
        return None
    first = date.fromisoformat(written)
    length = _PERIODS.get(record.get("published_precision", "day"), timedelta())
    return first, min(first, date.max - length) + length
