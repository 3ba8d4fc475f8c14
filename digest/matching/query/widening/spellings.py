"""Words with umlauts, which are written with the plain letter and with an e behind it as well."""

from collections.abc import Iterator
from itertools import product

from ..atoms import Part, Phrase
from ..syntax_tree import And, Not, Or, Tree

_EACH_WORD = 2  # words with umlauts of a phrase up to which every mixture is searched


def either_spelling(tree: Tree) -> Tree:
    """The tree in which a phrase with an umlaut is an OR of its spellings: `Müller` finds Muller
    (and Müller, whose accents are dropped) or Mueller.

    Texts with Müller are found by `Mueller` too: see `digest.matching.text.Alternative`.
    """
    match tree:
        case And(parts) | Or(parts):
            return type(tree)(tuple(map(either_spelling, parts)))
        case Not(part):
            return Not(either_spelling(part))
        case Phrase(parts, field) if any(part.with_e for part in parts):
            return Or(tuple(Phrase(each, field) for each in _spellings(parts)))
        case _:
            return tree


def _spellings(parts: tuple[Part, ...]) -> Iterator[tuple[Part, ...]]:
    """The parts in each of their spellings; all in the same one if there are many."""
    plain = tuple(part._replace(with_e="") for part in parts)
    with_e = tuple(part._replace(word=part.with_e or part.word, with_e="") for part in parts)
    if sum(map(bool, (part.with_e for part in parts))) > _EACH_WORD:
        return iter((plain, with_e))
    return product(*(dict.fromkeys(both) for both in zip(plain, with_e, strict=True)))
