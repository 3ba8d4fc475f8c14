"""A paper's fields from its listings: the same listings, in any order, give the same paper.

Non-empty beats empty; then the newest page wins, then the higher SHA-256, then the later place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from typing import Any, TypeVar
from urllib.parse import urlencode

from digest.ingest.formats import Record
from digest.ingest.papers.paper_links import safe_link

from .dedupe import title_key

_DEFAULTS = {field.name: field.default for field in fields(Record) if field.default is not MISSING}
_DATES = ("published_on", "withdrawn_on", "listed_on")
_LISTS = ("authors", "keywords", "categories")
_LONGEST_ADDRESS = 2000
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
    title, doi = records[0].title, _first((each.doi for each in records), "")
    authors = _first((each.authors for each in records), ())
    return {
        "arxiv_id": arxiv_id or None,
        "title": title,
        "abstract": _first((each.abstract for each in records), ""),
        "organization": _first((each.organization for each in records), ""),
        "doi": doi,
        "url": _first((safe_link(each.url) for each in records), "")
        or _address(arxiv_id, doi, title),
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
        "published_on": _published_on(records),
        "listed_on": _earliest(listing.listed_on for listing in newest_first),
        "source_count": len({listing.source for listing in newest_first} - {""}) or 1,
        "withdrawn_at": _earliest(each.withdrawn_on for each in records),
    }


def _first(values: Iterable[T], otherwise: T) -> T:
    """Return the first value that is neither None nor empty; 0 counts as a value."""
    return next((value for value in values if value not in _EMPTY), otherwise)


def _earliest(days: Iterable[date | None]) -> date | None:
    return min(filter(None, days), default=None)


def _published_on(newest_first: Iterable[Record]) -> date | None:
    """Return the newest date with a written year, else the newest whose year was inferred."""
    dated = [record for record in newest_first if record.published_on]
    best = min(dated, key=lambda record: record.year_inferred, default=None)
    return best.published_on if best else None


def _address(arxiv_id: str, doi: str, title: str) -> str:
    """Return where to find a paper that came without a link."""
    if arxiv_id:
        return f"https://arxiv.org/abs/{arxiv_id}"
    if doi:
        return f"https://doi.org/{doi}"
    search = f"https://huggingface.co/papers?{urlencode({'q': title})}"
    if len(search) <= _LONGEST_ADDRESS:
        return search
    # The first words find it as well.
    return f"https://huggingface.co/papers?{urlencode({'q': title[:120]})}"
