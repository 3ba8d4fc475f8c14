"""A parsed keyword, and the error for a text that is none."""

from dataclasses import dataclass, field
from typing import NamedTuple

from .atoms import Author
from .description import describe
from .syntax_tree import Tree, atoms


class KeywordError(ValueError):
    """A keyword that cannot be used.

    `message` says why and what to do instead; `position` is the 0-based offset of the error in the
    text, None if the error is about a whole list. `instead`: keywords that may take its place.
    """

    def __init__(
        self, message: str, place: int | None = None, *, instead: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.position = place
        self.instead = instead


class Pair(NamedTuple):
    """A term of a keyword and another wording of it, both as folded words between single spaces."""

    term: str
    other: str

    @property
    def shown(self) -> str:
        """The other wording as people read it: an acronym of several words in capitals."""
        is_acronym = " " in self.term and " " not in self.other
        return self.other.upper() if is_acronym else self.other


@dataclass(frozen=True, slots=True)
class Keyword:
    """A parsed keyword. Keywords with equal meanings are equal, whatever their `text` (as typed).

    `excludes`: it starts with "-", so the papers it matches are left out for the subscriber.
    `notes`: clauses that say what is not read as an operator although it looks like one, and what
    of another service's query is not kept. `translation`: such a query in our language, "" for a
    text that is not one. Pages that show a keyword show both. `pairs`: the other wordings that
    `tree` contains (see `expansions`); `as_typed` is the keyword without them, if there are any.
    """

    text: str = field(compare=False)
    canonical: str
    excludes: bool = False
    notes: tuple[str, ...] = field(default=(), compare=False)
    translation: str = field(default="", compare=False)
    pairs: tuple[Pair, ...] = field(default=(), compare=False)
    tree: Tree = field(compare=False, repr=False, kw_only=True)
    as_typed: "Keyword | None" = field(default=None, compare=False, repr=False, kw_only=True)

    @property
    def in_our_language(self) -> str:
        """The text, or its translation."""
        return self.translation or self.text

    @property
    def typed(self) -> "Keyword":
        """The keyword without other wordings than the typed ones."""
        return self.as_typed or self

    @property
    def names_author(self) -> bool:
        """Whether papers match for one of their authors."""
        return not self.excludes and any(
            isinstance(atom, Author) and not excluded for atom, excluded in atoms(self.tree)
        )

    def meaning(self) -> str:
        """What it matches, in plain words."""
        text = describe(self.tree)
        return f"leaves out papers with {text}" if self.excludes else text
