"""What is known of a reader's collection of papers once its file is read, and its form as JSON."""

import json
from dataclasses import asdict, dataclass
from typing import Self

from digest.profiles.library_terms import NO_LIBRARY, LibraryTerms

MAX_BYTES = 5_000_000  # of a file
MAX_PAPERS = 5_000  # of a library
MAX_ANSWER_BYTES = 500_000  # of a library as JSON


class LibraryRefused(ValueError):
    """The file cannot be used; the message, a sentence or two, says why and what to do."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A phrase or an author, and in how many papers of the library it occurs.

    `text`: as the library spells it; `words`: its folded words, of a phrase only.
    """

    text: str
    papers: int
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An entry that could not be used, by its beginning, and the reason."""

    entry: str
    reason: str


@dataclass(frozen=True, slots=True)
class Library:
    """The counts of a library of `papers` papers, and the first of the entries left out.

    `terms`: what a profile learns from, if the reader wants that.
    """

    format: str
    papers: int
    phrases: tuple[Counted, ...] = ()
    authors: tuple[Counted, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    left_out_count: int = 0
    terms: LibraryTerms = NO_LIBRARY

    def to_json(self) -> str:
        """Return what `from_json` reads."""
        return json.dumps(asdict(self) | {"terms": self.terms.to_json()})

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what `to_json` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        found = json.loads(text)
        return cls(
            format=str(found["format"]),
            papers=int(found["papers"]),
            phrases=tuple(map(_counted, found["phrases"])),
            authors=tuple(map(_counted, found["authors"])),
            left_out=tuple(
                LeftOut(str(each["entry"]), str(each["reason"])) for each in found["left_out"]
            ),
            left_out_count=int(found["left_out_count"]),
            terms=LibraryTerms.from_json(found["terms"]),
        )


def _counted(found: dict[str, object]) -> Counted:
    words = found["words"]
    if not isinstance(words, list):
        raise TypeError("not a list of words")
    return Counted(str(found["text"]), int(str(found["papers"])), tuple(map(str, words)))
