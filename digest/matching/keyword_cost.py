"""Which keywords are cheap to evaluate, whatever they match."""

from .query.atoms import Author, Cased, Category, Exact, Phrase, Since
from .query.syntax_tree import And, Not, Or, Tree

_QUOTES = 4  # quoted terms of an AND or OR that is always evaluated: texts are searched for them
_ANDS = 2  # parts of an OR that is always evaluated


def always_answered(tree: Tree) -> bool:
    """Whether a keyword is cheap to evaluate however many papers it hits.

    True for a phrase, a prefix, and an AND or OR of terms, of which one may be a prefix and four
    may be quoted. Two parts of an OR may be ANDs of terms.
    """
    parts = tree.parts if isinstance(tree, (And, Or)) else (tree,)
    if isinstance(tree, Or) and sum(isinstance(part, And) for part in parts) <= _ANDS:
        parts = tuple(one for part in parts for one in _terms(part))
    terms = [part.part if isinstance(part, Not) else part for part in parts]
    beginnings = sum(isinstance(term, Phrase) and term.parts[-1].kind == "*" for term in terms)
    quotes = sum(isinstance(t, (Exact, Cased)) and len(t.words) > 1 for t in terms)
    return beginnings <= 1 and quotes <= _QUOTES and all(map(_is_term, terms))


def _terms(tree: Tree) -> tuple[Tree, ...]:
    return tree.parts if isinstance(tree, And) else (tree,)


def _is_term(tree: Tree) -> bool:
    match tree:
        case Phrase(parts):
            return tree.plain or len(parts) == 1
        case Author() | Exact() | Category() | Since():
            return True
        case Cased(phrase):
            return _is_term(phrase)
        case Or(parts):  # a phrase and its other wordings
            return all(isinstance(part, Phrase) and part.plain for part in parts)
        case _:
            return False
