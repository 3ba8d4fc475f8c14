"""Single terms of a query: wildcards, names, subject headings, words near each other."""

import re
from dataclasses import replace
from itertools import islice, product

from .dialect import NOT_NEW, Dialect
from .nodes import (
    NAMES,
    Joined,
    NearBy,
    Negated,
    Node,
    Own,
    Quoted,
    Run,
    Scoped,
    joined,
    leaves,
    negated,
    plain_words,
    scoped,
    written,
)
from .notes import Notes

_MIN_PREFIX = 3  # letters before a `*`
_MOST_PAIRS = 9  # of alternatives near each other
_FARTHEST = 100
_SHOWN = 3  # words of a side that a note names
_SUBHEADING = re.compile(r"\s*/.*")
_NAME_SIGNS = re.compile(r"[.,_;]+")
_ONLY_AT_END = "only a * at the end of a word can be kept, so {} is shortened to that"
_ANYWHERE = "only whole words can be near each other, so {} may be anywhere"
_NO_FRONT = "{} is read without the sign in front: only a * at the end of a word can be kept"


def mended(node: Node | None, dialect: Dialect, notes: Notes, field: str = "") -> Node | None:
    """The node with the wildcards and names of another service written our way."""
    match node:
        case Joined(operator, parts):
            return joined(operator, [mended(part, dialect, notes, field) for part in parts])
        case Negated(Own(text)):
            notes.left_out(f"NOT {text}", NOT_NEW)
            return None
        case Negated(part):
            return negated(mended(part, dialect, notes, field))
        case Scoped(own, part):
            return scoped(mended(part, dialect, notes, own), own)
        case Run(text) | Quoted(text) if field in NAMES:
            return _name(text, field, notes)
        case Run(text) if _has_wildcard(text, dialect):
            return _run(node, dialect, notes)
        case Quoted(text) if _has_wildcard(text, dialect):
            return _run(Run(text, is_phrase=True), dialect, notes)
        case _:
            return node


def _has_wildcard(text: str, dialect: Dialect) -> bool:
    return any(sign in text for sign in dialect.wildcards)


def _run(run: Run, dialect: Dialect, notes: Notes) -> Node | None:
    """The words with stars at their ends only; None if they cannot be written so."""
    words = [_without_wildcards(word, dialect.wildcards, notes) for word in run.text.split()]
    if run.is_phrase and None in words:
        return None
    kept = " ".join(filter(None, words))
    return replace(run, text=kept) if kept else None


def _without_wildcards(word: str, signs: str, notes: Notes) -> str | None:
    at = min((word.index(sign) for sign in signs if sign in word), default=-1)
    if at < 0 or word[at:] == "*":
        return word
    stem, rest = word[:at], word[at:].strip(signs)
    if word[at:] == "$":
        notes.say("{} is read without the $: plurals are found anyway", word)
        return stem
    if len(stem) >= _MIN_PREFIX:
        notes.say(_ONLY_AT_END, word)
        return f"{stem}*"
    if not stem and len(rest) >= _MIN_PREFIX and not any(sign in rest for sign in signs):
        notes.say(_NO_FRONT, word)
        return rest if word[-1] != "*" else f"{rest}*"
    notes.left_out(word, "a * needs three letters before it")
    return None


def _name(text: str, field: str, notes: Notes) -> Node | None:
    """The words of a name, in any order."""
    words = text.removesuffix(".*") if field == "category" else _NAME_SIGNS.sub(" ", text)
    plain = " ".join(word.rstrip("*?$") for word in words.split())
    if any(len(word) > 2 and word[-1] in "*?$" for word in words.split()):
        notes.say("{} is read as whole words of a name", text)
    return Run(plain, is_phrase=True) if plain else None


def heading(node: Node | None) -> Node | None:
    """The words of a subject heading, without its subheading: `Neoplasms/therapy`."""
    match node:
        case Run(text) | Quoted(text):
            return Run(plain_words(_SUBHEADING.sub("", text).replace(",", " ")), is_phrase=True)
        case Joined(operator, parts):
            return joined(operator, map(heading, parts))
        case Negated(part):
            return negated(heading(part))
        case _:
            return node


def near(
    left: Node | None, right: Node | None, distance: int, notes: Notes, *, is_ordered: bool
) -> Node | None:
    """The words of both sides near each other; joined by AND where that cannot be kept.

    `is_ordered`: whether the left side should come first, which is said not to be kept.
    """
    if left is None or right is None:
        return right if left is None else left
    sides = _alternatives(left), _alternatives(right)
    if not all(sides) or len(sides[0]) * len(sides[1]) > _MOST_PAIRS:
        notes.say(_ANYWHERE, _pair(left, right))
        return joined("AND", [left, right])
    pairs = [f"{one} {other}" for one, other in product(*sides)]
    if is_ordered or any(" " in one for side in sides for one in side):
        notes.say("the words of {} may be in any order", _pair(left, right))
    return joined("OR", [NearBy(pair, min(distance, _FARTHEST)) for pair in pairs])


def _pair(left: Node, right: Node) -> str:
    sides = (" ".join(map(written, islice(leaves(side), _SHOWN))) for side in (left, right))
    return " … ".join(sides)


def _alternatives(node: Node) -> list[str]:
    """The words, or each of the words joined by OR; empty for anything else."""
    match node:
        case Run(text) | Quoted(text) if not any(sign in text for sign in "*?$"):
            words = plain_words(text)
            return [words] if any(map(str.isalnum, words)) else []
        case Joined("OR", parts):
            found = [_alternatives(part) for part in parts]
            return [one for each in found for one in each] if all(found) else []
        case _:
            return []
