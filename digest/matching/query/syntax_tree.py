"""The syntax tree: AND, OR and NOT over atoms, and the normal form that equal meanings share."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from .atoms import Atom, Since

MAX_CONJUNCTS = 64


@dataclass(frozen=True, slots=True)
class Not:
    """Matches the papers that `part` does not match."""

    part: "Tree"


@dataclass(frozen=True, slots=True)
class And:
    """Matches the papers that all parts match."""

    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Matches the papers that any part matches."""

    parts: tuple["Tree", ...]


Tree = Atom | And | Or | Not
Literal = tuple[bool, Atom]  # (excluded?, atom)
Conjunct = frozenset[Literal]


class Contradiction(ValueError):
    """Every branch both requires and excludes the same atom."""


class NothingPositive(ValueError):
    """A branch has no positive term."""


def normal_form(tree: Tree) -> Tree:
    """An equivalent tree in normal form: the sorted disjunction of all prime implicants.

    A tree with more than 64 conjuncts keeps its shape and is only sorted.
    Raises Contradiction if no paper can match, NothingPositive if a branch has no positive term.
    """
    if not isinstance(tree, (And, Or, Not)):
        if isinstance(tree, Since):
            raise NothingPositive
        return tree
    pushed = _push(tree, excluded=False)
    if _is_flat(pushed):
        return pushed
    found = _conjuncts(pushed)
    if found is None:
        # Too large for conjuncts: every branch of every OR needs a positive term.
        if not _has_positive(pushed):
            raise NothingPositive
        return pushed
    conjuncts = _primes({c for c in found if not _contradicts(c)})
    if not conjuncts:
        raise Contradiction
    if not all(map(_is_positive, conjuncts)):
        raise NothingPositive
    return _or(
        _and(Not(atom) if excluded else atom for excluded, atom in conjunct)
        for conjunct in conjuncts
    )


def _is_flat(tree: Tree) -> bool:
    """Whether a tree is already in normal form: an OR of atoms, or an AND of atoms and NOTs.

    Raises Contradiction or NothingPositive, as `normal_form` does.
    """
    if not isinstance(tree, (And, Or)) or any(isinstance(p, (And, Or)) for p in tree.parts):
        return False
    unwanted = {part.part for part in tree.parts if isinstance(part, Not)}
    wanted = [part for part in tree.parts if not isinstance(part, (Not, Since))]
    if isinstance(tree, Or):
        return len(wanted) == len(tree.parts)
    if not unwanted.isdisjoint(wanted):
        raise Contradiction
    if not wanted:
        raise NothingPositive
    return not any(isinstance(part, Since) for part in unwanted)


def canonical(tree: Tree) -> str:
    """Text that is equal for equal trees; the parts of AND and OR must be sorted."""
    match tree:
        case Not(part):
            return f"!{_wrapped(part)}"
        case And(parts):
            return " & ".join(map(_wrapped, parts))
        case Or(parts):
            return " | ".join(map(_wrapped, parts))
        case _:
            return tree.canonical


def atoms(tree: Tree, *, excluded: bool = False) -> Iterator[tuple[Atom, bool]]:
    """The atoms from left to right, and whether each is excluded."""
    match tree:
        case Not(part):
            yield from atoms(part, excluded=not excluded)
        case And(parts) | Or(parts):
            for part in parts:
                yield from atoms(part, excluded=excluded)
        case _:
            yield tree, excluded


def _wrapped(tree: Tree) -> str:
    return f"({canonical(tree)})" if isinstance(tree, (And, Or)) else canonical(tree)


def _order(tree: Tree) -> tuple[bool, str]:
    return isinstance(tree, Not), canonical(tree)


def _gather(parts: Iterable[Tree], kind: type[And] | type[Or]) -> Tree:
    flat: dict[str, Tree] = {}
    for part in parts:
        for inner in part.parts if isinstance(part, kind) else (part,):
            flat.setdefault(canonical(inner), inner)
    ordered = tuple(sorted(flat.values(), key=_order))
    return ordered[0] if len(ordered) == 1 else kind(ordered)


def _and(parts: Iterable[Tree]) -> Tree:
    return _gather(parts, And)


def _or(parts: Iterable[Tree]) -> Tree:
    return _gather(parts, Or)


def _push(tree: Tree, *, excluded: bool) -> Tree:
    """The tree with NOTs moved down to the atoms (De Morgan)."""
    match tree:
        case Not(part):
            return _push(part, excluded=not excluded)
        case And(parts) | Or(parts):
            pushed = (_push(part, excluded=excluded) for part in parts)
            return _and(pushed) if isinstance(tree, And) != excluded else _or(pushed)
        case _:
            return Not(tree) if excluded else tree


def _conjuncts(tree: Tree) -> set[Conjunct] | None:
    """The conjuncts of a tree whose NOTs are at the atoms; None if there are too many."""
    match tree:
        case Or(parts):
            found: set[Conjunct] = set()
            for part in parts:
                inner = _conjuncts(part)
                if inner is None or len(found := found | inner) > MAX_CONJUNCTS:
                    return None
            return found
        case And(parts):
            product: set[Conjunct] = {frozenset()}
            for part in parts:
                inner = _conjuncts(part)
                if inner is None or len(inner) * len(product) > MAX_CONJUNCTS:
                    return None
                product = {left | right for left in product for right in inner}
            return product
        case Not(part):
            assert not isinstance(part, (And, Or, Not))
            return {frozenset({(True, part)})}
        case _:
            return {frozenset({(False, tree)})}


def _contradicts(conjunct: Conjunct) -> bool:
    return any((not excluded, atom) in conjunct for excluded, atom in conjunct)


def _is_positive(conjunct: Conjunct) -> bool:
    return any(not excluded and not isinstance(atom, Since) for excluded, atom in conjunct)


def _primes(conjuncts: set[Conjunct]) -> set[Conjunct]:
    """Blake canonical form by iterated consensus: absorb, add the consensus terms, repeat."""
    found = _absorbed(conjuncts)
    excluded = {atom for conjunct in found for no, atom in conjunct if no}
    if not any((False, atom) in conjunct for conjunct in found for atom in excluded):
        return found
    while len(found) <= MAX_CONJUNCTS:
        implied = {c for a, b in combinations(found, 2) if (c := _consensus(a, b)) is not None}
        if len(implied) > MAX_CONJUNCTS * 4:
            break
        grown = _absorbed(found | implied)
        if grown == found:
            break
        found = grown
    return found


def _absorbed(conjuncts: set[Conjunct]) -> set[Conjunct]:
    return {c for c in conjuncts if not any(other < c for other in conjuncts)}


def _consensus(left: Conjunct, right: Conjunct) -> Conjunct | None:
    opposed = [lit for lit in left if (not lit[0], lit[1]) in right]
    if len(opposed) != 1:
        return None
    excluded, atom = opposed[0]
    return (left - {(excluded, atom)}) | (right - {(not excluded, atom)})


def _has_positive(tree: Tree) -> bool:
    match tree:
        case Or(parts):
            return all(map(_has_positive, parts))
        case And(parts):
            return any(map(_has_positive, parts))
        case Not() | Since():
            return False
        case _:
            return True
