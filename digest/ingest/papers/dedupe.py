"""Which listings are the same paper (docs/adr/0010-which-records-are-one-paper.md has the rules).

Same arXiv id; else, where one side has none, same DOI; else, a preprint and its journal version by
title and authors (`identity.versions`); else, where one side has neither id, same title, unless
something contradicts it (`identity.same_title`). Where several papers qualify, the lowest arXiv id
wins, then the lowest DOI. So the answer depends on which listings there are, never on the order in
which they arrived. Listings that an operator has split off (`apart`) are a paper of their own,
whatever they share.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from .identity.evidence import Evidence, address_key, content_hash, short_hash
from .identity.same_title import Candidate, group_by_title, signature
from .identity.title_names import LONGEST_KEY, is_generic, title_key
from .identity.versions import join_versions

__all__ = ["NO_VERSION", "Identified", "PaperKey", "PaperKeys", "title_key", "title_name"]

# What an operator's word begins with that only parts a preprint from a journal version.
NO_VERSION = "v-"


class Identified(Protocol):
    """What identifies a listing's paper, and what keeps it apart; "" for what it lacks."""

    @property
    def arxiv_id(self) -> str: ...
    @property
    def doi(self) -> str: ...
    @property
    def title_key(self) -> str: ...
    @property
    def apart(self) -> str: ...
    @property
    def record(self) -> Mapping[str, Any]: ...


class PaperKey(NamedTuple):
    """What all listings of one paper share; a lower rank is preferred."""

    rank: int  # 0: an arXiv id, 1: a DOI, 2: a title, 3: an operator's word
    name: str


def title_name(record: Mapping[str, Any]) -> str:
    """Return the name by which a record's title is compared: that of a generic title holds what
    tells the record from others, its address, else its id, else all that it says.
    """
    title = record["title"]
    key = title_key(title)
    if not is_generic(title):
        return key
    own = address_key(record.get("url", "")) or record.get("arxiv_id") or record.get("doi")
    mark = short_hash(own) if own else content_hash(record)
    return f"{key[: LONGEST_KEY - len(mark) - 1]}|{mark}"


class PaperKeys:
    """The paper key of each listing in a set that is closed under shared identifiers and titles.

    Time is linear in the number of listings.
    """

    def __init__(self, listings: Iterable[Identified]) -> None:
        self._by_doi: dict[str, str] = {}
        every = list(listings)
        joined = [listing for listing in every if not _is_apart(listing)]
        for listing in joined:
            if listing.arxiv_id and listing.doi:
                lowest = min(listing.arxiv_id, self._by_doi.get(listing.doi, listing.arxiv_id))
                self._by_doi[listing.doi] = lowest
        # Listings with an id, by title and paper; and those without, by title.
        self._identified: dict[str, dict[PaperKey, list[Identified]]] = {}
        self._members: dict[PaperKey, list[Identified]] = {}
        # By an operator's word, the paper whose listings without an id have that word too.
        self._marked: dict[str, PaperKey] = {}
        nameless: dict[str, list[Identified]] = {}
        for listing in joined:
            root = self._root_of_ids(listing)
            if root is None and not listing.apart:
                nameless.setdefault(listing.title_key, []).append(listing)
            elif root is not None:
                if listing.apart:
                    self._marked[listing.apart] = min(root, self._marked.get(listing.apart, root))
                self._members.setdefault(root, []).append(listing)
                papers = self._identified.setdefault(listing.title_key, {})
                papers.setdefault(root, []).append(listing)
        self._versions = join_versions(self._identified, self._members, _parted(every))
        self._titles = {name: self._grouped(name, some) for name, some in nameless.items()}
        self._stored: set[PaperKey | None] | None = None

    def root(self, listing: Identified) -> PaperKey | None:
        """Return the key that follows from the listing's own ids or an operator's word, None if it
        has neither.
        """
        if _is_apart(listing):
            return PaperKey(3, listing.apart)
        root = self._root_of_ids(listing)
        if root is None and listing.apart:
            return self._marked.get(listing.apart, PaperKey(3, listing.apart))
        return root

    def _root_of_ids(self, listing: Identified) -> PaperKey | None:
        if listing.arxiv_id:
            return PaperKey(0, listing.arxiv_id)
        if listing.doi:
            arxiv_id = self._by_doi.get(listing.doi)
            return PaperKey(0, arxiv_id) if arxiv_id else PaperKey(1, listing.doi)
        return None

    def of(self, listing: Identified) -> PaperKey:
        """Return the key of the listing's paper."""
        root = self.root(listing)
        if root is not None:
            return self._versions.get(root, root)
        name = listing.title_key
        groups = self._titles.get(name, {})
        if known := groups.get(signature(listing.record)):
            return known
        # It is not of the set (it was replaced), and goes with the first of its title.
        papers = (self._versions.get(root, root) for root in self._identified.get(name, ()))
        return min(groups.values(), default=None) or min(papers, default=PaperKey(2, name))

    def _grouped(
        self, name: str, listings: Iterable[Identified]
    ) -> dict[tuple[object, ...], PaperKey]:
        """Map the signature of each listing without an id to the key of its paper."""
        papers: dict[PaperKey, list[Mapping[str, Any]]] = {}
        for root, some in self._identified.get(name, {}).items():
            key = self._versions.get(root, root)
            papers.setdefault(key, []).extend(each.record for each in some)
        signed = {signature(listing.record): listing.record for listing in listings}
        if "|" in name or (len(signed) == 1 and not papers):
            return dict.fromkeys(signed, min(papers, default=PaperKey(2, name)))
        candidates = [Candidate(key, Evidence.of(papers[key])) for key in sorted(papers)]
        return group_by_title(signed, candidates, lambda number: _nth(name, number))

    def adds_version(self, paper: Iterable[Identified], stored: Iterable[Identified]) -> bool:
        """Return whether the listings of this paper are of versions that only the title and the
        authors join, and one of them is new to the `stored` ones.
        """
        if not self._versions:
            return False
        if self._stored is None:
            self._stored = {self.root(listing) for listing in stored}
        roots = {self.root(listing) for listing in paper} - {None}
        return len(roots) > 1 and not roots <= self._stored


def _nth(name: str, number: int) -> PaperKey:
    return PaperKey(2, f"{name}\n{number}" if number else name)


def _is_apart(listing: Identified) -> bool:
    return bool(listing.apart) and not listing.apart.startswith(NO_VERSION)


def _parted(listings: Iterable[Identified]) -> set[str]:
    """Return the ids of listings about which an operator has said that they are another paper."""
    parted = (listing for listing in listings if listing.apart)
    return {name for each in parted for name in (each.arxiv_id, each.doi) if name}
