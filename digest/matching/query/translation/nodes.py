"""The parts of a query of another service, and how they are written in our language."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from digest.matching.query.grammar import FIELDS

_OPERATORS = frozenset({"AND", "OR", "NOT", "ANDNOT"})
_MARKS = re.compile(r'["“”„()\[\]{}~]')
_SEPARATORS = re.compile(r"[;，；、]+")  # between the keywords of a list
_NAMED = re.compile(r"(?<=[A-Za-z])[:=]+")
_SIGNS = re.compile(r"(?<!\S)[-+|]+")


@dataclass(frozen=True, slots=True)
class Run:
    """Words without quotes: a phrase, or else each on its own."""

    text: str
    is_phrase: bool


@dataclass(frozen=True, slots=True)
class Quoted:
    """Exactly these words."""

    text: str


@dataclass(frozen=True, slots=True)
class NearBy:
    """Words with at most `distance` other words among them."""

    text: str
    distance: int


@dataclass(frozen=True, slots=True)
class Own:
    """Text of our language that takes no field, such as `since:2020`."""

    text: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts joined by AND, or by OR."""

    operator: str
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Negated:
    """What `part` does not match."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class Scoped:
    """A part in one field of the keyword language."""

    field: str
    part: "Node"


NAMES = ("author", "org", "category")  # fields whose values are names, not text
Node = Run | Quoted | NearBy | Own | Joined | Negated | Scoped


def plain_words(text: str) -> str:
    """The text without signs that our language would read as more than words."""
    for signs in (_MARKS, _NAMED, _SEPARATORS, _SIGNS):
        text = signs.sub(" ", text)
    words = [word.rstrip(",") for word in text.split()]
    return " ".join(word.lower() if word in _OPERATORS else word for word in words if word)


def joined(operator: str, parts: Iterable[Node | None]) -> Node | None:
    """The parts that are left, joined; None if there are none."""
    left: list[Node] = []
    for part in parts:
        if isinstance(part, Joined) and part.operator == operator:
            left += part.parts
        elif part is not None:
            left.append(part)
    if len(left) < 2:
        return left[0] if left else None
    return Joined(operator, tuple(left))


def negated(part: Node | None) -> Node | None:
    """What the part does not match."""
    if part is None:
        return None
    return part.part if isinstance(part, Negated) else Negated(part)


def scoped(part: Node | None, field: str) -> Node | None:
    """The part in a field; "" is title or abstract. A part that has a field keeps it."""
    match part:
        case Negated(inner):
            return negated(scoped(inner, field))
        case Run() | Quoted() | NearBy() | Joined() if field:
            return Scoped(field, part)
        case _:
            return part


def leaves(node: Node) -> Iterator[Node]:
    """The parts without parts."""
    match node:
        case Joined(_, parts):
            for part in parts:
                yield from leaves(part)
        case Negated(part) | Scoped(_, part):
            yield from leaves(part)
        case _:
            yield node


def written(node: Node | None) -> str:
    """The node in our language; "" if no word of it is left."""
    kept = None if node is None else _resolved(node)
    return "" if kept is None else _text(kept)


def _resolved(node: Node, *, is_name: bool = False) -> Node | None:
    match node:
        case Run(text, is_phrase):
            words = plain_words(text)
            if not any(map(str.isalnum, words)):
                return None
            if is_phrase or is_name:
                return Run(words, is_phrase=True)
            each = (word for word in words.split() if any(map(str.isalnum, word)))
            return joined("AND", [Run(word, is_phrase=True) for word in each])
        case Quoted(text):
            words = " ".join(text.replace('"', " ").split())
            return Quoted(words) if any(map(str.isalnum, words)) else None
        case Joined(operator, parts):
            return joined(operator, [_resolved(part, is_name=is_name) for part in parts])
        case Negated(part):
            return negated(_resolved(part, is_name=is_name))
        case Scoped(field, part):
            return scoped(_resolved(part, is_name=field in NAMES), field)
        case _:
            return node


def _text(node: Node) -> str:
    match node:
        case Run(text) | Own(text):
            return text
        case Quoted(text):
            return f'"{text}"'
        case NearBy(text, distance):
            return f'"{text}"~{distance}'
        case Scoped(field, part):
            return f"{field}:{_wrapped(part)}"
        case Negated(part):
            return f"NOT {_wrapped(part)}"
        case Joined("OR", parts):
            return " OR ".join(map(_wrapped_inner, parts))
        case Joined(_, parts):
            return _conjunction(parts)


def _conjunction(parts: tuple[Node, ...]) -> str:
    """AND of the parts, with those that exclude at the end."""
    wanted = [_wrapped_inner(part) for part in parts if not isinstance(part, Negated)]
    unwanted = [_text(part) for part in parts if isinstance(part, Negated)]
    return " ".join(filter(None, [" AND ".join(wanted), *unwanted]))


def _wrapped(node: Node) -> str:
    return f"({_text(node)})" if isinstance(node, (Joined, Negated)) else _text(node)


def _wrapped_inner(node: Node) -> str:
    return f"({_text(node)})" if isinstance(node, Joined) else _text(node)


def own_field(name: str) -> str | None:
    """Our field of that name or alias; None if there is none."""
    return FIELDS.get(name.lower())
