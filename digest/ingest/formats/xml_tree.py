"""XML into a tree: no entity definitions, no external files, errors as sentences."""

import codecs
import re
from pyexpat.errors import XML_ERROR_NO_ELEMENTS, XML_ERROR_UNCLOSED_TOKEN, codes
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from .decoding import is_html, peek
from .records import BadDump, NotThisFormat

_PROLOGUE = re.compile(
    r"\s*(?:<\?[^>]*>|<!--.*?-->|<!DOCTYPE[^<>\[]*(?:\[[^\]]*\]\s*)?>)", re.DOTALL | re.IGNORECASE
)
_ROOT = re.compile(r"\s*<([A-Za-z_][\w:.-]*)")
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")
_CUT = {codes[XML_ERROR_NO_ELEMENTS], codes[XML_ERROR_UNCLOSED_TOKEN]}
_AGAIN = "Fetch it again, and whole."


def root_name(text: str) -> str:
    """Return the name of the first element, with its prefix; "" if the text is no XML."""
    at = 0
    while match := _PROLOGUE.match(text, at):
        at = match.end()
    found = _ROOT.match(text, at)
    return found[1] if found else ""


def read_tree(data: bytes, root: str) -> Element:
    """Return the root element, whose local name must be `root`.

    Raises NotThisFormat if the bytes are something else, BadDump if the XML is broken.
    """
    if not data.strip():
        raise BadDump("The file is empty: fetch it again.")
    text = peek(data)
    if root_name(text).rpartition(":")[2] != root:
        kind = "a web page (HTML)" if is_html(text) else "something else"
        raise NotThisFormat(
            f"The file should begin with <{root}>, but is {kind}: fetch the listing itself."
        )
    return _parsed(_as_declared(data))


def check_well_formed(text: str) -> None:
    """Raise BadDump if the text is no well-formed XML, whatever encoding it declares."""
    _parsed(text)


def _parsed(data: bytes | str) -> Element:
    try:
        element: Element = fromstring(data)
    except ParseError as wrong:
        raise BadDump(_sentence(wrong)) from None
    except ValueError:  # defusedxml's refusals, and encodings that expat does not know
        raise BadDump(
            "The XML defines entities of its own or names an unknown encoding, "
            f"which is not read. {_AGAIN}"
        ) from None
    except LookupError:
        raise BadDump(f"The XML names an unknown encoding. {_AGAIN}") from None
    return element


def _as_declared(data: bytes) -> bytes:
    """Return the bytes.

    UTF-16 with a mark as UTF-8, since its declaration often says UTF-8 anyway.
    """
    if not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data
    text = data.decode("utf-16", errors="replace")
    return _DECLARATION.sub("", text, count=1).encode(errors="replace")


def _sentence(wrong: ParseError) -> str:
    line, column = wrong.position
    if wrong.code in _CUT:
        return f"The XML is cut off at line {line:,}. {_AGAIN}"
    return f"The XML is damaged at line {line:,}, column {column + 1:,}. {_AGAIN}"
