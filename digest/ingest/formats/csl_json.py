"""CSL JSON, as Zotero, Mendeley, Papers and citation servers export it.

A list of items, {"items": […]}, or one item; https://github.com/citation-style-language/schema.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from .entries.json_answers import load_answer, objects_in, storable_text, value_at
from .entries.library_entry import LibraryEntry, library_page, to_record
from .fields.keywords import split_keywords
from .records import NotThisFormat, Page, Record, Skipped
from .text.decoding import peek
from .validation import one_line

NAME = "csl_json"
_CURE = "Export it again as CSL JSON."
_BEGIN = re.compile(r'\s*(?:\[\s*\{|\{\s*"items"\s*:\s*\[\s*\{|\{\s*"(?!items"|message))')
_OWN = re.compile(
    r'"issued"\s*:\s*\{\s*"(?:date-parts|raw|literal|season)"|"citation-key"\s*:'
    r'|"container-title"\s*:\s*"|"author"\s*:\s*\[\s*\{\s*"(?:family|given|literal)"'
    r'|"type"\s*:\s*"(?:article-(?:journal|magazine|newspaper)|paper-conference|post-weblog'
    r'|entry-encyclopedia|motion_picture|personal_communication)"'
)
_TITLE = re.compile(r'"title"\s*:')
_ANSWERS = re.compile(r'"(?:message-type|message-version)"\s*:')
_PARTICLES = ("dropping-particle", "non-dropping-particle", "family", "suffix")


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin as JSON with what only CSL items have."""
    text = peek(data)
    return (
        _BEGIN.match(text) is not None
        and _TITLE.search(text) is not None
        and _OWN.search(text) is not None
        and not _ANSWERS.search(text)
    )


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of the items, as backfill; the page's day is `listed_on`.

    Raises NotThisFormat if there is no list of items, BadDump if the JSON is broken, most items are
    no papers or there are too many.
    """
    answer, damaged = load_answer(data)
    items = _items(answer)
    if items is None:
        raise NotThisFormat(f"This JSON contains no CSL items (a title, a type, “issued”). {_CURE}")
    results = (_read(each, at, damaged) for at, each in enumerate(items, 1))
    return library_page(NAME, listed_on, results, _CURE, damaged=damaged)


def _items(answer: object) -> list[object] | None:
    if isinstance(answer, Mapping) and "items" not in answer and "title" in answer:
        return [answer]
    found = value_at(answer, "items") if isinstance(answer, Mapping) else answer
    return found if isinstance(found, list) else None


def _read(item: object, number: int, damaged: bool) -> Record | Skipped:
    place = f"item {number}"
    if not isinstance(item, Mapping):
        return Skipped(place, "it is not an object")
    kind = _text(item, "type")
    entry = LibraryEntry(
        title=_text(item, "title"),
        kind=kind,
        abstract=_text(item, "abstract"),
        authors=list(map(_name, objects_in(item.get("author")))),
        organization=_text(item, "publisher") if kind == "thesis" else "",
        journal=_text(item, "container-title"),
        dates=list(_dates(item.get("issued"))),
        identifiers=[_text(item, key) for key in ("DOI", "number", "archive_location")],
        addresses=[_text(item, "URL")],
        keywords=_keywords(item.get("keyword")),
        note=_text(item, "note"),
    )
    return to_record(entry, place, damaged=damaged)


def _text(item: Mapping[str, object], key: str) -> str:
    """Return the text at the key, or the first of its texts, as Crossref writes it."""
    value = item.get(key)
    if isinstance(value, list):
        value = value[0] if value else ""
    return value if isinstance(value, str) else ""


def _name(author: Mapping[str, object]) -> str:
    if literal := one_line(author.get("literal")) or one_line(author.get("name")):
        return literal
    parts = (one_line(author.get(part)) for part in ("given", *_PARTICLES))
    return " ".join(filter(None, parts))


def _dates(issued: object) -> Iterator[str]:
    parts = value_at(issued, "date-parts")
    begin = parts[0] if isinstance(parts, list) and parts else None
    if isinstance(begin, list):
        texts = [str(part) for part in begin[:3] if isinstance(part, int | str)]
        yield "-".join(texts)
        if len(texts) == 1 and (season := value_at(issued, "season")):
            yield f"{season} {texts[0]}" if isinstance(season, str) else ""
    yield from (storable_text(value_at(issued, key)) for key in ("raw", "literal"))


def _keywords(value: object) -> list[str]:
    if isinstance(value, list):
        return [each for each in value if isinstance(each, str)]
    return split_keywords(value) if isinstance(value, str) else []
