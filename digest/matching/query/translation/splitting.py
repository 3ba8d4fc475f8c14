"""Splitting a text of our language that is too long for one keyword at its ORs.

`(a OR b) AND c` becomes `(a) AND c` and `(b) AND c`: together they match the same papers.
"""

import re
from collections.abc import Iterator, Sequence

from lark import Token

from digest.matching.query.atom_builders import MAX_TERMS, GrammarError
from digest.matching.query.grammar import FIELDS, lex

_WORD = re.compile(rf"(?!(?:AND|OR|NOT|ANDNOT|(?i:{'|'.join(FIELDS)}):)\b)[^\W_]+")
_MOST_PARTS = 400
_MOST_TURNS = 1_000


def split_at_ors(text: str, longest: int) -> list[str]:
    """Texts of at most `longest` characters and 32 words that together mean the same.

    Empty if there is no such split.
    """
    excludes = "-" if text.startswith("-") else ""
    try:
        found = list(lex(text[len(excludes) :]))
        parts = _Splitter(text[len(excludes) :], longest - 3 * len(excludes)).split(found)
    except (GrammarError, _TooMany):
        return []
    return [f"-({part})" if excludes else part for part in parts]


def word_count(text: str) -> int:
    """How many words a text of our language has, about."""
    return len(_WORD.findall(text))


class _TooMany(ValueError):
    """A text that takes too many steps to split."""


class _Splitter:
    def __init__(self, text: str, longest: int) -> None:
        self._text, self._longest = text, longest
        self._turns = 0

    def split(self, tokens: Sequence[Token], before: str = "", after: str = "") -> list[str]:
        """The parts of the text between these tokens, each with what stands around it."""
        self._turns += 1
        if self._turns > _MOST_TURNS:
            raise _TooMany
        branches = _branches(tokens)
        if not all(branches):  # an OR without a word next to it
            return []
        if len(branches) == 1:
            return self._inside(branches[0], before, after)
        parts: list[str] = []
        held = ""
        for branch in branches:
            typed = self._slice(branch)
            longer = f"{held} OR {typed}" if held else typed
            if self._fits(f"{before}{longer}{after}"):
                held = longer
                continue
            if held:
                parts.append(f"{before}{held}{after}")
            held = typed if self._fits(f"{before}{typed}{after}") else ""
            if not held:
                deeper = self._inside(branch, before, after)
                if not deeper:
                    return []
                parts += deeper
            if len(parts) > _MOST_PARTS:
                raise _TooMany
        return [*parts, f"{before}{held}{after}"] if held else parts

    def _inside(self, branch: Sequence[Token], before: str, after: str) -> list[str]:
        """The parts of the longest bracket with an OR in it; empty if there is none."""
        whole = self._slice(branch)
        if self._fits(f"{before}{whole}{after}"):
            return [f"{before}{whole}{after}"]
        groups = [each for each in _groups(branch) if any(t.type == "OR" for t in branch[each])]
        if not groups:
            return []
        chosen = max(groups, key=lambda each: each.stop - each.start)
        first, last = branch[chosen.start], branch[chosen.stop - 1]
        start, end = _start(first), _start(last) + len(last)
        begin, finish = _start(branch[0]), _start(branch[-1]) + len(branch[-1])
        left = f"{before}{self._text[begin:start]}"
        right = f"{self._text[end:finish]}{after}"
        return self.split(branch[chosen], left, right)

    def _slice(self, tokens: Sequence[Token]) -> str:
        if not tokens:
            return ""
        return self._text[_start(tokens[0]) : _start(tokens[-1]) + len(tokens[-1])]

    def _fits(self, text: str) -> bool:
        return len(text) <= self._longest and word_count(text) <= MAX_TERMS


def _start(token: Token) -> int:
    assert token.start_pos is not None
    return token.start_pos


def _depths(tokens: Sequence[Token]) -> Iterator[tuple[int, Token, int]]:
    """Each place, its token and depth; a bracket has the depth of what is around it."""
    depth = 0
    for at, token in enumerate(tokens):
        depth -= token.type == "RPAR"
        yield at, token, depth
        depth += token.type == "LPAR"


def _branches(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """The parts between the outermost ORs."""
    found: list[Sequence[Token]] = []
    start = 0
    for at, token, depth in _depths(tokens):
        if token.type == "OR" and not depth:
            found.append(tokens[start:at])
            start = at + 1
    return [*found, tokens[start:]]


def _groups(branch: Sequence[Token]) -> list[slice]:
    """The places between the outermost brackets that exclude nothing."""
    found: list[slice] = []
    opened = -1
    for at, token, depth in _depths(branch):
        if token.type == "LPAR" and not depth:
            opened = at
        elif token.type == "RPAR" and not depth and opened >= 0:
            before = opened - 1
            while before >= 0 and branch[before].type == "FIELD":
                before -= 1
            if before < 0 or branch[before].type not in ("NOT", "ANDNOT"):
                found.append(slice(opened + 1, at))
            opened = -1
    return found
