"""What JSON, XML and a table are, from their beginning and their shape."""

import csv
import json
import re
from collections.abc import Mapping

from ..text.xml_tree import root_name
from ..validation import excerpt

_LARGEST = 2_000_000  # bytes of JSON that are loaded; of more only the beginning is looked at
_KEY = re.compile(r'"((?:[^"\\]|\\.){1,60})"\s*:')
_MOST_KEYS = 6
_ROOTS = {
    "rss": "a feed (RSS)",
    "feed": "a feed (Atom)",
    "RDF": "an RDF document",
    "svg": "a picture (SVG)",
    "opml": "a list of feeds (OPML)",
    "urlset": "a sitemap",
    "sitemapindex": "a sitemap",
    "kml": "a map (KML)",
    "gpx": "a track (GPX)",
    "plist": "a property list of macOS",
    "OAI-PMH": "an answer of a repository (OAI-PMH)",
    "PubmedArticleSet": "a PubMed file (XML)",
    "eSearchResult": "a list of PubMed’s numbers, not the papers",
    "article": "the full text of one article (JATS)",
    "TEI": "the text of one document (TEI)",
    "project": "a project file (XML)",
    "xml": "an EndNote export (XML)",
    "modsCollection": "library records (MODS)",
    "mods": "library records (MODS)",
    "collection": "library records (MARC)",
    "note": "an XML note",
    "Envelope": "an answer of a SOAP service",
    "Error": "an error message (XML) instead of papers",
    "office:document": "an office document (XML)",
}
_ENTRY = re.compile(rb"<(?:[\w-]{1,30}:)?(?:item|entry|record|PubmedArticle)[ >]")
_COUNTED = ("a feed", "an RDF", "an answer of a repo", "a PubMed", "an EndNote", "library")
_DELIMITERS = ((",", "commas"), (";", "semicolons"), ("\t", "tabs"), ("|", "bars"))


def kind_of_xml(text: str, data: bytes) -> str:
    """Return what an XML document is, as a noun, by its root element; "" if it is no XML."""
    name = root_name(text)
    if not name or not re.match(r"\s*<", text):
        return ""
    local = name.rpartition(":")[2]
    kind = _ROOTS.get(local)
    if kind is None:
        return f"an XML document with the root element <{excerpt(name)}>"
    if not kind.startswith(_COUNTED):
        return kind
    count = sum(1 for _ in _ENTRY.finditer(data[:_LARGEST]))
    return f"{kind} with {count or 'no'} {'entry' if count == 1 else 'entries'}"


def kind_of_json(text: str, data: bytes) -> str:
    """Return what JSON is, as a noun, by its keys; "" if it is none."""
    start = text.lstrip()
    if start[:1] not in ("{", "["):
        return ""
    if len(data) <= _LARGEST:
        try:
            return _kind_of_value(json.loads(data))
        except (ValueError, RecursionError):
            pass
    lines = start.split("\n", 2)
    try:
        first = json.loads(lines[0]) if len(lines) > 1 else None
    except (ValueError, RecursionError):
        first = None
    if isinstance(first, Mapping) and lines[1].lstrip().startswith("{"):
        return f"a file of JSON lines with the keys {_named(list(first))}"
    keys = list(dict.fromkeys(match[1] for match in _KEY.finditer(start[:20_000])))
    if not keys:
        return "" if len(data) <= _LARGEST else "a large JSON file"
    broken = "a broken JSON file" if len(data) <= _LARGEST else "a large JSON file"
    return f"{broken} with the keys {_named(keys)}"


def _kind_of_value(value: object) -> str:
    if isinstance(value, list):
        return _kind_of_list(value)
    if not isinstance(value, Mapping):
        return "a single JSON value"
    keys = list(value)
    if not keys:
        return "an empty JSON object"
    if {"cells", "nbformat"} <= value.keys():
        return "a Jupyter notebook"
    if value.get("type") in ("FeatureCollection", "Feature"):
        return "a map (GeoJSON)"
    if {"log"} == set(keys):
        return "a record of a browser’s traffic (HAR)"
    if "error" in value or "errors" in value:
        said = value.get("error") or value.get("errors")
        said = said.get("message", "") if isinstance(said, Mapping) else said
        return f"an error message of a server (“{excerpt(' '.join(str(said)[:300].split()))}”)"
    for key in ("results", "items", "data", "papers", "records", "entries"):
        if value.get(key) == []:
            return f"an answer with an empty list (“{key}”) and the keys {_named(keys)}"
    return f"a JSON object with the keys {_named(keys)}"


def _kind_of_list(value: list[object]) -> str:
    if not value:
        return "an empty list"
    first, count = value[0], len(value)
    number = f"{count:,} " if count > 1 else ""
    if isinstance(first, Mapping):
        what = "objects" if count > 1 else "one object"
        keys = f" with the keys {_named(list(first))}" if first else ""
        return f"a JSON list of {number}{what}{keys}"
    if isinstance(first, str):
        if re.match(r"\s*[{\[]\s*'", first):
            what = "texts in Python’s notation" if count > 1 else "one text in Python’s notation"
            return f"a JSON list of {number}{what} (“{excerpt(first)}”), not of objects"
        what = "texts" if count > 1 else "one text"
        return f"a JSON list of {number}{what}, the first being “{excerpt(first)}”"
    if isinstance(first, list):
        return f"a JSON list of {number}{'lists' if count > 1 else 'one list'}"
    return f"a JSON list of {number}{'numbers or names' if count > 1 else 'one value'}"


def kind_of_table(text: str) -> str:
    """Return what a table is, as a noun, by its columns; "" if the text is none."""
    lines = [line for line in text.split("\n", 12)[:12] if line.strip()]
    if len(lines) < 2 or any(len(line) > 20_000 for line in lines[:3]):
        return ""
    for delimiter, named in _DELIMITERS:
        try:
            rows = list(csv.reader(lines[:4], delimiter=delimiter))
        except csv.Error:
            continue
        header = [cell.strip().lstrip("\ufeff") for cell in rows[0]]
        same = all(len(row) == len(header) for row in rows[1:3])
        is_header = all(cell and len(cell) <= 60 for cell in header)
        if len(header) > 1 and same and len(rows) > 1 and is_header:
            return f"a table with the columns {_named(header)}, separated by {named}"
    return ""


def _named(names: list[str]) -> str:
    """Return the first names, together at most about 80 characters."""
    shown: list[str] = []
    for name in names[:_MOST_KEYS]:
        cut = excerpt(" ".join(name.split())[:30])
        if shown and len(", ".join(shown)) + len(cut) > 70:
            break
        shown.append(cut)
    more = ", …" if len(names) > len(shown) else ""
    return f"{', '.join(shown)}{more}"
