"""Which listings are the same paper.

Same arXiv id; else, where one side has none, same DOI; else, where one side has neither, same
title. Where several papers qualify, the lowest arXiv id wins, then the lowest DOI. So the answer
depends on which listings there are, never on the order in which they arrived.
Listings that an operator has split off (`apart`) are a paper of their own, whatever they share.
"""

import hashlib
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple, Protocol

_LONGEST_KEY = 255
_ACCENTS = range(0x300, 0x370)
_KEPT_SIGNS = frozenset("+#")  # C++ and C# are not C
_DROPPED = {code: None for code in range(128) if not (chr(code).isalnum() or chr(code) in "+#")}


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


class PaperKey(NamedTuple):
    """What all listings of one paper share; a lower rank is preferred."""

    rank: int  # 0: an arXiv id, 1: a DOI, 2: a title, 3: an operator's word
    name: str


def title_key(title: str) -> str:
    """Return the title without case, accents, blanks, punctuation and mark-up, for comparison.

    Over 255 characters it ends in a hash.
    """
    if title.isascii():
        kept = title.lower().translate(_DROPPED)
    else:
        folded = unicodedata.normalize("NFKD", title).casefold()
        kept = "".join(sign for sign in folded if _is_kept(sign))
    key = kept or " ".join(title.casefold().split())
    if len(key) <= _LONGEST_KEY:
        return key
    return f"{key[:190]}-{hashlib.sha256(key.encode()).hexdigest()}"


def _is_kept(sign: str) -> bool:
    # Marks carry the vowels of many scripts; only accents of Latin and Greek are dropped.
    if sign.isalnum() or sign in _KEPT_SIGNS:
        return True
    return unicodedata.category(sign).startswith("M") and ord(sign) not in _ACCENTS


class PaperKeys:
    """The paper key of each listing in a set that is closed under shared identifiers and titles."""

    def __init__(self, listings: Iterable[Identified]) -> None:
        listings = [listing for listing in listings if not listing.apart]
        self._by_doi: dict[str, str] = {}
        self._by_title: dict[str, PaperKey] = {}
        for listing in listings:
            if listing.arxiv_id and listing.doi:
                lowest = min(listing.arxiv_id, self._by_doi.get(listing.doi, listing.arxiv_id))
                self._by_doi[listing.doi] = lowest
        for listing in listings:
            if listing.arxiv_id or listing.doi:
                root = self.of(listing)
                known = self._by_title.get(listing.title_key, root)
                self._by_title[listing.title_key] = min(root, known)

    def of(self, listing: Identified) -> PaperKey:
        """Return the key of the listing's paper."""
        if listing.apart:
            return PaperKey(3, listing.apart)
        if listing.arxiv_id:
            return PaperKey(0, listing.arxiv_id)
        if listing.doi:
            arxiv_id = self._by_doi.get(listing.doi)
            return PaperKey(0, arxiv_id) if arxiv_id else PaperKey(1, listing.doi)
        return self._by_title.get(listing.title_key, PaperKey(2, listing.title_key))
