"""Zotero's own export, “Zotero RDF”: items, their notes, attachments and collections.

https://www.zotero.org/support/kb/exporting#zotero_rdf; an element of its own for each kind of item,
in the vocabularies of Bibliontology, Dublin Core, PRISM and FOAF.
"""

from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element

from .entries.library_entry import LibraryEntry, library_page, to_record
from .records import NotThisFormat, Page, Record, Skipped
from .text.decoding import peek
from .text.xml_tree import noted, read_tree, root_name
from .validation import one_line

NAME = "zotero_rdf"
_CURE = "Export it again as Zotero RDF, without notes and files."
_NAMESPACE = "http://www.zotero.org/namespaces/export#"
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_RESOURCE = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}resource"
# Parts of items that have elements of their own: journals, series, folders.
_NO_ITEMS = frozenset({"Journal", "Series", "Collection"})
# Of these none holds another, so a damaged one is left out alone. A chapter may hold its book.
_ITEMS = ["Article", "BookSection", "Thesis", "Report", "Document", "Description", "Attachment"]
_KINDS = {"Attachment": "attachment", "Memo": "note", "letter": "personal communication"}


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin as RDF that names Zotero's namespace."""
    text = peek(data)
    return root_name(text).rpartition(":")[2] == "RDF" and _NAMESPACE in text


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of the items, as backfill; the page's day is `listed_on`.

    Raises NotThisFormat if it is no RDF or has no items, BadDump if the XML is broken, most items
    are no papers or there are too many.
    """
    tree = read_tree(data, "RDF", _ITEMS)
    root = tree.root
    items = [each for each in root if _local(each) not in _NO_ITEMS]
    if _NAMESPACE not in peek(data) and not items:
        raise NotThisFormat(f"This RDF contains no Zotero items. {_CURE}")
    containers = {each.get(_ABOUT, ""): each for each in root if _local(each) in _NO_ITEMS}
    damaged = tree.is_damaged
    results = [_read(each, at, containers, damaged) for at, each in enumerate(items, 1)]
    page = library_page(NAME, listed_on, [*results, *tree.skipped], _CURE, damaged=damaged)
    return noted(page, tree)


def _read(
    item: Element, number: int, containers: dict[str, Element], damaged: bool
) -> Record | Skipped:
    kind = _text(item, "itemType") or _local(item)
    parts = list(item.iterfind("{*}isPartOf/*"))
    shared = [
        found
        for each in item.iterfind("{*}isPartOf")
        if (found := containers.get(each.get(_RESOURCE, ""))) is not None
    ]
    entry = LibraryEntry(
        title=_text(item, "title"),
        kind=_KINDS.get(_local(item), _KINDS.get(kind, kind)),
        abstract=_text(item, "abstract"),
        authors=list(_authors(item)),
        organization=_publisher(item) if kind == "thesis" else "",
        journal=next((title for each in [*parts, *shared] if (title := _text(each, "title"))), ""),
        dates=[_text(item, "date")],
        # Of a journal that stands within its article, the DOI is the article's.
        identifiers=[
            *_identifiers(item),
            *(name for each in parts for name in _identifiers(each)),
            _text(item, "number"),  # of a preprint: “arXiv:2611.01234”
        ],
        addresses=[*_addresses(item), item.get(_ABOUT, "")],
        keywords=list(_keywords(item)),
        note=_text(item, "description"),
    )
    place = one_line(item.get(_ABOUT)) or f"item {number}"
    return to_record(entry, place, damaged=damaged)


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: Element, name: str) -> str:
    return element.findtext(f"{{*}}{name}") or ""


def _authors(item: Element) -> Iterator[str]:
    for person in item.iterfind("{*}authors/{*}Seq/{*}li/*"):
        given = _text(person, "givenName") or _text(person, "givenname")
        yield " ".join(filter(None, (one_line(given), one_line(_text(person, "surname")))))


def _publisher(item: Element) -> str:
    return item.findtext("{*}publisher/{*}Organization/{*}name") or ""


def _identifiers(element: Element) -> Iterator[str]:
    """Yield the texts in which the element is identified: “DOI 10.1000/gauge”, “ISSN 1234-5678”."""
    for each in element.iterfind("{*}identifier"):
        yield (each.text or "").strip()


def _addresses(item: Element) -> Iterator[str]:
    for value in item.iterfind("{*}identifier/{*}URI/{*}value"):
        yield (value.text or "").strip()


def _keywords(item: Element) -> Iterator[str]:
    """Yield the tags, given by hand or, in an element of their own, automatically."""
    for subject in item.iterfind("{*}subject"):
        tag = next(iter(subject), subject)
        yield (subject.text or "").strip() or _text(tag, "value")
