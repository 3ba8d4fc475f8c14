"""A page into papers: each record kept as a listing, each paper derived from its listings."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from django.conf import settings

from digest.ingest.corpus.corpus_counts import TextChange, count_changes
from digest.ingest.formats import Page, Record
from digest.ingest.withdrawal.unlisting import unlist
from digest.models import Catalogue, Dump, Listing, Paper
from digest.models.database import among

from .batches import closed_batches
from .bulk_insert import bulk_insert
from .dedupe import title_name
from .merge import RankedRecord, paper_fields, record_to_json
from .paper_outcomes import Counts, Outcome, Tally, outcomes_of
from .reader_marks import move_marks
from .related_listings import find_related, names_of, papers_of
from .search_documents import write_documents

__all__ = ["Counts", "Leaving", "TooManyNew", "plan_batches", "rederive", "upsert"]

_DERIVED = tuple(paper_fields("", [RankedRecord(Record("-"), None, "", 1)]))
_WRITTEN = (*_DERIVED, "seq", "renumbered", "former", "change", "unlisted_on")
_BATCH = 500


class TooManyNew(Exception):
    """More papers would be numbered than NEW_PAPERS_LIMIT allows without an operator.

    `count` of them.
    """

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


@dataclass(frozen=True, slots=True)
class Leaving:
    """What nothing lists any more. `gone`: papers that became part of others, or whose listings
    were replaced; `unlisted`: those that only withdrawn dumps list, by the day of withdrawal.

    `listings`: withdrawn listings of papers that other dumps list; `kept`: the ids of these.
    """

    gone: Sequence[Paper]
    unlisted: Mapping[date, Sequence[Paper]]
    listings: Sequence[Listing]
    kept: Collection[int]

    def papers(self) -> list[Paper]:
        """Return the papers that were listed so far."""
        were_listed = [paper for paper in self.gone if paper.unlisted_on is None]
        return [*were_listed, *chain.from_iterable(self.unlisted.values())]


def plan_batches(page: Page) -> list[Sequence[int]]:
    """Return the indices of the page's records in the batches in which upsert() takes them."""
    return closed_batches(page.records, lambda record: names_of(_listing(Dump(), 0, record)))


def upsert(dump: Dump, page: Page, batches: Sequence[Sequence[int]] | None = None) -> Counts:
    """Keep the page's records as this dump's listings and bring all papers they touch up to date.

    Runs inside the caller's transaction, under the catalogue's lock to its end: all or nothing.
    `batches` are those of plan_batches(), for a caller that has them from before the lock.
    Raises TooManyNew if an operator has to say whether this is news or backfill.
    """
    catalogue = Catalogue.lock()
    dump.listed_on, dump.format, dump.withdrawn_at = page.listed_on, page.format, None
    own = list(dump.listings.all())
    # The old listings of a dump that is read again are replaced all at once.
    if own or not page.records:
        batches = [range(len(page.records))]
    tally = Tally(settings.NEW_PAPERS_LIMIT if dump.intent == Dump.Intent.AUTO else None)
    for places in plan_batches(page) if batches is None else batches:
        incoming = [_listing(dump, place + 1, page.records[place]) for place in places]
        _keep_apart(own, incoming)
        _take(catalogue, dump, incoming, own, tally)
    if tally.is_over:
        raise TooManyNew(tally.owed)
    return tally.counts()


def _take(
    catalogue: Catalogue,
    dump: Dump,
    incoming: Sequence[Listing],
    own: Sequence[Listing],
    tally: Tally,
) -> None:
    """Store a batch in place of the `own` listings; only count it if there are too many new papers
    already.

    Listings of an earlier batch are stored, and found like those of any other dump.
    """
    known = find_related([*incoming, *own])
    replaced = {listing.pk for listing in own}
    for listing in known:
        if listing.dump_id == dump.pk:  # its row is saved after the last batch
            listing.dump = dump
    kept = [listing for listing in _counting(known) if listing.pk not in replaced]
    rows = papers_of(known)
    outcomes = outcomes_of(incoming, kept, known, rows)
    owed = [outcome for outcome in outcomes if outcome.is_owed_a_number(dump.intent)]
    tally.owed += len(owed)
    if not tally.is_over:
        leaving = _leaving(outcomes, rows, known)
        _number(catalogue, outcomes, owed, leaving)
        _write(outcomes, leaving, old=own)
        tally.add(outcomes)


def rederive(listings: Iterable[Listing]) -> Leaving:
    """Bring the papers of these stored listings up to date, after a fact about them or their dumps
    has changed.

    Runs inside the caller's transaction, under the catalogue's lock to its end.
    """
    catalogue = Catalogue.lock()
    known = find_related(listings)
    rows = papers_of(known)
    outcomes = outcomes_of([], _counting(known), known, rows)
    owed = [outcome for outcome in outcomes if outcome.is_owed_a_number(Dump.Intent.BACKFILL)]
    leaving = _leaving(outcomes, rows, known)
    _number(catalogue, outcomes, owed, leaving)
    _write(outcomes, leaving, old=[])
    return leaving


def _counting(listings: Iterable[Listing]) -> list[Listing]:
    """Return the listings of dumps that are not withdrawn."""
    return [listing for listing in listings if listing.dump.withdrawn_at is None]


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
    kept = record_to_json(record)
    return Listing(
        dump=dump,
        position=position,
        arxiv_id=record.arxiv_id,
        doi=record.doi,
        title_key=title_name(kept),
        record=kept,
    )


def _leaving(
    outcomes: Sequence[Outcome], rows: Sequence[Paper], known: Sequence[Listing]
) -> Leaving:
    carried = {outcome.paper.pk for outcome in outcomes}
    taken_over = {pk for outcome in outcomes for pk in outcome.taken_over}
    days: dict[int, date] = {}  # by paper
    withdrawn = []
    for listing in known:
        if at := listing.dump.withdrawn_at:
            withdrawn.append(listing)
            days[listing.paper_id] = at.date()
    unlisted: dict[date, list[Paper]] = defaultdict(list)
    gone = []
    for row in rows:
        if row.pk in taken_over or row.pk not in days.keys() | carried:
            gone.append(row)
        elif row.pk not in carried and row.unlisted_on is None:
            unlisted[days[row.pk]].append(row)
    return Leaving(
        gone,
        unlisted,
        [each for each in withdrawn if each.paper_id in carried],
        days.keys() & carried,
    )


def _number(
    catalogue: Catalogue,
    outcomes: Iterable[Outcome],
    owed: Iterable[Outcome],
    leaving: Leaving,
) -> None:
    """Give the next numbers to those owed one, and the new change counter to all that changed."""
    for outcome in owed:
        catalogue.newest_seq += 1
        was_sent = outcome.is_revived or bool(outcome.paper.former)
        outcome.paper.renumbered = outcome.paper.seq is not None or was_sent
        outcome.paper.seq = catalogue.newest_seq
        outcome.is_changed = not outcome.is_new
    changed = [outcome.paper for outcome in outcomes if outcome.is_new or outcome.is_changed]
    if changed or leaving.gone or leaving.unlisted:
        catalogue.change += 1
        catalogue.save()
    for paper in (*changed, *leaving.papers()):
        paper.change = catalogue.change


def _write(outcomes: Sequence[Outcome], leaving: Leaving, old: Sequence[Listing]) -> None:
    """Write everything in an order that satisfies all constraints; `old` listings are replaced."""
    new = [outcome.paper for outcome in outcomes if outcome.is_new]
    changed = [outcome.paper for outcome in outcomes if outcome.is_changed]
    bulk_insert(new)
    if old:
        Listing.objects.filter(dump_id=old[0].dump_id).delete()
    for outcome in outcomes:
        _gather(outcome)
    move_marks({pk: outcome.paper.pk for outcome in outcomes for pk in outcome.taken_over})
    for day, papers in leaving.unlisted.items():
        unlist(papers, day)
    Listing.objects.filter(among("id", [listing.pk for listing in leaving.listings])).delete()
    Paper.objects.filter(pk__in=[paper.pk for paper in leaving.gone]).delete()
    Paper.objects.bulk_create(
        changed,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=_WRITTEN,
    )
    write_documents([outcome.paper for outcome in outcomes if outcome.needs_document])
    incoming = [
        listing for outcome in outcomes for listing in outcome.listings if listing.pk is None
    ]
    bulk_insert(incoming)
    count_changes(_text_changes(outcomes, leaving.papers()))


def _text_changes(outcomes: Iterable[Outcome], gone: Iterable[Paper]) -> Iterator[TextChange]:
    for outcome in outcomes:
        paper = outcome.paper
        yield TextChange(paper.pk, outcome.text_before, (paper.title, paper.abstract))
    for paper in gone:
        yield TextChange(paper.pk, (paper.title, paper.abstract), ("", ""))


def _gather(outcome: Outcome) -> None:
    """Put all listings of a paper under its row."""
    moved = []
    for listing in outcome.listings:
        if listing.pk is not None and listing.paper_id != outcome.paper.pk:
            moved.append(listing.pk)
        listing.paper = outcome.paper
    if moved:
        Listing.objects.filter(pk__in=moved).update(paper=outcome.paper)
