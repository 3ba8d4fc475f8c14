"""A fast parser for operators between plain words, as in most keywords with operators.

It stands alone because it must agree with the grammar, which a test checks.
"""

import re

from .atom_builders import GrammarError, Typed, exact, phrase, scoped
from .grammar import FIELDS
from .syntax_tree import And, Not, Or, Tree

_OPERATOR = re.compile(r"\s+(OR|AND(?:\s*NOT)?|NOT)\s+")
_WORD = r"(?!(?:AND|OR|NOT|ANDNOT)(?!\S))[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*"
_PIECE = re.compile(
    rf"(?:(?P<field>(?i:{'|'.join(FIELDS)})):\s?)?(?P<words>{_WORD}(?:\s+{_WORD})*)"
    r'|"(?P<quoted>[A-Za-z0-9]+(?:\s+[A-Za-z0-9]+)*)"'
)


def parse_flat(text: str) -> Tree | None:
    """The tree that the grammar builds of `text`, except that ANDs are not nested.

    Returns None if the grammar is needed: for brackets, signs as operators, and anything but
    letters, digits and hyphens. Raises TooManyWords.
    """
    pieces = _OPERATOR.split(text)
    branches: list[list[Tree]] = [[]]
    operator = ""
    for at, piece in enumerate(pieces):
        if at % 2:
            operator = piece
        elif (atom := _atom(piece)) is None:
            return None
        elif operator == "OR":
            branches.append([atom])
        else:
            branches[-1].append(Not(atom) if operator.endswith("NOT") else atom)
    parts = [one[0] if len(one) == 1 else And(tuple(one)) for one in branches]
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _atom(piece: str) -> Tree | None:
    found = _PIECE.fullmatch(piece)
    if found is None:
        return None
    field, words, quoted = found.groups()
    if quoted:
        return exact(quoted)
    if not field:
        return phrase(words)
    try:
        return scoped(Typed(phrase(words), words), FIELDS[field.lower()])
    except GrammarError:  # there is no name; the grammar says so
        return None
