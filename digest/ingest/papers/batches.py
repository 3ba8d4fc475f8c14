"""The records of a large page in batches, so that memory does not grow with the page."""

from array import array
from collections.abc import Callable, Iterable, Iterator, MutableSequence, Sequence

from digest.ingest.formats import Record

BATCH_RECORDS = 2000
Names = Callable[[Record], Iterable[str]]


def closed_batches(records: Sequence[Record], names_of: Names) -> list[Sequence[int]]:
    """Return the indices of the records in batches of 2,000 or a few more.

    Records that share one of their names are in one batch, however many those are: what belongs
    together is decided together. `names_of` returns as many names for each record, "" for one that
    it lacks. Linear in time; in memory are 8 bytes a name.
    """
    if len(records) <= BATCH_RECORDS:
        return [range(len(records))] if records else []
    return list(_batches(_groups(records, names_of)))


def _batches(groups: Iterable[Sequence[int]]) -> Iterator[Sequence[int]]:
    batch = array("L")
    for group in groups:
        batch.extend(group)
        if len(batch) >= BATCH_RECORDS:
            yield sorted(batch)
            batch = array("L")
    if batch:
        yield sorted(batch)


def _groups(records: Sequence[Record], names_of: Names) -> Iterator[Sequence[int]]:
    """Yield the groups linked by chains of shared names, in the order of their first records."""
    roots = _roots(*_hashes(records, names_of))
    members: dict[int, MutableSequence[int]] = {}
    for place, root in enumerate(roots):
        if root != place:
            members.setdefault(root, array("L")).append(place)
    for place, root in enumerate(roots):
        if root == place:
            yield (place, *members.get(place, ()))


def _hashes(records: Sequence[Record], names_of: Names) -> tuple[MutableSequence[int], int]:
    """Return the hashes of all names, a record's one after the other, and how many each has.

    0 stands for no name. Two names with one hash only put more records than need be in one batch.
    """
    hashes, width = array("q"), 1
    for record in records:
        own = [hash((kind, name)) if name else 0 for kind, name in enumerate(names_of(record))]
        hashes.extend(own)
        width = len(own)
    return hashes, width


def _roots(hashes: MutableSequence[int], width: int) -> MutableSequence[int]:
    """Return for each record the first record that it is linked to (a disjoint-set forest)."""
    parents = array("L", range(len(hashes) // width))

    def root_of(place: int) -> int:
        while parents[place] != place:
            parents[place] = place = parents[parents[place]]
        return place

    first: dict[int, int] = {}
    shared = _repeated(hashes)
    for index, name in enumerate(hashes):
        if name in shared:
            one, other = root_of(first.setdefault(name, index // width)), root_of(index // width)
            parents[max(one, other)] = min(one, other)
    return array("L", map(root_of, range(len(parents))))


def _repeated(hashes: MutableSequence[int]) -> set[int]:
    """Return the hashes that occur more than once, 0 left out."""
    seen: set[int] = set()
    repeated: set[int] = set()
    for name in hashes:
        if name in seen:
            repeated.add(name)
        elif name:
            seen.add(name)
    return repeated
