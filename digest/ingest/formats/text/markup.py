"""Mark-up to readable text, by one function for all formats, losing no word of it.

HTML, JATS, MathML and TeX inside JATS, as elements or escaped once or twice, come in titles and
abstracts of feeds, answers and exports alike. A parser of HTML would take the rest of `p<n and q`
for a tag; so only elements that exist are mark-up, and in text that is not known to be HTML only
where it is unmistakable: “R&D of <b> tags” stays, “<b>Tags</b> of R&amp;D” becomes text.
"""

import html
import re
from html.entities import html5
from xml.etree.ElementTree import Element

from .markup_writer import UNMISTAKABLE, MarkupWriter, kind_of
from .mojibake import repaired

_HIDDEN = re.compile(
    # Neither runs over another start, or a text of nothing but starts would take minutes.
    r"<!--(?:(?!<!--).)*?-->"
    r"|<(?P<name>script|style)\b[^<>]*>(?:(?!<(?P=name)\b).)*?</(?P=name)\s*>"
    r"|<!\[CDATA\[|\]\]>"
    # JATS repeats what the field is.
    r"|<(?:jats:)?title>\s{0,20}abstract[.:]?\s{0,20}</(?:jats:)?title>",
    re.DOTALL | re.IGNORECASE,
)
# Only what is written like attributes: `<b and c>` is no tag. No part matches in two ways.
_TAG = re.compile(
    r"<(?P<end>/?)(?:(?P<prefix>jats|mml|m|ce|sb|html|xhtml|nlm|tei|ns\d{1,3}):)?"
    r"(?P<name>[a-z][a-z\d-]*+)"
    r"""(?P<attributes>(?:\s++[\w:.-]++\s*+=\s*+(?:"[^"<]*+"|'[^'<]*+'|[^\s<>"']++))*+)\s*+"""
    r"(?P<empty>/?)>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# An entity that was escaped once more: inside a word, and no letter of mark-up.
_ESCAPED_LETTER = re.compile(
    r"(?<=\w)&(?!(?:lt|gt|amp|quot|apos);)(?:#x?[0-9a-f]{1,6}|[a-z]\w{1,31});"
    r"|&(?!(?:lt|gt|amp|quot|apos);)(?:#x?[0-9a-f]{1,6}|[a-z]\w{1,31});(?=\w)",
    re.IGNORECASE,
)
_ESCAPED_AND = re.compile(r"(?<=\w)&amp;(?=\w)|(?<=\w )&amp;(?= \w)")
_ESCAPED_END = re.compile(r"&lt;/[a-z]", re.IGNORECASE)
# What a tag stands against in a text, and not in a sentence about tags: “<b> and </b>”, “(</b>)”.
_BEFORE_AN_END = re.compile(r"[\w.,;:?!%)\]”’»…*+-]")
_VOID = frozenset({"br", "hr", "wbr", "img"})
# Soft hyphens, zero-width spaces and joiners of words, invisible operators of MathML; not the
# joiners that Persian words and emoji need, nor the spaces that part words in Thai and Khmer.
_INVISIBLE = re.compile(
    "[\u00ad\u2060-\u2064\ufeff]|(?<![\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])\u200b"
)
_MOST_LEVELS = 4
_LONGEST = 1_000_000


def plain_text(fragment: str, *, is_html: bool = True) -> str:
    """Return the fragment's text, blocks separated by blank lines, entities decoded.

    What was escaped once or twice more is decoded too if it clearly is mark-up; characters that
    were decoded wrongly are put right where that is certain (see mojibake). `is_html` False:
    the text may as well be plain, so tags count only where they clearly are some.
    """
    text = fragment[:_LONGEST]
    for level in range(_MOST_LEVELS):
        has_tags = "<" in text and ((is_html and level == 0) or _is_marked_up(text))
        has_entities = "&" in text and (level == 0 or has_tags or _is_escaped(text))
        if has_tags:
            text = _written(text)
        elif has_entities:
            text = _decoded(text)
        else:
            break
    return text if text.isascii() else _INVISIBLE.sub("", repaired(text))


def element_text(element: Element) -> str:
    """Return the text of an XML element, as plain_text() does of the element written out."""
    if not len(element):
        return plain_text(element.text or "", is_html=False)
    writer = MarkupWriter()
    writer.text(element.text or "")
    around: list[Element] = [element]
    children = [iter(element)]
    while children:
        child = next(children[-1], None)
        if child is not None:
            name = _local_name(child)
            writer.start(name, kind_of(name, "xml") or "inline")
            writer.text(child.text or "" if name else "")
            around.append(child)
            children.append(iter(child))
            continue
        children.pop()
        ended = around.pop()
        if children:
            name = _local_name(ended)
            writer.end(name, kind_of(name, "xml") or "inline")
            writer.text(ended.tail or "")
    return plain_text(writer.result(), is_html=False)


def _local_name(element: Element) -> str:
    """Return the element's name without its namespace; "" if it is a comment."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _written(text: str) -> str:
    writer = MarkupWriter()
    at = 0
    text = _HIDDEN.sub("", text)
    for tag in _TAG.finditer(text):
        name = tag["name"].lower()
        kind = kind_of(name, tag["prefix"] or "")
        is_end_of_tex = kind == "tex" and tag["end"]
        if kind is None or (writer.is_in_tex and not is_end_of_tex):
            continue
        writer.text(_decoded(text[at : tag.start()]))
        at = tag.end()
        if not tag["end"]:
            writer.start(name, kind, tag["attributes"])
        if tag["end"] or (tag["empty"] and kind != "break"):
            writer.end(name, kind)
    writer.text(_decoded(text[at:]))
    return writer.result()


def _decoded(text: str) -> str:
    return _ENTITY.sub(_letter, text) if "&" in text else text


def _letter(entity: re.Match[str]) -> str:
    written = entity[0]
    return html.unescape(written) if written[1] == "#" or written[1:] in html5 else written


def _is_escaped(text: str) -> bool:
    """Return whether decoded text holds entities that were meant to be decoded as well."""
    if _ESCAPED_LETTER.search(text) or _ESCAPED_AND.search(text):
        return True
    return _ESCAPED_END.search(text) is not None and _is_marked_up(_decoded(text))


def _is_marked_up(text: str) -> bool:
    """Return whether tags in the text are mark-up rather than what it is about.

    They are if one has a name that is nothing else, ends right behind a word, begins right before
    one and ends somewhere, or is a block around all of the text.
    """
    begun: set[str] = set()
    last = len(text.rstrip())
    for tag in _TAG.finditer(text):
        name = tag["name"].lower()
        kind = kind_of(name, tag["prefix"] or "")
        if kind is None:
            continue
        if tag["prefix"] or name in UNMISTAKABLE:
            return True
        before, after = text[tag.start() - 1 : tag.start()], text[tag.end() : tag.end() + 1]
        if tag["end"]:
            is_last = kind == "block" and tag.end() >= last
            if is_last or name in begun or _BEFORE_AN_END.match(before):
                return True
        elif name in _VOID:
            if before.isalnum() or after.isalnum() or before in (".", ",", ";"):
                return True
        elif after.isalnum():
            begun.add(name)
    return False
