"""XML into a tree: no entity definitions, no external files, errors as sentences.

What is not well-formed is mended (see xml_repair), and what is left out is named.
"""

import codecs
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pyexpat.errors import (
    XML_ERROR_JUNK_AFTER_DOC_ELEMENT,
    XML_ERROR_NO_ELEMENTS,
    XML_ERROR_UNCLOSED_CDATA_SECTION,
    XML_ERROR_UNCLOSED_TOKEN,
    codes,
)
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from ..records import BadDump, NotThisFormat, Page, Skipped
from ..validation import excerpt, one_line
from .decoding import Text, decode, is_html, peek
from .xml_repair import Region, entry_regions, mended, root_at, root_tag, start_of_xml

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_TITLE = re.compile(r"<(?:[\w.-]{1,40}:)?(?:title|ArticleTitle)\b[^<>]*>([^<>]{1,300})")
_CUT = {
    codes[XML_ERROR_NO_ELEMENTS],
    codes[XML_ERROR_UNCLOSED_TOKEN],
    codes[XML_ERROR_UNCLOSED_CDATA_SECTION],
}
_FOLLOWED = codes[XML_ERROR_JUNK_AFTER_DOC_ELEMENT]
_AGAIN = "Fetch all of it again."
REFUSED = (
    "The XML defines its own entities or names an unknown encoding, which is not supported. "
    f"{_AGAIN}"
)


@dataclass(frozen=True, slots=True)
class Tree:
    """XML that was read, and what was left out of it.

    `notes`: sentences for Page.notes; `skipped`: entries that could not be read; `is_damaged`:
    replacement characters may stand for what was lost.
    """

    root: Element
    notes: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    is_damaged: bool = False


def root_name(text: str) -> str:
    """Return the name of the first element, with its prefix; "" if the text is no XML."""
    found = root_at(text, start_of_xml(text))
    return found[1] if found else ""


def read_tree(data: bytes, root: str, entries: Sequence[str] = ()) -> Tree:
    """Return the tree, whose root must have the local name `root`.

    An element named in `entries` that is damaged is left out alone. Raises NotThisFormat if the
    bytes are something else, BadDump if the XML is broken otherwise.
    """
    if not data.strip():
        raise BadDump("The file is empty. Fetch it again.")
    text = peek(data)
    if root_name(text).rpartition(":")[2] != root:
        kind = "a web page (HTML)" if is_html(text) else "something else"
        raise NotThisFormat(
            f"The file should start with <{root}>, but is {kind}. Fetch the listing itself."
        )
    try:
        return Tree(_parsed(_as_declared(data)))
    except ParseError:
        return parse_text(decode(data), entries)


def parse_text(decoded: Text, entries: Sequence[str] = ()) -> Tree:
    """Return the tree of XML in a text, whatever encoding it declares; see read_tree()."""
    text = decoded.text[start_of_xml(decoded.text) :]
    try:
        return _without_tail(text, decoded.damaged)
    except ParseError:
        text = mended(text)
    damaged = decoded.damaged or "\ufffd" in text
    try:
        return _without_tail(text, damaged)
    except ParseError as wrong:
        if entries and wrong.code not in _CUT and (tree := _salvaged(text, entries, damaged)):
            return tree
        raise BadDump(sentence_of(wrong)) from None


def noted(page: Page, tree: Tree) -> Page:
    """Return the page with the tree's notes behind its own."""
    return replace(page, notes=(*page.notes, *tree.notes))


def _parsed(data: bytes | str) -> Element:
    try:
        element: Element = fromstring(data)
    except ParseError:
        raise
    except ValueError:  # defusedxml's refusals, and encodings that expat does not know
        raise BadDump(REFUSED) from None
    except LookupError:
        raise BadDump(f"The XML names an unknown encoding. {_AGAIN}") from None
    return element


def _without_tail(text: str, is_damaged: bool) -> Tree:
    """Return the tree; what follows the root element is left out with a note."""
    try:
        return Tree(_parsed(text), is_damaged=is_damaged)
    except ParseError as wrong:
        if wrong.code != _FOLLOWED:
            raise
        end = _index(text, *wrong.position)
    tail = excerpt(one_line(text[end : end + 400]))
    note = f"Text after the end of the XML was ignored: “{tail}”."
    return Tree(_parsed(text[:end]), (note,), is_damaged=is_damaged)


def _index(text: str, line: int, column: int) -> int:
    at = 0
    for _ in range(line - 1):
        at = text.find("\n", at) + 1
    return at + column


def _salvaged(text: str, names: Sequence[str], is_damaged: bool) -> Tree | None:
    """Return the tree without the entries that are damaged; None if the rest is damaged too."""
    head = root_tag(text)
    if not head or head.endswith("/>"):
        return None
    name = head[1:].split(maxsplit=1)[0].rstrip(">")
    kept, skipped, at = [], [], 0
    for region in entry_regions(text, names):
        kept.append(text[at : region.start])
        at = region.end
        piece = text[region.start : region.end]
        if _is_sound(region, f"{head}{piece}</{name}>"):
            kept.append(piece)
        elif not piece.startswith("</"):
            skipped.append(Skipped(_called(piece), "its XML is damaged"))
    try:
        tree = _without_tail("".join([*kept, text[at:]]), is_damaged)
    except ParseError:
        return None
    return Tree(tree.root, tree.notes, tuple(skipped), is_damaged)


def _is_sound(region: Region, document: str) -> bool:
    if not region.is_whole:
        return False
    try:
        fromstring(document)
    except (ParseError, ValueError, LookupError):
        return False
    return True


def _called(piece: str) -> str:
    found = _TITLE.search(piece)
    text = found[1] if found else piece[:400]
    return excerpt(one_line(html.unescape(text))) or "an entry"


def _as_declared(data: bytes) -> bytes:
    """Return the bytes.

    UTF-16 with a mark as UTF-8, since its declaration often says UTF-8 anyway.
    """
    if not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data
    text = data.decode("utf-16", errors="replace")
    return _DECLARATION.sub("", text, count=1).encode(errors="replace")


def sentence_of(wrong: ParseError) -> str:
    """Return what is wrong with the XML, and where."""
    line, column = wrong.position
    if wrong.code in _CUT:
        return f"The XML is cut off at line {line:,}. {_AGAIN}"
    return f"The XML is damaged at line {line:,}, column {column + 1:,}. {_AGAIN}"
