"""An entry of a library or of a search's results, as its format finds it, and the record of it.

What the exports share: `ris`, `wos`, `endnote`, `nbib`, `bibtex`, `csl_json`, `zotero_rdf`. They
are backfill by nature (see Page).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ..fields.authors import split_authors
from ..fields.dates import PublishedOn, published
from ..identifiers.ids import arxiv_id, doi
from ..records import BadDump, Page, Record, Skipped
from ..text.decoding import peek
from ..text.markup import plain_text
from ..validation import (
    NOT_A_PAPER,
    build_page,
    excerpt,
    one_line,
    paragraphs,
    title_rejection,
)
from .json_answers import unique_names, valid_name, valid_names, web_address
from .library_kinds import kind_of_no_paper

MOST_ENTRIES = 100_000
_MOST_NAMES = 5_000
_MOST_KEYWORDS = 100
# Lines that Zotero and others write into notes: “arXiv:2611.01234 [cs]”, “DOI: 10.1000/gauge”.
_NOTED_ARXIV = re.compile(r"^\s*arxiv\s*:\s*\S+", re.IGNORECASE | re.MULTILINE)
_NOTED_DOI = re.compile(r"^\s*doi\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_LONGEST_NOTE = 10_000
# “2026/11/19/Autumn” (RIS: year, month, day, anything else), any part of it empty.
_PARTED_DATE = re.compile(r"(\d{4})/(\d{0,2})/(\d{0,2})/?([^/]*)", re.ASCII)
_NOTHING_STATED = re.compile(r"\s*\[no [a-z ]{3,40} available\]\s*$", re.IGNORECASE)
_LONGEST_REMARK = 80
_SUFFIX = re.compile(r"(?:jr|sr)\.?|i{2,3}|iv", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LibraryEntry:
    """One entry before validation. Texts may hold mark-up and line ends; lists may be empty.

    `kind` is the exporter's word for what it is. `dates`: the most exact that can be read counts.
    `identifiers`: texts each of which is a DOI, an arXiv id or an address that has one. `authors`:
    names in spoken order (see spoken_name()), `has_more_authors` if they end in “and others”.
    """

    title: str
    kind: str = ""
    abstract: str = ""
    authors: Sequence[str] = ()
    has_more_authors: bool = False
    organization: str = ""
    journal: str = ""
    dates: Sequence[str] = ()
    identifiers: Sequence[str] = ()
    addresses: Sequence[str] = ()
    keywords: Sequence[str] = ()
    note: str = ""
    withdrawn_on: date | None = None


def to_record(entry: LibraryEntry, place: str, *, damaged: bool) -> Record | Skipped:
    """Return the entry's record, or why it is left out.

    `place` names an entry without a title; `damaged`: bytes of the file were lost.
    """
    title = one_line(_plain(stated(entry.title)))
    abstract = paragraphs(_plain(stated(entry.abstract)))
    # Google Scholar: “arXiv preprint arXiv:2611.01234” for a journal.
    journal = valid_name(_plain(entry.journal))
    in_journal = journal if arxiv_id(journal) else ""
    names = [*entry.identifiers, in_journal, *noted_identifiers(entry.note)]
    arxiv = next(filter(None, map(arxiv_id, [*names, *entry.addresses])), "")
    its_doi = next(filter(None, map(doi, [*names, *entry.addresses])), "")
    if what := kind_of_no_paper(entry.kind, is_identified=bool(arxiv or its_doi)):
        return Skipped(excerpt(title or place), NOT_A_PAPER + what)
    if reason := title_rejection(title, abstract, damaged=damaged):
        return Skipped(excerpt(title or place), reason)
    authors = valid_names(_plain(stated(name)) for name in entry.authors[:_MOST_NAMES])
    when = most_exact(entry.dates)
    return Record(
        title=title,
        abstract=abstract,
        authors=authors,
        author_count=None if entry.has_more_authors else len(authors) or None,
        organization=valid_name(_plain(entry.organization)),
        journal="" if in_journal else journal,
        published_on=when.day if when else None,
        published_precision=when.precision if when else "day",
        url=next(filter(None, map(web_address, entry.addresses)), ""),
        arxiv_id=arxiv,
        doi=its_doi,
        keywords=unique_names(map(_plain, entry.keywords[:_MOST_KEYWORDS])),
        withdrawn_on=entry.withdrawn_on,
    )


def library_page(
    name: str,
    listed_on: date | None,
    results: Iterable[Record | Skipped],
    cure: str,
    *,
    damaged: bool,
) -> Page:
    """Return the page of these entries, which is backfill.

    Raises BadDump as build_page() does, and if there are more than MOST_ENTRIES.
    """
    counted = _counted(results)
    return build_page(name, listed_on, counted, cure, damaged=damaged, is_backfill=True)


def _counted(results: Iterable[Record | Skipped]) -> Iterator[Record | Skipped]:
    for count, result in enumerate(results, 1):
        check_count(count)
        yield result


def check_count(count: int) -> None:
    """Raise BadDump if a file with so many entries has more than MOST_ENTRIES."""
    if count > MOST_ENTRIES:
        raise BadDump(f"The file has more than {MOST_ENTRIES:,} entries. Export it in parts.")


def stated(text: str) -> str:
    """Return the text; "" if it only says that there is none (“[No abstract available]”)."""
    return "" if len(text) < _LONGEST_REMARK and _NOTHING_STATED.match(text) else text


def beginning(data: bytes) -> str:
    r"""Return the first 64 kB as text with "\n" line ends, for telling formats apart."""
    return peek(data).replace("\r\n", "\n").replace("\r", "\n")


def spoken_name(name: str) -> str:
    """Return a name in spoken order: `Lamp, Ada` and `Lamp, Ada, Jr.` become Ada Lamp (Jr.)."""
    last, *others = [part for part in map(one_line, name.split(",")) if part] or [""]
    if len(others) > 1 and _SUFFIX.fullmatch(others[0]):
        others = [others[1], others[0]]
    return " ".join(filter(None, [*others[:1], last, *others[1:2]]))


def spoken_names(names: Sequence[str]) -> list[str]:
    """Return names, one each, in spoken order: “Lamp, Ada”, or “Lamp AB” in all of them."""
    if any("," in name or " and " in name for name in names):
        return list(map(spoken_name, names))
    return list(split_authors("; ".join(names)))


def most_exact(texts: Iterable[str]) -> PublishedOn | None:
    """Return the first of the dates that is a day, else a month, a season or a year."""
    found = [when for text in texts if (when := published(_plain_date(text)))]
    order = ("day", "month", "season", "year")
    return min(found, key=lambda when: order.index(when.precision), default=None)


def _plain_date(text: str) -> str:
    """Return the date of RIS in a form that published() knows, others as they are."""
    match = _PARTED_DATE.fullmatch(one_line(text)[:100])
    if match is None:
        return text
    year, month, day, other = match.groups()
    if not month:
        return f"{year} {other}" if other else year
    return "-".join(filter(None, (year, month.zfill(2), day and day.zfill(2))))


def _plain(text: str) -> str:
    return plain_text(text, is_html=False)


def noted_identifiers(note: str) -> list[str]:
    """Return the identifiers that are lines of their own in a note."""
    note = note[:_LONGEST_NOTE]
    named = [match[0].strip() for match in _NOTED_ARXIV.finditer(note)]
    return named + [match[1] for match in _NOTED_DOI.finditer(note)]
