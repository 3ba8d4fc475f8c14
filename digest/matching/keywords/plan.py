"""The commonest keywords as two look-ups."""

from .atoms import Phrase
from .tree import And, Not, Or, Tree

# Two words: either, both, the first without the second; or a word and a pair of neighbours: either.
ANY, ALL, BUT, PAIR = range(4)
Plan = tuple[int, str, str]  # a word that is "" occurs nowhere


def plan(tree: Tree) -> Plan | None:
    """How an index of words and of pairs of neighbours answers `tree`, where two look-ups do.

    Walking a million small trees costs far more than the look-ups themselves.
    """
    if isinstance(tree, Phrase):
        if tree.field or not tree.short:
            return None
        return (PAIR if tree.pair else ANY), tree.word, tree.pair
    if isinstance(tree, (And, Or)) and len(tree.parts) == 2:
        return _two(ANY if isinstance(tree, Or) else ALL, *tree.parts)
    return None


def _two(how: int, one: Tree, other: Tree) -> Plan | None:
    if isinstance(other, Not):  # what is excluded is sorted last; an OR never excludes
        how, other = BUT, other.part
    first, second = _lone_word(one), _lone_word(other)
    return (how, first, second) if first and second else None


def _lone_word(tree: Tree) -> str:
    """The word of a keyword of a single word; "" for anything else."""
    if isinstance(tree, Phrase) and tree.short and not tree.pair and not tree.field:
        return tree.word
    return ""
