"""The position of an error in a keyword as typed."""

from bisect import bisect_left
from collections.abc import Iterator

from lark import Token

from digest.matching.text import tokenize_with_offsets

from .atom_builders import GrammarError, TooManyWords
from .grammar import FIELDS, lex, parse_grammar
from .syntax_tree import Contradiction, NothingPositive, normal_form

Range = tuple[int, int]  # first character, character after the last
_LONGEST_SHOWN = 24


def quoted(text: str) -> str:
    """The start of a text in quotation marks, for an error message."""
    flat = " ".join(text.split())
    return f"“{flat}”" if len(flat) <= _LONGEST_SHOWN else f"“{flat[:_LONGEST_SHOWN].rstrip()}…”"


def find_nothing_positive(text: str) -> Range:
    """The branch of an OR without a positive term, in a text that raises NothingPositive."""
    return _range(_branch_without_positive(list(lex(text)), text))


def _branch_without_positive(found: list[Token], text: str) -> list[Token]:
    for branch in _branches(found):
        if _raises(NothingPositive, branch, text):
            inner = _inside(branch)
            return _branch_without_positive(inner, text) if inner else branch
    return found


def find_contradiction(text: str) -> Range:
    """The first term that contradicts those before it, in a text that raises Contradiction."""
    term = _contradicting_term(list(lex(text)), text)
    return _range(term[term[0].type == "AND" :])


def _contradicting_term(found: list[Token], text: str) -> list[Token]:
    branch = _branches(found)[0]  # all of them contradict themselves
    if inner := _inside(branch):
        return _contradicting_term(inner, text)
    terms = list(_terms(branch))
    at = bisect_left(
        range(1, len(terms)),
        True,
        key=lambda count: _raises(Contradiction, [terms[0][0], terms[count - 1][-1]], text),
    )
    return terms[at]


def _raises(error: type[ValueError], part: list[Token], text: str) -> bool:
    """Whether a part of the text, parsed on its own, raises this error."""
    start, end = _range(part)
    try:
        normal_form(parse_grammar(text[start:end]))
    except (Contradiction, NothingPositive, TooManyWords, GrammarError) as found:
        return isinstance(found, error)
    return False


def _range(part: list[Token]) -> Range:
    return _start(part[0]), _start(part[-1]) + len(part[-1])


def _start(token: Token) -> int:
    assert token.start_pos is not None
    return token.start_pos


def _depths(found: list[Token]) -> Iterator[tuple[Token, int]]:
    """Each token and its nesting depth; a bracket has the depth of what is around it."""
    depth = 0
    for token in found:
        depth -= token.type == "RPAR"
        yield token, depth
        depth += token.type == "LPAR"


def _branches(found: list[Token]) -> list[list[Token]]:
    """The parts between the outermost ORs."""
    branches: list[list[Token]] = [[]]
    for token, depth in _depths(found):
        if token.type == "OR" and not depth:
            branches.append([])
        else:
            branches[-1].append(token)
    return branches


def _terms(branch: list[Token]) -> Iterator[list[Token]]:
    """The outermost terms of a branch, each with the operators before it."""
    term: list[Token] = []
    after = [token.type for token in branch[1:]]
    for (token, depth), follower in zip(_depths(branch), [*after, ""], strict=True):
        term.append(token)
        ends = token.type in ("TEXT", "QUOTED", "NEAR", "SINCE", "RPAR", "TAG")
        if ends and not depth and follower != "TAG":
            yield term
            term = []
    if term:
        yield term


def _inside(branch: list[Token]) -> list[Token]:
    """The tokens between the brackets that enclose the whole branch; empty if there are none."""
    first = 1 if branch[0].type == "FIELD" else 0
    last = len(branch) - (2 if branch[-1].type == "TAG" else 1)
    if branch[first].type != "LPAR":
        return []
    closed = next(at for at, (t, d) in enumerate(_depths(branch)) if t.type == "RPAR" and not d)
    return branch[first + 1 : last] if closed == last else []


def find_excess(text: str, most: int) -> Range:
    """The first word beyond `most`, or the last word if there are not more."""
    found = list(_words(text))
    if len(found) <= most:  # read as plain text: operators are words too
        found = list(_spans(text))
    return found[min(most, len(found) - 1)]


def _spans(text: str, start: int = 0) -> Iterator[Range]:
    placed = tokenize_with_offsets(text)
    for at in range(len(placed.spans)):
        first, last = placed.original(at, at + 1)
        yield start + first, start + last


def _words(text: str) -> Iterator[Range]:
    try:
        found = list(lex(text))
    except GrammarError:
        found = [Token("TEXT", text, 0)]
    field = ""
    for token in found:
        start = _start(token)
        if token.type == "CASE":
            continue
        if token.type == "FIELD":
            field = FIELDS[token[:-1].lower()]
            continue
        if token.type == "SINCE" or (token.type == "TEXT" and field == "category"):
            yield start, start + len(token)
        elif token.type in ("TEXT", "QUOTED", "NEAR"):
            body = token.rpartition("~")[0] if token.type == "NEAR" else str(token)
            yield from _spans(body, start)
        field = ""
