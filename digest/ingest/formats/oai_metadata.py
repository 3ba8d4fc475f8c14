"""The kinds of metadata in which OAI-PMH carries papers, as entries and records."""

from collections.abc import Sequence
from datetime import date
from xml.etree.ElementTree import Element

from .arxiv_entry import ArxivEntry, entry_to_record, latex_to_text, split_authors
from .dates import utc_day
from .ids import arxiv_id, doi
from .records import Record, Skipped
from .validation import excerpt, one_line, paragraphs, rejection

_DC = "{http://purl.org/dc/elements/1.1/}"
_COMMENT = "Comment: "
_IGNORED = "I"  # the source of a version that is withdrawn
_MOST_KEYWORDS = 50
_LONGEST_ADDRESS = 2000


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
        authors=split_authors(_text(metadata, "authors")),
        comment=_text(metadata, "comments"),
        doi=_text(metadata, "doi"),
        categories=tuple(_text(metadata, "categories").split()),
        published_on=days[0] if days else utc_day(_text(metadata, "created")),
        revised_on=days[-1] if days else utc_day(_text(metadata, "updated")),
        is_withdrawn=bool(versions) and _IGNORED in _text(versions[-1], "source_type"),
    )


def read_dublin_core(
    metadata: Element, name: str, sets: Sequence[str], as_of: date
) -> Record | Skipped:
    """Return the record in metadata of the kind oai_dc; `name` and `sets` are those of its header.

    The arXiv writes the abstract first, then “Comment: …”, and the days of all versions.
    """
    identifiers = [name, *_all(metadata, "identifier"), *_all(metadata, "relation")]
    descriptions = _all(metadata, "description")
    abstracts = [text for text in descriptions if not text.lstrip().startswith(_COMMENT)]
    days = [day for text in _all(metadata, "date") if (day := utc_day(text))]
    entry = ArxivEntry(
        name=next(filter(arxiv_id, identifiers), ""),
        title=next(iter(_all(metadata, "title")), ""),
        abstract=next(iter(abstracts), ""),
        authors=tuple(map(_turned, _all(metadata, "creator"))),
        comment=" ".join(text for text in descriptions if text not in abstracts),
        doi=next(filter(doi, identifiers), ""),
        categories=tuple(sets),
        published_on=min(days, default=None),
        revised_on=max(days, default=None),
    )
    if entry.name:
        return entry_to_record(entry, as_of)
    return _of_others(entry, identifiers, _all(metadata, "subject"))


def _of_others(
    entry: ArxivEntry, identifiers: Sequence[str], subjects: Sequence[str]
) -> Record | Skipped:
    """Return the record of a repository that is not the arXiv, known by its DOI or its title."""
    title, abstract = one_line(entry.title), paragraphs(entry.abstract)
    if reason := rejection(title, abstract, damaged=False):
        return Skipped(excerpt(title or identifiers[0]), reason)
    addresses = (
        address
        for text in identifiers
        if (address := text.strip()).startswith(("https://", "http://"))
        and len(address) <= _LONGEST_ADDRESS
        and " " not in address
    )
    return Record(
        title=title,
        abstract=abstract,
        authors=tuple(filter(None, entry.authors)),
        published_on=entry.published_on,
        url=next(addresses, ""),
        doi=doi(entry.doi),
        keywords=tuple(dict.fromkeys(filter(None, map(one_line, subjects))))[:_MOST_KEYWORDS],
    )


def _author(author: Element) -> str:
    parts = (_text(author, name) for name in ("forenames", "keyname", "suffix"))
    return latex_to_text(" ".join(filter(None, map(one_line, parts))))


def _turned(name: str) -> str:
    """Return the name in spoken order: `Bertram, Aaron` becomes Aaron Bertram."""
    last, *others = map(one_line, name.split(","))
    return latex_to_text(" ".join(filter(None, [*others[:1], last, *others[1:]])))


def _text(element: Element, name: str) -> str:
    return (element.findtext(f"{{*}}{name}") or "").strip()


def _all(metadata: Element, name: str) -> list[str]:
    return [text for each in metadata.iterfind(f"{_DC}{name}") if (text := each.text or "").strip()]
