"""The description of a keyword in plain words."""

from .atoms import Phrase
from .syntax_tree import And, Not, Or, Tree


def describe(tree: Tree) -> str:
    """What a tree matches, such as: the phrase “world model” and the word “agent”, but not …"""
    match tree:
        case Or(parts):
            return ", or ".join(map(describe, parts))
        case And(parts):
            return _all_of(parts)
        case Not(part):
            return f"not {_wrapped(part)}"
        case Phrase(parts):
            return f"{_kind(tree)} {tree.meaning}"
        case _:
            return tree.meaning


def _all_of(parts: tuple[Tree, ...]) -> str:
    wanted = [_wrapped(part) for part in parts if not isinstance(part, Not)]
    unwanted = [_wrapped(part.part) for part in parts if isinstance(part, Not)]
    text = " and ".join(wanted)
    return f"{text}, but not {' or '.join(unwanted)}" if unwanted else text


def _wrapped(tree: Tree) -> str:
    return f"({describe(tree)})" if isinstance(tree, (And, Or)) else describe(tree)


def _kind(phrase: Phrase) -> str:
    if phrase.parts[-1].kind == "*" and len(phrase.parts) == 1:
        return "words starting with"
    return "the word" if len(phrase.parts) == 1 else "the phrase"
