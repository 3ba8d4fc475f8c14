"""The papers of a block: what the index needs of each, and their texts compressed."""

import marshal
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from sys import getsizeof
from typing import Any, NamedTuple

from digest.matching.popularity import Popularity

# What an index weighs, measured on real papers.
BYTES_A_PAPER = 2_000
BYTES_A_LETTER = 4  # of title and abstract


@dataclass(frozen=True, slots=True)
class PaperText:
    """A paper as the matcher sees it. `seq`: its listing number, None for backfill."""

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

    def field(self, name: str) -> str:
        """The text that a Span of this field counts in; authors and categories are joined with
        a comma and a space."""
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
        """The memory it takes in an index, in bytes; about."""
        return BYTES_A_PAPER + BYTES_A_LETTER * (len(self.title) + len(self.abstract))


class Span(NamedTuple):
    """What hit: characters [start, end) of the original text of a field ("title", "abstract",
    "author", "org" or "category"; see PaperText.field)."""

    field: str
    start: int
    end: int


class IncompleteIndex(LookupError):
    """Asked for papers that the index does not hold, or not as they are now."""


pass

_FACTS = 250  # bytes, with the numbers and dates in it
_LEVEL = 1  # a higher one saves 2 % of a short text
POPULARITY_FIELDS = ("upvotes", "comment_count", "source_count")


class PaperMetadata(NamedTuple):
    """What of a paper is read without unpacking its texts; the fields of PaperText."""

    id: int
    seq: int | None
    published_on: date | None
    listed_on: date | None
    upvotes: int
    comment_count: int
    source_count: int

    @property
    def popularity(self) -> Popularity:
        return Popularity(max(self.upvotes, 0), max(self.comment_count, 0), self.source_count)


class StoredPapers:
    """Slot -> paper, or None where there is none; in a third of the memory of PaperText objects."""

    def __init__(self) -> None:
        self._facts: list[PaperMetadata | None] = []
        self._texts: list[bytes] = []

    def __len__(self) -> int:
        return len(self._facts)

    def __getitem__(self, slot: int) -> PaperText | None:
        facts = self._facts[slot]
        if facts is None:
            return None
        title, abstract, authors, organization, categories = marshal.loads(  # noqa: S302 - our own
            zlib.decompress(self._texts[slot])
        )
        return PaperText(
            title=title,
            abstract=abstract,
            authors=authors,
            organization=organization,
            categories=categories,
            **facts._asdict(),
        )

    def metadata(self, slot: int) -> PaperMetadata | None:
        """A paper without its texts."""
        return self._facts[slot]

    def items(self) -> Iterator[tuple[int, PaperMetadata]]:
        """Each slot with a paper, and its facts."""
        return ((slot, facts) for slot, facts in enumerate(self._facts) if facts is not None)

    def all_metadata(self) -> list[PaperMetadata]:
        """The facts of every paper."""
        return [facts for facts in self._facts if facts is not None]

    def append(self) -> int:
        """Add a slot without a paper; returns it."""
        self._facts.append(None)
        self._texts.append(b"")
        return len(self._facts) - 1

    def put(self, slot: int, paper: PaperText) -> None:
        """Keep a paper at a slot."""
        texts = (
            paper.title,
            paper.abstract,
            tuple(paper.authors),
            paper.organization,
            tuple(paper.categories),
        )
        self._texts[slot] = zlib.compress(marshal.dumps(texts), _LEVEL)
        self._facts[slot] = PaperMetadata(*(getattr(paper, name) for name in PaperMetadata._fields))

    def update(self, slot: int, attention: Mapping[str, Any]) -> None:
        """Note how much a paper is discussed now; nothing is looked up by that."""
        facts = self._facts[slot]
        assert facts is not None
        self._facts[slot] = facts._replace(**attention)

    def remove(self, slot: int) -> None:
        """Forget the paper of a slot."""
        self._facts[slot], self._texts[slot] = None, b""

    @property
    def nbytes(self) -> int:
        """The memory it takes, in bytes; about."""
        return sum(map(getsizeof, self._texts)) + _FACTS * len(self._facts)
