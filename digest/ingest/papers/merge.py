"""A paper's fields from its listings: the same listings, in any order, give the same paper.

Non-empty beats empty; then the newest page wins, then the higher SHA-256, then the later place. An
abstract beats teasers and truncated copies of it first (see best_abstract).
"""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from typing import Any, TypeVar, get_args

from digest.ingest.formats import Record
from digest.ingest.formats.fields.abstracts import best_abstract
from digest.ingest.formats.identifiers.doi_kinds import Kind, kind_of
from digest.ingest.formats.records import Precision
from digest.ingest.papers.paper_links import safe_link
from digest.models.papers import id_url

from .dedupe import title_key

_DEFAULTS = {field.name: field.default for field in fields(Record) if field.default is not MISSING}
_DATES = ("published_on", "withdrawn_on", "listed_on")
_LISTS = ("authors", "keywords", "categories")
_PRECISIONS = get_args(Precision)  # the most exact first
_KINDS: tuple[Kind, ...] = ("journal", "preprint", "repository")
_LONGEST_JOURNAL = 255
_LONGEST_SUMMARY = 300
_EMPTY: tuple[object, ...] = (None, "", ())
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RankedRecord:
    """A record with what ranks it among the listings of its paper, and the name of its source (""
    if unknown).
    """

    record: Record
    listed_on: date | None
    sha256: str
    position: int
    part: int = 0
    source: str = ""

    @property
    def rank(self) -> tuple[date, str, int, int]:
        return (self.listed_on or date.min, self.sha256, self.part, self.position)


@dataclass(frozen=True, slots=True)
class VersionDates:
    """The records that date a paper's versions, None if none does."""

    preprint: Record | None
    journal: Record | None


def record_to_json(record: Record) -> dict[str, object]:
    """Return the record's non-empty fields, as JSON can hold them."""
    kept: dict[str, object] = {"title": record.title}
    for name, default in _DEFAULTS.items():
        value = getattr(record, name)
        if value != default:
            kept[name] = value.isoformat() if isinstance(value, date) else value
    return kept


def record_from_json(kept: Mapping[str, Any]) -> Record:
    """Return the record that record_to_json() wrote; fields of a later version are ignored."""
    values = {name: kept[name] for name in kept.keys() & {"title", *_DEFAULTS}}
    values |= {name: date.fromisoformat(kept[name]) for name in _DATES if name in kept}
    values |= {name: tuple(kept[name]) for name in _LISTS if name in kept}
    return Record(**values)


def paper_fields(arxiv_id: str, listings: Iterable[RankedRecord]) -> dict[str, object]:
    """Return the fields of the paper with these listings, by the names of Paper's fields.

    `arxiv_id` is the paper's arXiv id, empty if it has none.
    """
    newest_first = sorted(listings, key=lambda listing: listing.rank, reverse=True)
    records = [listing.record for listing in newest_first]
    title, (doi, preprint_doi) = records[0].title, _dois(records)
    authors = _first((each.authors for each in records), ())
    dated = best_dated(records)
    return {
        "arxiv_id": arxiv_id or None,
        "title": title,
        "abstract": best_abstract(each.abstract for each in records),
        "organization": _first((each.organization for each in records), ""),
        "doi": doi,
        "preprint_doi": preprint_doi,
        "versions": known_versions(arxiv_id, doi, preprint_doi),
        "url": _first((safe_link(each.url) for each in records), "") or id_url(arxiv_id, doi),
        "code_url": _first((safe_link(each.code_url) for each in records), ""),
        "project_url": _first((safe_link(each.project_url) for each in records), ""),
        "authors": list(authors),
        "keywords": list(_first((each.keywords for each in records), ())),
        "categories": list(_first((each.categories for each in records), ())),
        "author_count": _first((each.author_count for each in records), None)
        or len(authors)
        or None,
        "upvotes": _first((each.upvotes for each in records), None),
        "comment_count": _first((each.comment_count for each in records), None),
        "title_key": title_key(title),
        "journal": _first((each.journal for each in records), "")[:_LONGEST_JOURNAL],
        "ai_summary": _first((each.ai_summary for each in records), "")[:_LONGEST_SUMMARY],
        "published_on": dated.published_on if dated else None,
        "published_precision": dated.published_precision if dated else "day",
        "listed_on": _earliest(listing.listed_on for listing in newest_first),
        "source_count": len({listing.source for listing in newest_first} - {""}) or 1,
        "withdrawn_at": _earliest(each.withdrawn_on for each in records),
    }


def _dois(newest_first: Iterable[Record]) -> tuple[str, str]:
    """Return the DOI to know a paper by, a journal's before a preprint's before a repository's, and
    the preprint's if that is another.
    """
    found = [record.doi for record in newest_first if record.doi]
    of_kind = {kind: [doi for doi in found if kind_of(doi) == kind] for kind in _KINDS}
    doi = _first((each for kind in _KINDS for each in of_kind[kind]), "")
    preprint = _first(of_kind["preprint"], "")
    return doi, preprint if preprint != doi else ""


def known_versions(arxiv_id: str, doi: str, preprint_doi: str) -> str:
    """Return which versions of a paper are known: one of Paper.Versions."""
    kind = kind_of(doi) if doi else ""
    if arxiv_id or preprint_doi or kind == "preprint":
        return "both" if kind == "journal" else "preprint"
    return "journal" if kind == "journal" else ""


def version_dates(newest_first: Iterable[Record]) -> VersionDates:
    """Return the best dated record of the preprint, and of the version in a journal.

    A record with an arXiv id is the preprint's, also if it names the journal's DOI.
    """
    kinds: dict[str, list[Record]] = {"preprint": [], "journal": []}
    for record in newest_first:
        kind = "preprint" if record.arxiv_id else kind_of(record.doi) if record.doi else ""
        kinds.get(kind, []).append(record)
    return VersionDates(best_dated(kinds["preprint"]), best_dated(kinds["journal"]))


def _first(values: Iterable[T], otherwise: T) -> T:
    """Return the first value that is neither None nor empty; 0 counts as a value."""
    return next((value for value in values if value not in _EMPTY), otherwise)


def _earliest(days: Iterable[date | None]) -> date | None:
    return min(filter(None, days), default=None)


def best_dated(newest_first: Iterable[Record]) -> Record | None:
    """Return the record with the most exact date; of those a written year beats an inferred one,
    then the newest.
    """
    dated = [record for record in newest_first if record.published_on]
    return min(dated, key=_uncertainty, default=None)


def _uncertainty(record: Record) -> tuple[int, bool]:
    return _PRECISIONS.index(record.published_precision), record.year_inferred
