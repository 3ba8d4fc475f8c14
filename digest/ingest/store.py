"""A page into papers: each record kept as a listing, each paper derived from its listings."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings

from digest.models import Catalogue, Dump, Listing, Paper

from .derive import Listed, from_json, paper_fields, to_json
from .formats import Page, Record
from .identity import Root, Roots, title_key
from .related import homes, papers_of, related, survivors

_DERIVED = tuple(paper_fields("", [Listed(Record("-"), None, "", 1)]))
_WRITTEN = (*_DERIVED, "seq", "renumbered", "change")
_BATCH = 500


class TooManyNew(Exception):
    """More papers would be numbered than may go before the readers unasked; `count` says."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


@dataclass(frozen=True, slots=True)
class Counts:
    """How many papers of a dump were new, changed, or as they had been."""

    new: int
    updated: int
    unchanged: int


@dataclass(slots=True)
class _Outcome:
    """What becomes of one paper."""

    paper: Paper
    listings: list[Listing]
    in_dump: bool
    is_new: bool
    is_changed: bool
    abstract_came: bool

    def is_owed_a_number(self, intent: str) -> bool:
        """Whether readers have not had it: it is new, or could not be found before."""
        if self.paper.seq is not None:
            return self.abstract_came
        if not self.in_dump or intent == Dump.Intent.BACKFILL:
            return False
        return self.is_new or intent == Dump.Intent.NEW


def store(dump: Dump, page: Page) -> Counts:
    """Keep the page's records as this dump's listings and bring all papers they touch up to date.

    Runs inside the caller's transaction, under the catalogue's lock to its end: all or nothing.
    Raises TooManyNew where an operator has to say whether this is news or backfill.
    """
    catalogue = Catalogue.lock()
    dump.listed_on = page.listed_on
    incoming = [_listing(dump, place, record) for place, record in enumerate(page.records, 1)]
    known = related(dump, incoming)
    rows = papers_of(known)
    outcomes = _outcomes(dump, incoming, known, rows)
    owed = [outcome for outcome in outcomes if outcome.is_owed_a_number(dump.intent)]
    if dump.intent == Dump.Intent.AUTO and len(owed) > settings.NEW_PAPERS_LIMIT:
        raise TooManyNew(len(owed))
    kept = {outcome.paper.pk for outcome in outcomes}
    gone = [row for row in rows if row.pk not in kept]
    _number(catalogue, outcomes, owed, some_gone=bool(gone))
    _write(dump, outcomes, gone)
    return _counts(outcomes)


def _listing(dump: Dump, position: int, record: Record) -> Listing:
    return Listing(
        dump=dump,
        position=position,
        arxiv_id=record.arxiv_id,
        doi=record.doi,
        title_key=title_key(record.title),
        record=to_json(record),
    )


def _outcomes(
    dump: Dump, incoming: Sequence[Listing], known: Sequence[Listing], rows: Iterable[Paper]
) -> list[_Outcome]:
    """One for each paper that the dump touches, in the order of the page."""
    kept = [listing for listing in known if listing.dump_id != dump.pk]
    roots = Roots([*kept, *incoming])
    groups: dict[Root, list[Listing]] = defaultdict(list)
    for listing in [*incoming, *kept]:
        groups[roots.of(listing)].append(listing)
    carried = survivors(rows, homes(known, roots, groups))
    return [_outcome(dump, root, group, carried.get(root)) for root, group in groups.items()]


def _outcome(dump: Dump, root: Root, group: list[Listing], row: Paper | None) -> _Outcome:
    fields = paper_fields(root.name if root.rank == 0 else "", map(_listed, group))
    outcome = _Outcome(
        paper=row or Paper(),
        listings=group,
        in_dump=group[0].dump_id == dump.pk,
        is_new=row is None,
        is_changed=row is not None and any(getattr(row, name) != fields[name] for name in fields),
        abstract_came=row is not None and not row.abstract and bool(fields["abstract"]),
    )
    for name, value in fields.items():
        setattr(outcome.paper, name, value)
    return outcome


def _listed(listing: Listing) -> Listed:
    dump = listing.dump
    return Listed(from_json(listing.record), dump.listed_on, dump.sha256, listing.position)


def _number(
    catalogue: Catalogue,
    outcomes: Iterable[_Outcome],
    owed: Iterable[_Outcome],
    *,
    some_gone: bool,
) -> None:
    """Give numbers to those owed one, and the change counter to all that changed."""
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


def _write(dump: Dump, outcomes: Sequence[_Outcome], gone: Iterable[Paper]) -> None:
    """Write it all, in the order that no constraint objects to."""
    new = [outcome.paper for outcome in outcomes if outcome.is_new]
    changed = [outcome.paper for outcome in outcomes if outcome.is_changed]
    Paper.objects.bulk_create(new, batch_size=_BATCH)
    dump.listings.all().delete()
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
