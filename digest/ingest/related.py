"""The stored listings that a dump touches, grouped into papers."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from digest.models import Dump, Listing, Paper

from .identity import Root, Roots

_NAMES = ("arxiv_id", "doi", "title_key")
# SQLite takes 999 parameters a query in its oldest builds.
_BATCH = 900
T = TypeVar("T")


def related(dump: Dump, incoming: Iterable[Listing]) -> list[Listing]:
    """Every stored listing linked to the dump by a chain of shared names, its own among them.

    No listing outside can change which of these belong together, nor the other way round.
    """
    found = {listing.pk: listing for listing in dump.listings.prefetch_related("dump")}
    fresh = [*incoming, *found.values()]
    asked: dict[str, set[str]] = {name: set() for name in _NAMES}
    while fresh:
        met: dict[int, Listing] = {}
        for name in _NAMES:
            wanted = {getattr(listing, name) for listing in fresh} - asked[name] - {""}
            asked[name] |= wanted
            met |= {listing.pk: listing for listing in _sharing(name, wanted)}
        fresh = [listing for pk, listing in met.items() if pk not in found]
        found |= met
    return list(found.values())


def homes(known: Iterable[Listing], roots: Roots, groups: Iterable[Root]) -> dict[int, Root]:
    """For each paper of these listings the one group that may carry its row on.

    A paper stays with its strongest name; where that has gone, with what is left of it.
    """
    groups = set(groups)
    found: dict[int, Root] = {}
    for listing in sorted(
        known, key=lambda each: (not each.arxiv_id, not each.doi, each.title_key)
    ):
        root = roots.of(listing)
        if root in groups:
            found.setdefault(listing.paper_id, root)
    return found


def survivors(papers: Iterable[Paper], homes: dict[int, Root]) -> dict[Root, Paper]:
    """The row that carries each group on: a numbered one first, then the lowest number."""
    kept: dict[Root, Paper] = {}
    for paper in sorted(papers, key=lambda each: (each.seq is None, each.seq or 0, each.pk)):
        if paper.pk in homes:
            kept.setdefault(homes[paper.pk], paper)
    return kept


def papers_of(known: Iterable[Listing]) -> list[Paper]:
    """The papers of these listings."""
    ids = sorted({listing.paper_id for listing in known})
    return [
        paper for batch in _batches(ids) for paper in Paper.objects.filter(pk__in=batch).iterator()
    ]


def _sharing(name: str, values: Iterable[str]) -> Iterator[Listing]:
    for batch in _batches(sorted(values)):
        yield from Listing.objects.filter(**{f"{name}__in": batch}).prefetch_related("dump")


def _batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + _BATCH] for start in range(0, len(values), _BATCH))
