"""The stored listings that a dump touches, grouped into papers."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from django.db.models import Q

from digest.models import Dump, Listing, Paper

from .dedupe import PaperKey, PaperKeys

_OWN = ("jsonl", "csv")
_OF_DUMP = ("listed_on", "sha256", "part", "source_id", "format", "withdrawn_at")
_NAMES = ("arxiv_id", "doi", "title_key", "apart")
# SQLite takes 999 parameters a query in its oldest builds; a listing has up to four names.
_BATCH = 900
_LISTINGS = 225
T = TypeVar("T")


def find_related(listings: Iterable[Listing]) -> list[Listing]:
    """Return every stored listing linked to these by a chain of shared names, the stored of these
    too.

    No listing outside of the result can change which of these belong together, nor the reverse.
    """
    fresh = list(listings)
    found = {listing.pk: listing for listing in fresh if listing.pk is not None}
    asked: dict[str, set[str]] = {name: set() for name in _NAMES}
    while fresh:
        met: list[Listing] = []
        for batch in _batches(fresh, _LISTINGS):
            for listing in _sharing(batch, asked):
                if listing.pk not in found:
                    found[listing.pk] = listing
                    met.append(listing)
        fresh = met
    _give_dumps(found.values())
    return list(found.values())


def names_of(listing: Listing) -> list[str]:
    """Return the names by which listings are related, "" for one that the listing lacks."""
    return [getattr(listing, name) for name in _NAMES]


def keeper_groups(
    known: Iterable[Listing], keys: PaperKeys, groups: Iterable[PaperKey]
) -> dict[int, PaperKey]:
    """Map each paper id to the group that keeps the paper's row.

    A paper stays with its strongest name; if that is gone, with what is left of it.
    """
    groups = set(groups)
    found: dict[int, PaperKey] = {}
    for listing in sorted(known, key=_strongest_first):
        key = keys.of(listing)
        if key in groups:
            found.setdefault(listing.paper_id, key)
    return found


def revived_groups(
    papers: Iterable[Paper],
    withdrawn: Sequence[Listing],
    current: Sequence[Listing],
    keys: PaperKeys,
) -> dict[int, PaperKey]:
    """Map each unlisted paper that `current` listings list again to the group that revives it.

    It is the group with which its withdrawn listings would be one paper if they still counted.
    """
    unlisted = {paper.pk for paper in papers if paper.unlisted_on is not None}
    ghosts = [listing for listing in withdrawn if listing.paper_id in unlisted]
    if not ghosts:
        return {}
    together = PaperKeys([*current, *ghosts])
    group_of: dict[PaperKey, PaperKey] = {}
    for listing in current:
        joint, own = together.of(listing), keys.of(listing)
        group_of[joint] = min(own, group_of.get(joint, own))
    found: dict[int, PaperKey] = {}
    for listing in sorted(ghosts, key=_strongest_first):
        if key := group_of.get(together.of(listing)):
            found.setdefault(listing.paper_id, key)
    return found


def rows_by_group(
    papers: Iterable[Paper], keepers: dict[int, PaperKey]
) -> dict[PaperKey, list[Paper]]:
    """Map each group to the rows it inherits.

    The first is kept: a numbered one, the lowest number.
    """
    kept: dict[PaperKey, list[Paper]] = {}
    for paper in sorted(papers, key=lambda each: (each.seq is None, each.seq or 0, each.pk)):
        if paper.pk in keepers:
            kept.setdefault(keepers[paper.pk], []).append(paper)
    return kept


def papers_of(known: Iterable[Listing]) -> list[Paper]:
    """Return the papers of these listings."""
    ids = sorted({listing.paper_id for listing in known})
    return [
        paper
        for batch in _batches(ids, _BATCH)
        for paper in Paper.objects.filter(pk__in=batch).iterator()
    ]


def _strongest_first(listing: Listing) -> tuple[bool, bool, bool, str, int]:
    apart, pk = bool(listing.apart), listing.pk or 0
    return apart, not listing.arxiv_id, not listing.doi, listing.title_key, pk


def _sharing(listings: Iterable[Listing], asked: dict[str, set[str]]) -> Iterator[Listing]:
    """Yield the stored listings that share a name with these, names in `asked` left out."""
    wanted = Q()
    for name in _NAMES:
        values = {getattr(listing, name) for listing in listings} - asked[name] - {""}
        asked[name] |= values
        if values:
            wanted |= Q(**{f"{name}__in": sorted(values)})
    return Listing.objects.filter(wanted).iterator() if wanted else iter(())


def _give_dumps(listings: Iterable[Listing]) -> None:
    """Set each listing's dump, with only the fields that rank and name a listing."""
    listings = [listing for listing in listings if "dump" not in listing._state.fields_cache]
    ids = sorted({listing.dump_id for listing in listings})
    dumps = {
        dump.pk: dump
        for batch in _batches(ids, _BATCH)
        for dump in Dump.objects.filter(pk__in=batch).only(*_OF_DUMP)
    }
    for listing in listings:
        listing.dump = dumps[listing.dump_id]


def source_name(dump: Dump) -> str:
    """Return a name that two dumps of one source share; "" for files in the project's own formats.

    Files that no source fetched count as one source for each site, which begins the name of the
    format: "hf" for hf_text and hf_json. The project's own formats may be copies of what others
    listed.
    """
    if dump.source_id is None and dump.format in _OWN:
        return ""
    return str(dump.source_id or dump.format.partition("_")[0])


def _batches(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (values[start : start + size] for start in range(0, len(values), size))
