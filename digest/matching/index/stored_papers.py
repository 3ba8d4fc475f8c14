"""The papers of a block: metadata of each, and the texts compressed."""

import marshal
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from sys import getsizeof
from typing import NamedTuple

from digest.matching.popularity import Popularity

# Memory of an index, measured on real papers.
BYTES_A_PAPER = 2_300
BYTES_A_LETTER = 4  # of title and abstract
_METADATA_BYTES = 250  # of one paper, its numbers and dates included
_LEVEL = 1  # of compression; a higher one saves 2 % of a short text


@dataclass(frozen=True, slots=True)
class PaperText:
    """A paper as the matcher sees it. `seq` is its sequence number, None for backfill; `versions`
    are those that are known of it, of which nothing is looked up.
    """

    id: int
    seq: int | None
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    organization: str = ""
    categories: tuple[str, ...] = ()
    published_on: date | None = None
    listed_on: date | None = None
    upvotes: int = 0
    comment_count: int = 0
    source_count: int = 1
    versions: str = ""

    def field(self, name: str) -> str:
        """The text of a field, in which the offsets of a Span count.

        Authors and categories are joined with a comma and a space.
        """
        match name:
            case "author":
                return ", ".join(self.authors)
            case "category":
                return ", ".join(self.categories)
            case "org":
                return self.organization
            case _:
                return str(getattr(self, name))

    @property
    def estimated_bytes(self) -> int:
        """Estimated memory in an index, in bytes."""
        return BYTES_A_PAPER + BYTES_A_LETTER * (len(self.title) + len(self.abstract))


class Span(NamedTuple):
    """The characters [start, end) of the original text of a field that a keyword hit.

    `field` is "title", "abstract", "author", "org" or "category"; see `PaperText.field`.
    """

    field: str
    start: int
    end: int


class IncompleteIndex(LookupError):
    """The index does not hold a paper asked for, or not in its current state."""


class PaperMetadata(NamedTuple):
    """The fields of PaperText that are read without decompressing texts."""

    id: int
    seq: int | None
    published_on: date | None
    listed_on: date | None
    upvotes: int
    comment_count: int
    source_count: int
    versions: str

    @property
    def attention(self) -> float:
        """Logarithm of how much it was discussed; 0 if it was not, or no source of it counts."""
        return math.log1p(max(self.upvotes, 0) + 2 * max(self.comment_count, 0))

    @property
    def popularity(self) -> Popularity:
        return Popularity(max(self.upvotes, 0), max(self.comment_count, 0), self.source_count)


class StoredPapers:
    """Slot -> paper, or None if the slot is empty; a third of the memory of PaperText objects."""

    def __init__(self) -> None:
        self._metadata: list[PaperMetadata | None] = []
        self._texts: list[bytes] = []

    def __len__(self) -> int:
        return len(self._metadata)

    def __getitem__(self, slot: int) -> PaperText | None:
        metadata = self._metadata[slot]
        if metadata is None:
            return None
        title, abstract, authors, organization, categories = marshal.loads(  # noqa: S302 - written by `put`
            zlib.decompress(self._texts[slot])
        )
        return PaperText(
            title=title,
            abstract=abstract,
            authors=authors,
            organization=organization,
            categories=categories,
            **metadata._asdict(),
        )

    def metadata(self, slot: int) -> PaperMetadata | None:
        """A paper without its texts."""
        return self._metadata[slot]

    def items(self) -> Iterator[tuple[int, PaperMetadata]]:
        """Each occupied slot and the metadata of its paper."""
        return ((slot, found) for slot, found in enumerate(self._metadata) if found is not None)

    def all_metadata(self) -> list[PaperMetadata]:
        """The metadata of all papers."""
        return [found for found in self._metadata if found is not None]

    def append(self) -> int:
        """Add an empty slot; return its number."""
        self._metadata.append(None)
        self._texts.append(b"")
        return len(self._metadata) - 1

    def put(self, slot: int, paper: PaperText) -> None:
        """Store a paper in a slot."""
        texts = (
            paper.title,
            paper.abstract,
            tuple(paper.authors),
            paper.organization,
            tuple(paper.categories),
        )
        self._texts[slot] = zlib.compress(marshal.dumps(texts), _LEVEL)
        self._metadata[slot] = PaperMetadata(
            *(getattr(paper, name) for name in PaperMetadata._fields)
        )

    def update_popularity(self, slot: int, paper: PaperText) -> None:
        """Take over the counts of `paper`, by which nothing is looked up."""
        held = self._metadata[slot]
        assert held is not None
        self._metadata[slot] = held._replace(
            upvotes=paper.upvotes,
            comment_count=paper.comment_count,
            source_count=paper.source_count,
        )

    def remove(self, slot: int) -> None:
        """Empty a slot."""
        self._metadata[slot], self._texts[slot] = None, b""

    @property
    def nbytes(self) -> int:
        """Estimated memory, in bytes."""
        return sum(map(getsizeof, self._texts)) + _METADATA_BYTES * len(self._metadata)
