"""What the index needs of a paper, and what it says about one."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

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
    def weight(self) -> int:
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
