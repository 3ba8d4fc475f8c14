"""The atoms of a keyword: the leaves of its syntax tree, each of which a paper matches or not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise, product
from typing import NamedTuple

from digest.matching.names import TypedName
from digest.matching.text import fold_joined, possible_folds

FIELD_NAMES = {
    "": "",
    "title": "in the title",
    "abstract": "in the abstract",
    "author": "among the authors",
    "org": "in the organisation",
    "category": "as a category",
}
# Words that are never joined to a word typed after or before a space: `a symmetric` is not
# "asymmetric".
NEVER_JOINED = frozenset({"a", "an", "the", "is"})


def _scope(field: str) -> str:
    return f"{field}:" if field else ""


def _in_field(field: str) -> str:
    return f" {FIELD_NAMES[field]}" if field else ""


class Part(NamedTuple):
    """One word of a phrase.

    `kind`: "" (folded), "=" (unfolded, for capitals such as `DOS`) or "*" (a prefix).
    `separate`: it is never joined to the word before it. `with_e`: a word with an umlaut as it is
    spelled with an e (Müller: mueller), "" for any other; see `either_spelling`.
    """

    word: str
    kind: str = ""
    separate: bool = False
    with_e: str = ""

    @property
    def canonical(self) -> str:
        return f"{self.word}*" if self.kind == "*" else f"{self.kind}{self.word}"


class Phrase:
    """A tolerant phrase: adjacent words, spaced, hyphenated or joined.

    What the index looks up is computed here, once. One or two plain words (`short`) hit as the
    `word` or as the `pair`; longer phrases need all their `words` and all adjacent `pairs`, or one
    of the joined spellings `joins`.
    """

    __match_args__ = ("parts", "field")
    __slots__ = ("canonical", "field", "joins", "pair", "pairs", "parts", "short", "word", "words")

    def __init__(self, parts: tuple[Part, ...], field: str = "") -> None:
        self.parts, self.field = parts, field
        self.words: tuple[str, ...] = ()
        self.pairs: tuple[str, ...] = ()
        self.joins: tuple[str, ...] = ()
        self.short, self.word, self.pair = False, "", ""
        self.canonical = _scope(field) + _canonical(parts)
        if self.plain:
            self._prepare([part.word for part in parts])

    def _prepare(self, words: list[str]) -> None:
        if len(words) == 1:
            self.short, self.word = True, words[0]
        elif len(words) == 2:
            self.short, self.pair = True, f"{words[0]} {words[1]}"
            self.word = "" if self.parts[1].separate else fold_joined(words)
        else:
            self.words = tuple(words)
            self.pairs = tuple([f"{left} {right}" for left, right in pairwise(words)])
            groups = self.groups()
            self.joins = tuple(word for first, end, word, _ in groups if end - first > 1)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Phrase) and other.canonical == self.canonical

    def __hash__(self) -> int:
        return hash(self.canonical)

    def __repr__(self) -> str:
        return f"Phrase({self.canonical!r})"

    @property
    def meaning(self) -> str:
        """In plain words."""
        words = " ".join(f"{p.word}…" if p.kind == "*" else p.word for p in self.parts)
        return f"“{words}”{_in_field(self.field)}"

    @property
    def needle(self) -> str:
        """The words between spaces, to be searched for in a text of folded words."""
        return f" {' '.join([part[0] for part in self.parts])} "

    @property
    def plain(self) -> bool:
        """Whether all words are folded ones."""
        return not any(part.kind for part in self.parts)

    def groups(self) -> Iterator[tuple[int, int, str, str]]:
        """Every way to write parts [first, end) as one word: (first, end, word, kind)."""
        for first in range(len(self.parts)):
            for end in range(first + 1, len(self.parts) + 1):
                last = self.parts[end - 1]
                if end > first + 1 and last.separate:
                    break
                words = [part.word for part in self.parts[first:end]]
                written = "".join(words) if last.kind or len(words) == 1 else fold_joined(words)
                yield first, end, written, last.kind
                if last.kind == "*":
                    break


def _canonical(parts: tuple[Part, ...]) -> str:
    if len(parts) == 1:
        return parts[0].canonical
    glued = [(" · " if part.separate else " ") + part.canonical for part in parts]
    return "".join(glued)[1:]


def _folded_pairs(left: str, right: str) -> tuple[str, ...]:
    return tuple(map(" ".join, product(possible_folds(left), possible_folds(right))))


class Exact:
    """Exactly these words with exactly these gaps; capitals, accents and mark-up are ignored.

    `plain`: ASCII letters and single spaces only; `simple`: hyphens as well. `literal`: what a
    plain text in lower case contains where these words occur; "" if they may be written otherwise.
    `pairs`: for each two adjacent words, their possible folded forms.
    """

    __match_args__ = ("words", "gaps", "field")
    __slots__ = ("canonical", "field", "gaps", "literal", "pairs", "plain", "simple", "words")

    def __init__(self, words: tuple[str, ...], gaps: tuple[str, ...] = (), field: str = "") -> None:
        self.words, self.gaps, self.field = words, gaps, field
        text = "".join(map(str.__add__, words, (*gaps, "")))
        self.canonical = f'{_scope(field)}"{text}"'
        # 1,000 is the word 1000.
        sure = text.isascii() and not any(len(word) > 3 and word.isdigit() for word in words)
        self.literal = " ".join(text.split()) if sure else ""
        letters = "".join(words)
        self.simple = letters.isascii() and letters.isalpha() and {*gaps} <= {" ", "-"}
        self.plain = self.simple and "-" not in gaps
        self.pairs = tuple(map(_folded_pairs, words, words[1:]))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Exact) and other._key() == self._key()

    def __hash__(self) -> int:
        return hash(self.canonical)

    def __repr__(self) -> str:
        return f"Exact({self.canonical!r})"

    def _key(self) -> tuple[object, ...]:
        return self.words, self.gaps, self.field

    @property
    def needle(self) -> str:
        """The words and gaps, each word between control characters that no text contains."""
        ends = (*self.gaps, "")
        return "".join(f"\x1f{word}\x1f{gap}" for word, gap in zip(self.words, ends, strict=True))

    @property
    def spaced(self) -> str:
        """The words between spaces."""
        return f" {' '.join(self.words)} "

    @property
    def meaning(self) -> str:
        """In plain words."""
        text = self.canonical.removeprefix(_scope(self.field))[1:-1]
        return f"exactly “{text}”{_in_field(self.field)}"


@dataclass(frozen=True)
class Cased:
    """A tolerant phrase written in these capitals; accents and mark-up are ignored.

    `words`: those of the phrase, folded, with their capitals.
    """

    phrase: Phrase
    words: tuple[str, ...]

    @property
    def field(self) -> str:
        return self.phrase.field

    @cached_property
    def letters(self) -> str:
        """The words without what is between them."""
        return "".join(self.words)

    @cached_property
    def canonical(self) -> str:
        parts = zip(self.phrase.parts, self.words, strict=True)
        text = _canonical(tuple(part._replace(word=word) for part, word in parts))
        return f'{_scope(self.field)}case:"{text}"'

    @property
    def meaning(self) -> str:
        """In plain words."""
        return f"“{' '.join(self.words)}” in these capitals{_in_field(self.field)}"


@dataclass(frozen=True)
class Near:
    """Proximity: words in any order with at most `distance` other words among them."""

    words: tuple[str, ...]
    distance: int
    field: str = ""

    @cached_property
    def canonical(self) -> str:
        return f'{_scope(self.field)}"{" ".join(self.words)}"~{self.distance}'

    @property
    def meaning(self) -> str:
        words = ", ".join(f"“{word}”" for word in self.words)
        return f"{words} within {self.distance} words of each other{_in_field(self.field)}"


class Author:
    """An author by name, in any way to write it; see `digest.matching.names`. `text`: as typed."""

    __match_args__ = ("text",)
    __slots__ = ("canonical", "name", "text")

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        self.name = TypedName(self.text)
        self.canonical = f"author:{self.name.canonical}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Author) and other.canonical == self.canonical

    def __hash__(self) -> int:
        return hash(self.canonical)

    def __repr__(self) -> str:
        return f"Author({self.canonical!r})"

    @property
    def words(self) -> tuple[str, ...]:
        """The words as typed."""
        return tuple(word for word in self.text.split() if any(map(str.isalnum, word)))

    @property
    def meaning(self) -> str:
        """In plain words."""
        return f"author “{self.text}”"


@dataclass(frozen=True)
class Category:
    """A category, or a whole archive: `cs` includes cs.CL and cs.LG."""

    name: str

    @property
    def canonical(self) -> str:
        return f"category:{self.name}"

    @property
    def meaning(self) -> str:
        return f"category {self.name}"


@dataclass(frozen=True)
class Since:
    """Published (or, if that is unknown, listed) on this day or later."""

    day: date

    @property
    def canonical(self) -> str:
        return f"since:{self.day.isoformat()}"

    @property
    def meaning(self) -> str:
        return f"published since {self.day.isoformat()}"


TextAtom = Phrase | Exact | Cased | Near
Atom = TextAtom | Author | Category | Since
