"""What happens to each paper that a set of listings touches, and the counts of that."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from digest.models import Dump, Listing, Paper

from .dedupe import PaperKey, PaperKeys
from .former_papers import give_back, take_over
from .merge import RankedRecord, paper_fields, record_from_json
from .related_listings import keeper_groups, revived_groups, rows_by_group, source_name
from .search_documents import SEARCHED_FIELDS


@dataclass(frozen=True, slots=True)
class Counts:
    """How many papers of a dump were new, changed, or unchanged."""

    new: int
    updated: int
    unchanged: int


@dataclass(slots=True)
class Outcome:
    """What happens to one paper."""

    paper: Paper
    listings: list[Listing]
    in_dump: bool
    is_new: bool
    is_changed: bool
    abstract_came: bool
    joins_numbered: bool  # two papers with a number each have proved to be one
    leaves_numbered: bool = False  # what was part of a numbered paper has proved to be another
    version_came: bool = False  # a preprint of what was published, or the reverse
    is_revived: bool = False  # it was unlisted: all dumps that listed it had been withdrawn
    needs_document: bool = True  # what the search looks at is new or has changed
    taken_over: tuple[int, ...] = ()  # ids of other papers that have proved to be this one
    text_before: tuple[str, str] = ("", "")  # title and abstract as they are stored

    def is_owed_a_number(self, intent: str) -> bool:
        """Return whether readers have not had it: it is new, or could not be found before."""
        version_is_news = self.version_came and self.in_dump and intent != Dump.Intent.BACKFILL
        if self.paper.seq is not None:
            return self.abstract_came or self.joins_numbered or version_is_news
        if self.leaves_numbered:
            return True
        if not self.in_dump or intent == Dump.Intent.BACKFILL:
            return False
        is_news = self.is_new or self.is_revived or version_is_news
        return is_news or intent == Dump.Intent.NEW


class Tally:
    """What the batches of one dump brought; over if they number more than `most` papers."""

    def __init__(self, most: int | None) -> None:
        self.owed = 0
        self._most = most
        self._new: set[int] = set()
        self._updated: set[int] = set()
        self._unchanged: set[int] = set()

    @property
    def is_over(self) -> bool:
        return self._most is not None and self.owed > self._most

    def add(self, outcomes: Iterable[Outcome]) -> None:
        """Count the papers of a stored batch; one that an earlier batch had counts once."""
        for outcome in outcomes:
            if outcome.in_dump and (outcome.is_new or outcome.is_revived):
                self._new.add(outcome.paper.pk)
            elif outcome.in_dump:
                kind = self._updated if outcome.is_changed else self._unchanged
                kind.add(outcome.paper.pk)

    def counts(self) -> Counts:
        updated = self._updated - self._new
        unchanged = self._unchanged - self._new - updated
        return Counts(len(self._new), len(updated), len(unchanged))


def outcomes_of(
    incoming: Sequence[Listing],
    kept: Sequence[Listing],
    known: Sequence[Listing],
    rows: Iterable[Paper],
) -> list[Outcome]:
    """Return an outcome for each paper, in the order of the page.

    `known`: the listings stored so far, `kept` those of them that count from now on.
    """
    keys = PaperKeys([*kept, *incoming])
    groups: dict[PaperKey, list[Listing]] = defaultdict(list)
    for listing in [*incoming, *kept]:
        groups[keys.of(listing)].append(listing)
    withdrawn = [listing for listing in known if listing.dump.withdrawn_at is not None]
    counting = [listing for listing in known if listing.dump.withdrawn_at is None]
    revived = revived_groups(rows, withdrawn, [*kept, *incoming], keys)
    carried = rows_by_group(rows, revived | keeper_groups(counting, keys, groups))
    numbered = {row.pk: row for row in rows if row.seq is not None}
    outcomes = []
    for key, group in groups.items():
        own = carried.get(key, ())
        outcome = _outcome(key, group, own, numbered, joins_numbered=take_over(own, known))
        was_listed = not outcome.is_new and not outcome.is_revived
        outcome.version_came = was_listed and keys.adds_version(group, known)
        outcomes.append(outcome)
    return outcomes


def _outcome(
    key: PaperKey,
    group: list[Listing],
    rows: Sequence[Paper],
    numbered: Mapping[int, Paper],
    *,
    joins_numbered: bool,
) -> Outcome:
    row = rows[0] if rows else None
    is_revived = row is not None and row.unlisted_on is not None
    fields = paper_fields(key.name if key.rank == 0 else "", map(_listed, group))
    outcome = Outcome(
        paper=row or Paper(),
        listings=group,
        in_dump=group[0].pk is None,
        is_new=row is None,
        is_changed=row is not None
        and (is_revived or any(getattr(row, name) != fields[name] for name in fields)),
        abstract_came=row is not None and not row.abstract and bool(fields["abstract"]),
        is_revived=is_revived,
        joins_numbered=joins_numbered,
        needs_document=row is None
        or is_revived
        or any(getattr(row, name) != fields[name] for name in SEARCHED_FIELDS),
        taken_over=tuple(each.pk for each in rows[1:]),
        text_before=(row.title, row.abstract) if row and not is_revived else ("", ""),
    )
    if row is None:
        left = {listing.paper_id for listing in group} & numbered.keys()
        outcome.leaves_numbered = bool(left)
        give_back(outcome.paper, group, (numbered[pk] for pk in sorted(left)))
    for name, value in fields.items():
        setattr(outcome.paper, name, value)
    outcome.paper.unlisted_on = None
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
