"""A page into papers: each record kept as a listing, each paper derived from its listings."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings

from digest.ingest.formats import Page, Record
from digest.models import Catalogue, Dump, Listing, Paper

from .dedupe import PaperKey, PaperKeys, title_key
from .merge import RankedRecord, paper_fields, record_from_json, record_to_json
from .related_listings import find_related, keeper_groups, papers_of, rows_by_group, source_name

_DERIVED = tuple(paper_fields("", [RankedRecord(Record("-"), None, "", 1)]))
_WRITTEN = (*_DERIVED, "seq", "renumbered", "former", "change")
_BATCH = 500


class TooManyNew(Exception):
    """More papers would be numbered than NEW_PAPERS_LIMIT allows without an operator.

    `count` of them.
    """

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


@dataclass(frozen=True, slots=True)
class Counts:
    """How many papers of a dump were new, changed, or unchanged."""

    new: int
    updated: int
    unchanged: int


@dataclass(slots=True)
class _Outcome:
    """What happens to one paper."""

    paper: Paper
    listings: list[Listing]
    in_dump: bool
    is_new: bool
    is_changed: bool
    abstract_came: bool
    joins_numbered: bool  # two papers with a number each have proved to be one
    leaves_numbered: bool  # what was part of a numbered paper has proved to be another

    def is_owed_a_number(self, intent: str) -> bool:
        """Return whether readers have not had it: it is new, or could not be found before."""
        if self.paper.seq is not None:
            return self.abstract_came or self.joins_numbered
        if self.leaves_numbered:
            return True
        if not self.in_dump or intent == Dump.Intent.BACKFILL:
            return False
        return self.is_new or intent == Dump.Intent.NEW


def upsert(dump: Dump, page: Page) -> Counts:
    """Keep the page's records as this dump's listings and bring all papers they touch up to date.

    Runs inside the caller's transaction, under the catalogue's lock to its end: all or nothing.
    Raises TooManyNew if an operator has to say whether this is news or backfill.
    """
    catalogue = Catalogue.lock()
    dump.listed_on, dump.format = page.listed_on, page.format
    own = list(dump.listings.all())
    incoming = [_listing(dump, place, record) for place, record in enumerate(page.records, 1)]
    _keep_apart(own, incoming)
    known = find_related([*incoming, *own])
    kept = [listing for listing in known if listing.dump_id != dump.pk]
    most = settings.NEW_PAPERS_LIMIT if dump.intent == Dump.Intent.AUTO else None
    outcomes, gone = _settled(catalogue, incoming, kept, known, intent=dump.intent, most=most)
    _write(outcomes, gone, old=own)
    return _counts(outcomes)


def rederive(listings: Iterable[Listing]) -> None:
    """Bring the papers of these stored listings up to date, after a fact about them has changed.

    Runs inside the caller's transaction, under the catalogue's lock to its end.
    """
    catalogue = Catalogue.lock()
    known = find_related(listings)
    outcomes, gone = _settled(catalogue, [], known, known, intent=Dump.Intent.BACKFILL, most=None)
    _write(outcomes, gone, old=[])


def _keep_apart(own: Iterable[Listing], incoming: Iterable[Listing]) -> None:
    """Copy an operator's splits from old listings to new ones with the same names that replace
    them.
    """
    said: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for listing in sorted(own, key=lambda each: each.position):
        said[_names(listing)].append(listing.apart)
    for listing in incoming:
        if words := said[_names(listing)]:
            listing.apart = words.pop(0)


def _names(listing: Listing) -> tuple[str, str, str]:
    return listing.arxiv_id, listing.doi, listing.title_key


def _listing(dump: Dump, position: int, record: Record) -> Listing:
    return Listing(
        dump=dump,
        position=position,
        arxiv_id=record.arxiv_id,
        doi=record.doi,
        title_key=title_key(record.title),
        record=record_to_json(record),
    )


def _settled(
    catalogue: Catalogue,
    incoming: Sequence[Listing],
    kept: Sequence[Listing],
    known: Sequence[Listing],
    *,
    intent: str,
    most: int | None,
) -> tuple[list[_Outcome], list[Paper]]:
    """Return what happens to each paper of `incoming` and `kept`, and the papers that cease to
    exist.

    `known` are the stored listings as they were. Raises TooManyNew if more than `most` papers would
    be numbered.
    """
    rows = papers_of(known)
    outcomes = _outcomes(incoming, kept, known, rows)
    owed = [outcome for outcome in outcomes if outcome.is_owed_a_number(intent)]
    if most is not None and len(owed) > most:
        raise TooManyNew(len(owed))
    carried = {outcome.paper.pk for outcome in outcomes}
    gone = [row for row in rows if row.pk not in carried]
    _number(catalogue, outcomes, owed, some_gone=bool(gone))
    return outcomes, gone


def _outcomes(
    incoming: Sequence[Listing],
    kept: Sequence[Listing],
    known: Sequence[Listing],
    rows: Iterable[Paper],
) -> list[_Outcome]:
    """Return an outcome for each paper, in the order of the page."""
    keys = PaperKeys([*kept, *incoming])
    groups: dict[PaperKey, list[Listing]] = defaultdict(list)
    for listing in [*incoming, *kept]:
        groups[keys.of(listing)].append(listing)
    carried = rows_by_group(rows, keeper_groups(known, keys, groups))
    numbered = {row.pk for row in rows if row.seq is not None}
    return [_outcome(key, group, carried.get(key), numbered) for key, group in groups.items()]


def _outcome(
    key: PaperKey, group: list[Listing], rows: Sequence[Paper] | None, numbered: set[int]
) -> _Outcome:
    row = rows[0] if rows else None
    fields = paper_fields(key.name if key.rank == 0 else "", map(_listed, group))
    outcome = _Outcome(
        paper=row or Paper(),
        listings=group,
        in_dump=group[0].pk is None,
        is_new=row is None,
        is_changed=row is not None and any(getattr(row, name) != fields[name] for name in fields),
        abstract_came=row is not None and not row.abstract and bool(fields["abstract"]),
        joins_numbered=_joined(rows or ()),
        leaves_numbered=row is None and any(listing.paper_id in numbered for listing in group),
    )
    for name, value in fields.items():
        setattr(outcome.paper, name, value)
    return outcome


def _listed(listing: Listing) -> RankedRecord:
    dump = listing.dump
    record = record_from_json(listing.record)
    return RankedRecord(
        record,
        dump.listed_on or record.listed_on,
        dump.sha256,
        listing.position,
        dump.part,
        source_name(dump),
    )


def _joined(rows: Sequence[Paper]) -> bool:
    """Return whether the first row takes over numbered papers.

    Note their ids, and theirs, on it.
    """
    others = [row for row in rows[1:] if row.seq is not None]
    if others:
        former = {*rows[0].former, *(row.pk for row in others)}
        rows[0].former = sorted(former.union(*(row.former for row in others)))
    return bool(others)


def _number(
    catalogue: Catalogue,
    outcomes: Iterable[_Outcome],
    owed: Iterable[_Outcome],
    *,
    some_gone: bool,
) -> None:
    """Give the next numbers to those owed one, and the new change counter to all that changed."""
    for outcome in owed:
        catalogue.newest_seq += 1
        outcome.paper.renumbered = outcome.paper.seq is not None
        outcome.paper.seq = catalogue.newest_seq
        outcome.is_changed = not outcome.is_new
    changed = [outcome.paper for outcome in outcomes if outcome.is_new or outcome.is_changed]
    if changed or some_gone:
        catalogue.change += 1
        catalogue.save()
    for paper in changed:
        paper.change = catalogue.change


def _write(outcomes: Sequence[_Outcome], gone: Iterable[Paper], old: Sequence[Listing]) -> None:
    """Write everything in an order that satisfies all constraints; `old` listings are replaced."""
    new = [outcome.paper for outcome in outcomes if outcome.is_new]
    changed = [outcome.paper for outcome in outcomes if outcome.is_changed]
    Paper.objects.bulk_create(new, batch_size=_BATCH)
    if old:
        Listing.objects.filter(dump_id=old[0].dump_id).delete()
    for outcome in outcomes:
        _gather(outcome)
    Paper.objects.filter(pk__in=[paper.pk for paper in gone]).delete()
    Paper.objects.bulk_create(
        changed,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=_WRITTEN,
    )
    incoming = [
        listing for outcome in outcomes for listing in outcome.listings if listing.pk is None
    ]
    Listing.objects.bulk_create(incoming, batch_size=_BATCH)


def _gather(outcome: _Outcome) -> None:
    """Put all listings of a paper under its row."""
    moved = []
    for listing in outcome.listings:
        if listing.pk is not None and listing.paper_id != outcome.paper.pk:
            moved.append(listing.pk)
        listing.paper = outcome.paper
    if moved:
        Listing.objects.filter(pk__in=moved).update(paper=outcome.paper)


def _counts(outcomes: Iterable[_Outcome]) -> Counts:
    in_dump = [outcome for outcome in outcomes if outcome.in_dump]
    new = sum(outcome.is_new for outcome in in_dump)
    updated = sum(outcome.is_changed for outcome in in_dump)
    return Counts(new, updated, len(in_dump) - new - updated)
