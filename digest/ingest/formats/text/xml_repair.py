"""XML that is not quite XML, mended as far as nothing has to be guessed. Each step is linear.

Servers put blank lines, byte-order marks and warnings around it, leave prefixes undeclared and
ampersands bare, and let one entry's mark-up go wrong. What cannot be mended is left out, an entry
at a time, never joined with the next.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from html.entities import html5
from typing import NamedTuple

from .decoding import is_html

_LOOKED_AT = 4096
_BLANK = re.compile(r"[\s\ufeff\ufffe\u200b\x00]*")
_PROLOGUE = re.compile(
    r"[\s\ufeff]*(?:<\?[^>]*>|<!--.*?-->|<!DOCTYPE[^<>\[]*(?:\[[^\]]*\]\s*)?>)",
    re.DOTALL | re.IGNORECASE,
)
_ROOT = re.compile(r"[\s\ufeff]*<([A-Za-z_][\w:.-]*)")
# Not those of XML itself, nor numbers of characters that XML allows.
_AMPERSAND = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos|#(?:9|1[03]|3[2-9]|[4-9]\d|[1-9]\d{2,4}|1[01]\d{4})"
    r"|#[xX](?:9|[aAdD]|[2-9a-fA-F][0-9a-fA-F]|[1-9a-fA-F][0-9a-fA-F]{2,4}));)(?P<name>\w{1,40};)?"
)
_LESS_THAN = re.compile(r"<(?![A-Za-z_/!?:])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PREFIX = re.compile(
    r"</?(?P<tag>[A-Za-z_][\w.-]{0,40}):|\s(?P<name>[A-Za-z_][\w.-]{0,40}):[A-Za-z_][\w.-]{0,40}=[\"']"
)
_DECLARED = re.compile(r"xmlns:([A-Za-z_][\w.-]*)\s*=")
_MOST_PREFIXES = 100
_LONGEST_TAG = 10_000
_CDATA, _CDATA_END = "<![CDATA[", "]]>"
# What the usual prefixes stand for; any other name would do as well for the rest.
_NAMESPACES = {
    "arxiv": "http://arxiv.org/schemas/atom",
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
    "oai_dc": "http://www.openarchives.org/OAI/2.0/oai_dc/",
    "opensearch": "http://a9.com/-/spec/opensearch/1.1/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}


class Region(NamedTuple):
    """Where an entry stands in a text; `is_whole`: its element ends before the next begins."""

    start: int
    end: int
    is_whole: bool


def start_of_xml(text: str) -> int:
    """Return the index at which the XML begins, behind blanks, marks, comments and warnings."""
    found = text.find("<?xml", 0, _LOOKED_AT)
    if found > 0 and not is_html(text) and root_at(text, found):
        return found
    blank = _BLANK.match(text)
    return blank.end() if blank else 0


def root_at(text: str, start: int) -> re.Match[str] | None:
    """Return the match of the first element's start, its name the first group."""
    while match := _PROLOGUE.match(text, start):
        start = match.end()
    return _ROOT.match(text, start)


def mended(text: str) -> str:
    """Return the XML with its common faults repaired.

    Entities of HTML become letters, bare “&” and “<” are escaped, control characters become
    U+FFFD, marks before the root element are dropped, and prefixes that are declared nowhere are
    declared on the root element.
    """
    text = _CONTROL.sub("\ufffd", text.replace("\f", " "))
    text = "".join(_outside_cdata(text, lambda part: _LESS_THAN.sub(
        "&lt;", _AMPERSAND.sub(_letter, part))))  # fmt: skip
    return _with_prefixes(text)


def root_tag(text: str) -> str:
    """Return the root element's start tag; "" if it has none or a very long one."""
    root = root_at(text, 0)
    end = text.find(">", root.start(), root.start() + _LONGEST_TAG) if root else -1
    return text[root.start() : end + 1].lstrip("\ufeff \t\r\n") if root and end >= 0 else ""


def entry_regions(text: str, names: Sequence[str]) -> Iterator[Region]:
    """Yield the places of all elements of these names, none of which holds another.

    An element that does not end before the next one begins is not whole, nor is an end without a
    start.
    """
    tags = re.compile(rf"<(?P<end>/?)(?:[\w.-]{{1,40}}:)?(?:{'|'.join(names)})(?=[\s>/])[^<>]*>")
    start = -1
    for tag in tags.finditer(text):
        if tag["end"]:
            yield Region(tag.start() if start < 0 else start, tag.end(), start >= 0)
            start = -1
        else:
            if start >= 0:
                yield Region(start, tag.start(), False)
            start = -1 if tag[0].endswith("/>") else tag.start()
    if start >= 0:
        yield Region(start, len(text), False)


def _outside_cdata(text: str, mend: Callable[[str], str]) -> Iterator[str]:
    at = 0
    while (start := text.find(_CDATA, at)) >= 0:
        end = text.find(_CDATA_END, start)
        if end < 0:
            break
        yield mend(text[at:start])
        at = end + len(_CDATA_END)
        yield text[start:at]
    yield mend(text[at:])


def _letter(match: re.Match[str]) -> str:
    name = match["name"] or ""
    return html5.get(name) or match[0].replace("&", "&amp;", 1)


def _with_prefixes(text: str) -> str:
    root = root_at(text, 0)
    if root is None:
        return text
    declared = {*_DECLARED.findall(text[root.start() : text.find(">", root.end())]), "xml", "xmlns"}
    used = {(match["tag"] or match["name"]) for match in _PREFIX.finditer(text)}
    head = text[: root.start(1) - 1].replace("\ufeff", "")
    missing = sorted(used - declared)[:_MOST_PREFIXES]
    added = (f' xmlns:{name}="{_NAMESPACES.get(name, f"urn:{name}")}"' for name in missing)
    return f"{head}<{root[1]}{''.join(added)}{text[root.end() :]}"
