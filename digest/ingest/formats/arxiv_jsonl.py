"""The arXiv's metadata snapshot, or any part of it: one JSON object a line, gigabytes of them.

https://www.kaggle.com/datasets/Cornell-University/arxiv describes the fields.
"""

from collections.abc import Iterator
from datetime import date

from .entries.arxiv_entry import ArxivEntry, entry_to_record
from .fields.authors import split_authors
from .fields.dates import utc_day
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .text.decoding import peek
from .text.json_text import json_object, line_excerpt, line_objects
from .validation import build_page, one_line

NAME = "arxiv_jsonl"
_NEEDED = ("id", "title", "abstract", "categories")
_ITS_OWN = ("authors_parsed", "update_date", "submitter")
_CURE = "Fetch the file again, with one JSON object per line."


def looks_like(data: bytes) -> bool:
    """Return whether the first line is a paper as the snapshot writes it."""
    text = peek(data).lstrip()
    if not text.startswith("{"):
        return False
    found = json_object(text.partition("\n")[0])
    return found is not None and _is_paper(found)


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of these lines. The snapshot has no day of its own: only `listed_on` gives
    one.

    Raises BadDump if most lines are no papers, NotThisFormat if none is.
    """
    lines = [line for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n") if line.strip()]
    if not lines:
        raise BadDump("The file is empty. Fetch it again.")
    results = list(_read(lines, listed_on or received_on))
    if not any(isinstance(result, Record) for result in results):
        raise NotThisFormat(
            "No line of the file is a paper of the arXiv snapshot, which has one JSON object "
            "per line with id, title, abstract and categories."
        )
    return build_page(NAME, listed_on, results, _CURE)


def _read(lines: list[bytes], as_of: date) -> Iterator[Record | Skipped]:
    for line, found in zip(lines, line_objects(lines), strict=True):
        if isinstance(found, Skipped):
            yield found
        elif not _is_paper(found):
            yield Skipped(line_excerpt(line), f"it is missing one of {', '.join(_NEEDED)}")
        else:
            yield entry_to_record(_entry(found), as_of)


def _is_paper(found: dict[str, object]) -> bool:
    # Exports of this program have a field of the name "versions" too, which is a word there.
    is_own = any(name in found for name in _ITS_OWN) or isinstance(found.get("versions"), list)
    return all(name in found for name in _NEEDED) and is_own


def _entry(found: dict[str, object]) -> ArxivEntry:
    days = list(_days_of_versions(found.get("versions")))
    updated = utc_day(_text(found, "update_date"))
    return ArxivEntry(
        name=_text(found, "id"),
        title=_text(found, "title"),
        abstract=_text(found, "abstract"),
        authors=_authors(found),
        comment=_text(found, "comments"),
        doi=_text(found, "doi"),
        categories=tuple(_text(found, "categories").split()),
        published_on=days[0] if days else None,
        revised_on=days[-1] if days and days[-1] else updated,
    )


def _text(found: dict[str, object], name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""


def _days_of_versions(versions: object) -> Iterator[date | None]:
    for version in versions if isinstance(versions, list) else ():
        if isinstance(version, dict):
            yield utc_day(_text(version, "created"))


def _authors(found: dict[str, object]) -> tuple[str, ...]:
    """Return the names from the parsed list ([last, first, suffix]), which has accents as letters;
    else from the line.
    """
    parsed = found.get("authors_parsed")
    listed = tuple(filter(None, map(_name, parsed))) if isinstance(parsed, list) else ()
    return listed or split_authors(_text(found, "authors"), spoken_order=True)


def _name(parts: object) -> str:
    if not isinstance(parts, list):
        return ""
    last, first, suffix = (one_line(part) for part in [*parts, "", "", ""][:3])
    return " ".join(filter(None, (first, last, suffix)))
