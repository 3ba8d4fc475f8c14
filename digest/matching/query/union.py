"""Several keywords as one."""

from collections.abc import Sequence

from .atom_builders import MAX_TERMS
from .keyword import Keyword, KeywordError
from .keyword_parser import size
from .syntax_tree import (
    And,
    Contradiction,
    Not,
    NothingPositive,
    Or,
    Tree,
    atoms,
    canonical,
    normal_form,
)
from .widening.expansions import expanded


def union(keywords: Sequence[Keyword]) -> Keyword:
    """Return one keyword for the papers that any of the keywords matches and no exclusion does.

    Raises KeywordError if all of them exclude, if the exclusions leave nothing, or if they have
    too many words together.
    """
    wanted = [each.typed.tree for each in keywords if not each.excludes]
    unwanted = [each.tree for each in keywords if each.excludes]
    if not wanted:
        raise KeywordError(
            "This only excludes papers. Add a word or a phrase that papers should contain."
        )
    if len(keywords) == 1:
        return keywords[0]
    _check_size([*wanted, *unwanted])
    try:
        tree = normal_form(And((Or(tuple(wanted)), *map(Not, unwanted))))
    except (Contradiction, NothingPositive):
        raise KeywordError(
            "The exclusions leave out all that the other keywords match. Remove one of them."
        ) from None
    text = ", ".join(each.text for each in keywords)
    notes = tuple(dict.fromkeys(note for each in keywords for note in each.notes))
    is_translated = any(each.translation for each in keywords)
    ours = ", ".join(each.in_our_language for each in keywords) if is_translated else ""
    whole = Keyword(text, canonical(tree), notes=notes, translation=ours, tree=tree)
    pairs = [pair for each in keywords for pair in each.pairs]
    return expanded(whole, pairs, most=len(pairs))


def _check_size(trees: Sequence[Tree]) -> None:
    count = sum(size(atom) for tree in trees for atom, _ in atoms(tree))
    if count > MAX_TERMS:
        raise KeywordError(
            f"These keywords have {count} words together; the limit of a search is {MAX_TERMS}. "
            "Search for some of them at a time."
        )
