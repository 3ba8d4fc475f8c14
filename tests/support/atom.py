"""Feeds held against RFC 4287, each MUST that this site's feeds could break."""

import re
from collections import Counter
from xml.etree import ElementTree

from defusedxml.ElementTree import fromstring

ATOM = "{http://www.w3.org/2005/Atom}"
ONCE = {"id", "title", "updated"}
AT_MOST_ONCE = {
    "feed": {"generator", "icon", "logo", "rights", "subtitle"},
    "entry": {"content", "published", "rights", "source", "summary"},
}
REPEATED = {
    "feed": {"author", "category", "contributor", "link", "entry"},
    "entry": {"author", "category", "contributor", "link"},
}
DATE = re.compile(  # RFC 3339 with a time zone
    r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
)
# RFC 3987: absolute, and without what has to be encoded.
IRI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+")


def read(content: bytes) -> ElementTree.Element:
    """The root of a feed. Raises ParseError if it is not well-formed."""
    root: ElementTree.Element = fromstring(content, forbid_dtd=True)
    return root


def entries(content: bytes) -> list[ElementTree.Element]:
    return read(content).findall(f"{ATOM}entry")


def text(element: ElementTree.Element, name: str) -> str:
    """The text of the first child of that name."""
    return element.findtext(f"{ATOM}{name}") or ""


def links(element: ElementTree.Element, relation: str) -> list[str]:
    """Where the links of that relation lead."""
    found = element.findall(f"{ATOM}link")
    return [each.get("href", "") for each in found if each.get("rel", "alternate") == relation]


def faults(content: bytes) -> list[str]:
    """What is wrong with a feed, [] if nothing is."""
    root = read(content)
    if root.tag != f"{ATOM}feed":
        return [f"The root is {root.tag}"]
    found = _container(root, "feed")
    if root.find(f"{ATOM}author") is None:
        found += ["an entry without author"] * any(
            each.find(f"{ATOM}author") is None for each in root.iter(f"{ATOM}entry")
        )
    if len(links(root, "self")) != 1:
        found.append("no link to itself")
    for entry in root.iter(f"{ATOM}entry"):
        found += _container(entry, "entry")
        if entry.find(f"{ATOM}content") is None and not links(entry, "alternate"):
            found.append("an entry without content and link")
    ids = Counter(text(entry, "id") for entry in root.iter(f"{ATOM}entry"))
    found += [f"{name} is the id of {count} entries" for name, count in ids.items() if count > 1]
    for element in root.iter():
        found += _element(element)
    return found


def _container(element: ElementTree.Element, kind: str) -> list[str]:
    counts = Counter(child.tag.removeprefix(ATOM) for child in element)
    found = [f"{counts[name]} times {name} in {kind}" for name in ONCE if counts[name] != 1]
    found += [f"{name} repeated" for name in AT_MOST_ONCE[kind] if counts[name] > 1]
    unknown = counts.keys() - ONCE - AT_MOST_ONCE[kind] - REPEATED[kind]
    found += [f"{name} in {kind}" for name in unknown]
    if len(links(element, "alternate")) > 1:
        found.append(f"{kind} has several alternates of one type")
    return found


def _element(element: ElementTree.Element) -> list[str]:
    name, content = element.tag.removeprefix(ATOM), element.text or ""
    match name:
        case "updated" | "published":
            is_right = DATE.fullmatch(content)
        case "id" | "uri":
            is_right = IRI.fullmatch(content)
        case "link":
            is_right = IRI.fullmatch(element.get("href", ""))
        case "category":
            is_right = element.get("term")
        case "author" | "contributor":
            is_right = [child.tag for child in element].count(f"{ATOM}name") == 1
        case "name":
            is_right = content.strip()
        case "title" | "subtitle" | "summary" | "rights":
            is_right = element.get("type", "text") in ("text", "html") and not len(element)
        case _:
            is_right = True
    return [] if is_right else [f"{name} is {content!r} {element.attrib}"]
