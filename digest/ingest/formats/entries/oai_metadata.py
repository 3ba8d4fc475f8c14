"""The kinds of metadata in which OAI-PMH carries papers, as entries and records."""

from collections.abc import Sequence
from datetime import date
from xml.etree.ElementTree import Element

from ..fields.author_names import latex_to_text
from ..fields.authors import split_authors
from ..fields.date_words import last_day
from ..fields.dates import PublishedOn, published, utc_day
from ..identifiers.ids import arxiv_id, doi, own_doi
from ..identifiers.web_links import web_link
from ..records import Record, Skipped
from ..text.markup import plain_text
from ..validation import excerpt, one_line, paragraphs, title_rejection
from .arxiv_entry import ArxivEntry, entry_to_record

_DC = "{http://purl.org/dc/elements/1.1/}"
_COMMENT = "Comment: "
_IGNORED = "I"  # the source of a version that is withdrawn
_MOST_KEYWORDS = 50


def read_arxiv(metadata: Element) -> ArxivEntry:
    """Return the entry in metadata of the kind arXiv."""
    return ArxivEntry(
        name=_text(metadata, "id"),
        title=_text(metadata, "title"),
        abstract=_text(metadata, "abstract"),
        authors=tuple(_author(each) for each in metadata.iterfind("{*}authors/{*}author")),
        comment=_text(metadata, "comments"),
        doi=_text(metadata, "doi"),
        categories=tuple(_text(metadata, "categories").split()),
        published_on=utc_day(_text(metadata, "created")),
        revised_on=utc_day(_text(metadata, "updated")),
    )


def read_arxiv_raw(metadata: Element) -> ArxivEntry:
    """Return the entry in metadata of the kinds arXivRaw, which has all versions, and arXivOld."""
    versions = metadata.findall("{*}version")
    days = [utc_day(_text(version, "date")) for version in versions]
    return ArxivEntry(
        name=_text(metadata, "id"),
        title=_text(metadata, "title"),
        abstract=_text(metadata, "abstract"),
        authors=split_authors(_text(metadata, "authors"), spoken_order=True),
        comment=_text(metadata, "comments"),
        doi=_text(metadata, "doi"),
        categories=tuple(_text(metadata, "categories").split()),
        published_on=days[0] if days else utc_day(_text(metadata, "created")),
        revised_on=days[-1] if days else utc_day(_text(metadata, "updated")),
        is_withdrawn=bool(versions) and _IGNORED in _text(versions[-1], "source_type"),
    )


def read_dublin_core(
    metadata: Element, name: str, sets: Sequence[str], as_of: date, damaged: bool
) -> Record | Skipped:
    """Return the record in metadata of the kind oai_dc; `name` and `sets` are those of its header.

    The arXiv writes the abstract first, then “Comment: …”, and the days of all versions. What
    `relation` names is another work: a paper that a data set belongs to, say.
    """
    identifiers = [name, *_all(metadata, "identifier")]
    descriptions = _all(metadata, "description")
    abstracts = [text for text in descriptions if not text.lstrip().startswith(_COMMENT)]
    dates = [found for text in _all(metadata, "date") if (found := published(text))]
    days = [each.day for each in dates if each.precision == "day"]
    entry = ArxivEntry(
        name=next(filter(arxiv_id, identifiers), ""),
        title=next(iter(_all(metadata, "title")), ""),
        abstract=next(iter(abstracts), ""),
        authors=tuple(name for each in _all(metadata, "creator") for name in split_authors(each)),
        comment=" ".join(text for text in descriptions if text not in abstracts),
        doi=own_doi(identifiers),
        categories=tuple(sets),
        published_on=min(days, default=None),
        revised_on=max(days, default=None),
    )
    if entry.name:
        return entry_to_record(entry, as_of, damaged=damaged)
    subjects = _all(metadata, "subject")
    return _of_others(entry, _earliest(dates), identifiers, subjects, damaged=damaged)


def _earliest(dates: Sequence[PublishedOn]) -> PublishedOn | None:
    """Return the earliest date, or the first day in it if it is a longer period.

    Repositories give the date of the issue beside the days on which they took the paper in.
    """
    first = min(dates, key=lambda each: each.day, default=None)
    if first is None:
        return None
    until = last_day(first.day, first.precision)
    days = [each for each in dates if each.precision == "day" and each.day <= until]
    return min(days, key=lambda each: each.day, default=first)


def _of_others(
    entry: ArxivEntry,
    dated: PublishedOn | None,
    identifiers: Sequence[str],
    subjects: Sequence[str],
    *,
    damaged: bool,
) -> Record | Skipped:
    """Return the record of a repository that is not the arXiv, known by its DOI or its title."""
    title = one_line(plain_text(entry.title, is_html=False))
    abstract = paragraphs(plain_text(entry.abstract, is_html=False))
    if reason := title_rejection(title, abstract, damaged=damaged):
        return Skipped(excerpt(title or identifiers[0]), reason)
    return Record(
        title=title,
        abstract=abstract,
        authors=entry.authors,
        published_on=dated.day if dated else None,
        published_precision=dated.precision if dated else "day",
        url=next(filter(None, (web_link(text) for text in identifiers)), ""),
        doi=doi(entry.doi),
        keywords=tuple(dict.fromkeys(filter(None, map(one_line, subjects))))[:_MOST_KEYWORDS],
    )


def _author(author: Element) -> str:
    parts = (_text(author, name) for name in ("forenames", "keyname", "suffix"))
    return latex_to_text(" ".join(filter(None, map(one_line, parts))))


def _text(element: Element, name: str) -> str:
    return (element.findtext(f"{{*}}{name}") or "").strip()


def _all(metadata: Element, name: str) -> list[str]:
    return [text for each in metadata.iterfind(f"{_DC}{name}") if (text := each.text or "").strip()]
