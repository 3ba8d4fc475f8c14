"""The tokens of a query, in the language of its service."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from digest.matching.query.grammar import FIELDS

from .dialect import Dialect, Rule, Special, Untranslatable
from .nodes import NearBy, Node, Own, Quoted, Run
from .notes import Notes

_SPACE = re.compile(r"\s+")
_QUOTED = re.compile(r'"([^"]*)"')
_BRACED = re.compile(r"\{([^{}]*)\}")
_TAG = re.compile(r"\[([^\[\]]{1,60})\]")
_WORD = re.compile(r'[^\s()"\[\]{}]+|[\[\]{}]')
_OURS = re.compile(rf"(?i:({'|'.join(FIELDS)})):(?=\s?[^\s)])")
_MINUS = re.compile(r"-(?=[^\s)-])")
_NEAR_TAG = re.compile(r"(?P<tag>.*):~(?P<distance>\d{1,3})")
_OWN: tuple[Special, ...] = (
    (re.compile(r"since:\s?[0-9]{4}(?:-[0-9]{1,2}){0,2}(?![^\s()])"), lambda m, _: Own(m[0])),
    (
        re.compile(r'"([^"]*)"~([0-9]{1,3})(?![^\s()])'),
        lambda m, _: NearBy(m[1], int(m[2])),
    ),
)
_USUAL = 15  # words of a NEAR without a number, at the Web of Science
_BEFORE_START = ("", *' \t\n\r\xa0()"]')
OPERATORS = ("AND", "OR", "NOT", "NEAR", "BEFORE")


@dataclass(frozen=True, slots=True)
class Item:
    """A token: a bracket, an operator, a field before a value, a tag behind it, or a whole part.

    `kind` is "(", ")", one of OPERATORS, "FIELD", "TAG", "WORD" or "PART". `start` and `end`: its
    place in the query. `distance`: of words near each other.
    """

    kind: str
    start: int
    end: int
    node: Node | None = None
    rule: Rule | None = None
    distance: int = 0


def items(text: str, dialect: Dialect, notes: Notes) -> list[Item]:
    """The tokens of a query.

    Raises Untranslatable if a quote is never closed.
    """
    found: list[Item] = []
    at = 0
    while at < len(text):
        if space := _SPACE.match(text, at):
            at = space.end()
            continue
        is_start = text[at - 1 : at] in _BEFORE_START or _is_value(found, at)
        readings = _readings(text, at, dialect, notes, is_start=is_start)
        item = next(filter(None, readings), None)
        if item is None:
            raise Untranslatable("a quote is never closed")
        _append(found, item, dialect)
        at = item.end
    return found


def _append(found: list[Item], item: Item, dialect: Dialect) -> None:
    """Add a token; words next to each other are one."""
    last = found[-1] if found else None
    are_words = last and last.kind == item.kind == "WORD" and not dialect.one_by_one
    if last and are_words and isinstance(last.node, Run) and isinstance(item.node, Run):
        run = Run(f"{last.node.text} {item.node.text}", dialect.is_phrase)
        found[-1] = replace(last, end=item.end, node=run)
    else:
        found.append(item)


def _is_value(found: list[Item], at: int) -> bool:
    """Whether a place is directly behind a field."""
    return bool(found) and found[-1].kind == "FIELD" and found[-1].end == at


def _readings(
    text: str, at: int, dialect: Dialect, notes: Notes, *, is_start: bool
) -> Iterator[Item | None]:
    """What the token at a place may be; the first reading that fits counts."""
    if is_start:
        yield _special(text, at, dialect, notes)
        yield _operator(text, at, dialect)
        yield _field(text, at, dialect)
    if text[at] in "()":
        yield Item(text[at], at, at + 1)
    if text[at] == '"':
        yield _quoted(text, at, dialect)
        return
    if dialect.tags and text[at] == "[":
        yield _tag(text, at, dialect)
    if dialect.has_braces and (braced := _BRACED.match(text, at)):
        yield Item("PART", at, braced.end(), Quoted(braced[1]))
    if is_start and _MINUS.match(text, at):
        yield Item("NOT", at, at + 1)
    if word := _WORD.match(text, at):
        yield Item("WORD", at, word.end(), Run(word[0], dialect.is_phrase))


def _special(text: str, at: int, dialect: Dialect, notes: Notes) -> Item | None:
    for pattern, read in (*dialect.specials, *_OWN):
        if match := pattern.match(text, at):
            return Item("PART", at, match.end(), read(match, notes))
    return None


def _operator(text: str, at: int, dialect: Dialect) -> Item | None:
    found = dialect.operators.match(text, at)
    if not found:
        return None
    named = found.groupdict()
    kind = next(name for name in OPERATORS if named.get(name))
    return Item(kind, at, found.end(), distance=int(named.get("distance") or _USUAL))


def _field(text: str, at: int, dialect: Dialect) -> Item | None:
    if dialect.prefixes and (found := dialect.prefixes.match(text, at)):
        return Item("FIELD", at, found.end(), rule=dialect.rules[found[1].lower()])
    if ours := _OURS.match(text, at):
        return Item("FIELD", at, ours.end(), rule=Rule(field=FIELDS[ours[1].lower()]))
    return None


def _quoted(text: str, at: int, dialect: Dialect) -> Item | None:
    found = _QUOTED.match(text, at)
    if not found:
        return None
    if dialect.loose_quotes:
        return Item("PART", at, found.end(), Run(found[1], is_phrase=True))
    return Item("PART", at, found.end(), Quoted(found[1]))


def _tag(text: str, at: int, dialect: Dialect) -> Item | None:
    found = _TAG.match(text, at)
    if not found:
        return None
    name, distance = " ".join(found[1].lower().split()), 0
    if near := _NEAR_TAG.fullmatch(name):
        name, distance = near["tag"], int(near["distance"])
    rule = dialect.tags.get(name)
    return Item("TAG", at, found.end(), rule=rule, distance=distance) if rule else None
