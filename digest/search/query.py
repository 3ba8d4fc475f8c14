"""What is typed into the search: keywords, as on the sign-up form."""

from dataclasses import dataclass, replace

from digest.expansions.resolving import wordings_of
from digest.matching.query import (
    Keyword,
    KeywordError,
    expanded,
    parse_list,
    split_list,
    union,
)

MAX_LENGTH = 2_000  # characters of a query


@dataclass(frozen=True, slots=True)
class Query:
    """A query that can be searched for: `keyword` stands for all its `keywords`.

    `text`: as typed, in one line. `only_typed`: whether it is searched for without other wordings.
    """

    text: str
    keywords: tuple[Keyword, ...]
    keyword: Keyword
    only_typed: bool = False

    def as_typed(self) -> "Query":
        """The query without other wordings than the typed ones."""
        keywords = tuple(each.typed for each in self.keywords)
        return replace(self, keywords=keywords, keyword=self.keyword.typed, only_typed=True)

    @property
    def has_wordings(self) -> bool:
        """Whether it also finds other wordings than the typed ones."""
        return any(each.pairs for each in self.keywords)

    @property
    def lines(self) -> str:
        """The keywords as the sign-up form takes them, one a line."""
        return "\n".join(each.text for each in self.keywords)

    @property
    def meaning(self) -> str:
        """What matches, in plain words; simpler than those of `keyword` where one is excluded."""
        wanted = ", or ".join(each.meaning() for each in self.keywords if not each.excludes)
        return "; ".join([wanted, *(each.meaning() for each in self.keywords if each.excludes)])


def read_query(typed: str, *, only_typed: bool = False) -> Query:
    """Read a line of keywords, separated by commas or semicolons, with their usual other wordings
    unless `only_typed`.

    Papers match if any of them matches and no exclusion does. Raises KeywordError with a sentence
    if there is none, if one cannot be used, or if together they are too many.
    """
    text = one_line(typed)
    if len(text) > MAX_LENGTH:
        raise KeywordError(
            f"This is {len(text):,} characters long; the limit of a search is {MAX_LENGTH:,}."
        )
    texts = split_list(text)
    keywords = parse_list(texts, allow_empty=True)
    if not keywords:
        raise KeywordError("Enter a word or a phrase, such as diffusion models.")
    if only_typed:
        return Query(text, keywords, union(keywords), only_typed=True)
    found = wordings_of(keywords)
    keywords = tuple(expanded(one, each.usual) for one, each in zip(keywords, found, strict=True))
    return Query(text, keywords, union(keywords))


def one_line(typed: str) -> str:
    """Return what was typed in one line: several lines with commas between their keywords."""
    lines = typed.strip().splitlines()
    if len(lines) < 2 or len(typed) > MAX_LENGTH:
        return " ".join(map(str.strip, lines))
    return ", ".join(split_list(typed))
