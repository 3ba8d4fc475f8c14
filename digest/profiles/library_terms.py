"""A reader's collection of papers as counts of terms, which is all that is kept of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class LibraryTerm:
    """A folded word or pair, in how many papers of the library it is, and how these spell it."""

    term: str
    papers: int
    spelling: str


@dataclass(frozen=True, slots=True)
class LibraryTerms:
    """The terms of `papers` papers, most frequent first.

    `terms_each`: how many different terms a paper has, on average, those not kept among them.
    """

    papers: int = 0
    terms_each: float = 0.0
    terms: tuple[LibraryTerm, ...] = ()

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote, or {}. Raises ValueError, KeyError or TypeError for anything
        else."""
        if not stored:
            return cls()
        terms = (
            LibraryTerm(str(term), int(papers), str(spelling))
            for term, papers, spelling in stored["terms"]
        )
        return cls(int(stored["papers"]), float(stored["terms_each"]), tuple(terms))

    def to_json(self) -> dict[str, object]:
        """Its JSON object; a term is an array, as there are many."""
        terms = [[each.term, each.papers, each.spelling] for each in self.terms]
        return {"papers": self.papers, "terms_each": self.terms_each, "terms": terms}


NO_LIBRARY = LibraryTerms()
