"""What a keyword is made of: the smallest things that match or do not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from ..text import join

FIELD_NAMES = {
    "": "",
    "title": "in the title",
    "abstract": "in the abstract",
    "author": "among the authors",
    "org": "in the organisation",
    "category": "as a category",
}
# Words that stay apart from a neighbour typed with a space: `a symmetric` is not "asymmetric".
ALOOF = frozenset({"a", "an", "the", "is"})


def _scope(field: str) -> str:
    return f"{field}:" if field else ""


def _told(field: str) -> str:
    return f" {FIELD_NAMES[field]}" if field else ""


@dataclass(frozen=True, slots=True)
class Part:
    """One word of a phrase: `kind` "" (folded), "=" (exactly so, for capitals such as `DOS`) or
    "*" (a beginning). `apart`: a typed space before it that must not vanish."""

    word: str
    kind: str = ""
    apart: bool = False

    @property
    def canonical(self) -> str:
        return f"{self.word}*" if self.kind == "*" else f"{self.kind}{self.word}"


@dataclass(frozen=True)
class Phrase:
    """A tolerant phrase: adjacent words, spaced, hyphenated or joined."""

    parts: tuple[Part, ...]
    field: str = ""

    @cached_property
    def canonical(self) -> str:
        return _scope(self.field) + _canonical(self.parts)

    @property
    def meaning(self) -> str:
        words = " ".join(f"{p.word}…" if p.kind == "*" else p.word for p in self.parts)
        return f"“{words}”{_told(self.field)}"

    @property
    def plain(self) -> bool:
        """Whether every word is a folded one."""
        return not any(part.kind for part in self.parts)

    def groups(self) -> Iterator[tuple[int, int, str, str]]:
        """Every way to write neighbouring parts as one word: (first, end, word, kind)."""
        for first in range(len(self.parts)):
            for end in range(first + 1, len(self.parts) + 1):
                last = self.parts[end - 1]
                if end > first + 1 and last.apart:
                    break
                words = [part.word for part in self.parts[first:end]]
                written = "".join(words) if last.kind or len(words) == 1 else join(words)
                yield first, end, written, last.kind
                if last.kind == "*":
                    break

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """For one or two plain words: the index terms any of which means a hit; else ()."""
        if len(self.parts) > 2 or not self.plain:
            return ()
        words = [part.word for part in self.parts]
        if len(words) == 1 or self.parts[1].apart:
            return (" ".join(words),)
        return " ".join(words), join(words)


def _canonical(parts: tuple[Part, ...]) -> str:
    if len(parts) == 1:
        return parts[0].canonical
    glued = [(" · " if part.apart else " ") + part.canonical for part in parts]
    return "".join(glued)[1:]


@dataclass(frozen=True)
class Exact:
    """Exactly these words with exactly this between them, save capitals, accents and mark-up."""

    words: tuple[str, ...]
    gaps: tuple[str, ...] = ()
    field: str = ""

    @cached_property
    def needle(self) -> str:
        """The words and gaps, each word between marks that no text holds."""
        ends = (*self.gaps, "")
        return "".join(f"\x1f{word}\x1f{gap}" for word, gap in zip(self.words, ends, strict=True))

    @cached_property
    def canonical(self) -> str:
        return f'{_scope(self.field)}"{self._text()}"'

    @property
    def meaning(self) -> str:
        return f"exactly “{self._text()}”{_told(self.field)}"

    def _text(self) -> str:
        return "".join(map(str.__add__, self.words, (*self.gaps, "")))


@dataclass(frozen=True)
class Near:
    """Words in any order with at most `distance` other words among them."""

    words: tuple[str, ...]
    distance: int
    field: str = ""

    @cached_property
    def canonical(self) -> str:
        return f'{_scope(self.field)}"{" ".join(self.words)}"~{self.distance}'

    @property
    def meaning(self) -> str:
        words = ", ".join(f"“{word}”" for word in self.words)
        return f"{words} within {self.distance} words of each other{_told(self.field)}"


@dataclass(frozen=True)
class Author:
    """Words of one author's name, in any order unless `ordered`; one letter is an initial."""

    words: tuple[str, ...]
    ordered: bool = False

    @cached_property
    def canonical(self) -> str:
        text = " ".join(self.words)
        return f'author:"{text}"' if self.ordered and len(self.words) > 1 else f"author:{text}"

    @property
    def meaning(self) -> str:
        return f"“{' '.join(self.words)}” among the authors"


@dataclass(frozen=True)
class Category:
    """A category, or a whole archive: `cs` holds cs.CL and cs.LG."""

    name: str

    @property
    def canonical(self) -> str:
        return f"category:{self.name}"

    @property
    def meaning(self) -> str:
        return f"in category {self.name}"


@dataclass(frozen=True)
class Since:
    """Published (or, where that is unknown, listed) on this day or later."""

    day: date

    @property
    def canonical(self) -> str:
        return f"since:{self.day.isoformat()}"

    @property
    def meaning(self) -> str:
        return f"published since {self.day.isoformat()}"


Atom = Phrase | Exact | Near | Author | Category | Since
