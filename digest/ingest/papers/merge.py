"""A paper's fields from its listings: the same listings, in any order, give the same paper.

Non-empty beats empty; then the newest page wins, then the higher SHA-256, then the later place.
"""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from typing import Any
from urllib.parse import urlencode

from digest.ingest.formats import Record
from digest.ingest.papers.paper_links import safe_link

from .dedupe import title_key

_DEFAULTS = {field.name: field.default for field in fields(Record) if field.default is not MISSING}
_DATES = ("published_on", "withdrawn_on", "listed_on")
_TEXTS = ("abstract", "organization", "doi")
_LINKS = ("url", "code_url", "project_url")
_LISTS = ("authors", "keywords", "categories")
_COUNTS = ("author_count", "upvotes", "comment_count")
_LONGEST_ADDRESS = 2000
_EMPTY: tuple[object, ...] = (None, "", ())


@dataclass(frozen=True, slots=True)
class RankedRecord:
    """A record with what ranks it among the listings of its paper, and the name of its source,
    "" where that is unknown."""

    record: Record
    listed_on: date | None
    sha256: str
    position: int
    part: int = 0
    source: str = ""

    @property
    def rank(self) -> tuple[date, str, int, int]:
        return (self.listed_on or date.min, self.sha256, self.part, self.position)


def record_to_json(record: Record) -> dict[str, Any]:
    """The record's fields that hold something, as JSON can keep them."""
    kept = {"title": record.title}
    for name, default in _DEFAULTS.items():
        value = getattr(record, name)
        if value != default:
            kept[name] = value.isoformat() if isinstance(value, date) else value
    return kept


def record_from_json(kept: Mapping[str, Any]) -> Record:
    """The record that to_json() wrote; fields that a later version added are left out."""
    values = {name: kept[name] for name in kept.keys() & {"title", *_DEFAULTS}}
    values |= {name: date.fromisoformat(kept[name]) for name in _DATES if name in kept}
    values |= {name: tuple(kept[name]) for name in _LISTS if name in kept}
    return Record(**values)


def paper_fields(arxiv_id: str, listings: Iterable[RankedRecord]) -> dict[str, Any]:
    """The fields of the paper with these listings, known by `arxiv_id` (empty: it has none)."""
    newest_first = sorted(listings, key=lambda listed: listed.rank, reverse=True)
    records = [listed.record for listed in newest_first]
    found: dict[str, Any] = {"arxiv_id": arxiv_id or None, "title": records[0].title}
    found |= {name: _first(records, name, "") for name in _TEXTS}
    found |= {name: _first_link(records, name) for name in _LINKS}
    found |= {name: list(_first(records, name, ())) for name in _LISTS}
    found |= {name: _first(records, name, None) for name in _COUNTS}
    found["title_key"] = title_key(found["title"])
    found["author_count"] = found["author_count"] or len(found["authors"]) or None
    found["published_on"] = _published_on(records)
    pages = [listed.listed_on for listed in newest_first if listed.listed_on]
    found["listed_on"] = min(pages, default=None)
    found["url"] = found["url"] or _address(arxiv_id, found["doi"], found["title"])
    found["source_count"] = len({listed.source for listed in newest_first} - {""}) or 1
    withdrawals = [record.withdrawn_on for record in records if record.withdrawn_on]
    found["withdrawn_at"] = min(withdrawals, default=None)
    return found


def _first(newest_first: Iterable[Record], name: str, otherwise: Any) -> Any:
    """The field as the newest listing that has it gives it."""
    for record in newest_first:
        value = getattr(record, name)
        if value not in _EMPTY:
            return value
    return otherwise


def _first_link(newest_first: Iterable[Record], name: str) -> str:
    """As `_first`, of links that may be shown."""
    return next(filter(None, (safe_link(getattr(each, name)) for each in newest_first)), "")


def _published_on(newest_first: Iterable[Record]) -> date | None:
    """A date with a written year before one whose year was inferred."""
    dated = [record for record in newest_first if record.published_on]
    best = min(dated, key=lambda record: record.year_inferred, default=None)
    return best.published_on if best else None


def _address(arxiv_id: str, doi: str, title: str) -> str:
    """Where to find a paper that came without a link."""
    if arxiv_id:
        return f"https://arxiv.org/abs/{arxiv_id}"
    if doi:
        return f"https://doi.org/{doi}"
    search = f"https://huggingface.co/papers?{urlencode({'q': title})}"
    if len(search) <= _LONGEST_ADDRESS:
        return search
    # The first words find it as well.
    return f"https://huggingface.co/papers?{urlencode({'q': title[:120]})}"
