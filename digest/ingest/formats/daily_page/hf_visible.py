"""What a reader sees of a copied page: its lines, each with its level as a heading and its address.

Web clippers, reader services and browsers write links in many ways; all become the same lines.

    ### [Title](https://huggingface.co/papers/2611.00001)       Markdown, over several lines too
    [Title][32]  …  [32]: https://huggingface.co/papers/…       references, listed at the end
    [32]Title    …  32. https://huggingface.co/papers/…         those of text browsers
    Title (https://huggingface.co/papers/2611.00001)            an address behind the text
    Title ⏎ https://huggingface.co/papers/2611.00001            … or on the next line

Pictures, fences, rules, emphasis and marks that only escape are dropped. Time is linear in the
text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from .hf_cards import DOTS
from .hf_fragments import Fragment, link_fragments

_ADDRESS = r"https?://[^\s<>]{1,2000}"
_ADDRESS_LINE = re.compile(rf"[<(]?(?P<address>{_ADDRESS}?)[>)]?", re.IGNORECASE)
_DEFINITION = re.compile(
    rf"[ \t]*(?:\[(?P<name>[^\[\]\n]{{1,40}})\]:?|(?P<number>\d{{1,4}})[.:)])[ \t]*<?"
    rf"(?P<address>{_ADDRESS}?)>?(?:[ \t]+\"[^\"\n]{{0,300}}\")?[ \t]*",
    re.IGNORECASE,
)
_SITE = r"https?://(?:www\.)?huggingface\.co/"
# Only the site's own addresses: one of code at the end of an abstract is a part of it.
_BEHIND = re.compile(
    rf"[ \t]*(?:\((?P<in>{_SITE}[^\s()]{{0,300}})\)"
    rf"|<?(?P<bare>{_SITE}papers/[^\s<>()]{{1,300}})>?)$"
)
_OF_SITE = re.compile(rf"(?:{_SITE}|/|#$)", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"\s*---[ \t]*\n(?P<fields>(?:(?!---).*\n){1,60})---[ \t]*(?:\n|$)")
_QUOTE = re.compile(r"^[ \t]{0,3}(?:>[ \t]?){1,5}", re.MULTILINE)
_HEADING = re.compile(r"[ \t]*(?P<marks>#{1,6})[ \t]+")
_UNDERLINE = re.compile(r"={3,}|-{3,}")
_RULE = re.compile(r"(?:[-*_=] ?){3,}|(?:```|~~~)[\w -]{0,40}")
_MARKS = re.compile(r"(?:[-*+•][ \t]+)*(?:\[[-xX ]?\][ \t]*)?(?=\S)")
_TAG = re.compile(
    r"</?(?:a|b|br|center|details|div|em|h[1-6]|i|img|li|p|picture|source|span|strong|sub|summary"
    r"|sup|ul)\b[^<>]{0,1000}>",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"(\*\*|__|\*|_)(?=\S)(?P<text>.+)(?<=\S)\1")
_BRACKETED = re.compile(r"\[[^\[\]]{0,100}\]")
_LONGEST_SHORT = 150
_LONGEST_HEADING = 300


@dataclass(frozen=True, slots=True)
class Line:
    """A visible line without line ends; "" stands for blank lines.

    `level`: from 1 to 6 for a heading, else 0. `address`: where it leads, "#" if that is lost.
    """

    text: str
    address: str = ""
    level: int = 0


def visible_lines(text: str) -> list[Line]:
    """Return the lines of copied text, those of its front matter included."""
    front = _FRONT_MATTER.match(text)
    fields = front["fields"].split("\n") if front else []
    body, references = _take_references(_unquoted(text[front.end() :] if front else text))
    rows = _rows(link_fragments(_TAG.sub("", body), references))
    lines = [Line(_squeezed(field)) for field in fields]
    lines += _with_underlines(line for row in rows for line in _of_row(row))
    return _with_addresses_below(lines)


def _unquoted(text: str) -> str:
    """Return the text without the ">" before its lines, if it begins with one."""
    return _QUOTE.sub("", text) if text.lstrip().startswith(">") else text


def _take_references(text: str) -> tuple[str, dict[str, str]]:
    """Return the text without the list of its references, and their addresses by name."""
    kept: list[str] = []
    found: dict[str, str] = {}
    for line in text.split("\n"):
        may_define = len(line) <= 2_500 and "://" in line
        if may_define and (match := _DEFINITION.fullmatch(line)):
            found.setdefault(match["name"] or match["number"], match["address"])
        else:
            kept.append(line)
    return "\n".join(kept), found


def _rows(fragments: Iterable[Fragment]) -> Iterator[list[Fragment]]:
    """Yield what stands on each line of the source; a link may bring line ends of its own."""
    row: list[Fragment] = []
    for fragment in fragments:
        if fragment.address:
            row.append(fragment)
            continue
        first, *more = fragment.text.split("\n")
        row.append(Fragment(first))
        for text in more:
            yield row
            row = [Fragment(text)]
    yield row


def _of_row(row: list[Fragment]) -> Iterator[Line]:
    """Yield the lines that a row of Markdown shows."""
    words = "".join(fragment.text for fragment in row)
    if not words.strip():
        yield Line("")
    elif _RULE.fullmatch(words[:300].strip()):
        yield Line(words.strip() if _UNDERLINE.fullmatch(words.strip()) else "")
    elif heading := _HEADING.match(words):
        address = next((each.address for each in row if each.address), "")
        text = words[heading.end() :].strip().rstrip("#")
        yield _line(text, address, len(heading["marks"]))
    else:
        yield from lines_of_row(row)


def lines_of_row(row: Iterable[Fragment], level: int = 0) -> Iterator[Line]:
    """Yield a row's lines: one, or several if links stand beside other words in a short row."""
    row = list(row)
    if level:
        address = next((each.address for each in row if each.address), "")
        yield _line("".join(each.text for each in row), address, level)
        return
    is_short = sum(len(fragment.text) for fragment in row) <= _LONGEST_SHORT
    plain, address = "", ""
    for fragment in row:
        if not fragment.text:  # a reference's mark: before the words in a text browser, or behind
            if plain.strip():
                yield _line(plain, fragment.address)
                plain = ""
            else:
                address = fragment.address
        elif fragment.address and (is_short or _OF_SITE.match(fragment.address)):
            yield from _plain(plain, address)
            plain, address = "", ""
            yield from _linked(fragment)
        else:
            plain += fragment.text
    yield from _plain(plain, address)


def _plain(text: str, address: str) -> Iterator[Line]:
    """Yield the lines of text outside of links, "Name · Oct 4" as three."""
    parts = text.split(" · ") if len(text) <= _LONGEST_SHORT else [text]
    for number, part in enumerate(parts):
        if number:
            yield Line("·")
        words = part.strip()
        if words[:1] in DOTS and words[1:2] == " " and len(text) <= _LONGEST_SHORT:
            yield Line("·")
            words = words[1:]
        line = _line(words, address)
        if line.text in DOTS or line.text == "-" or any(map(str.isalnum, line.text)):
            yield line


def _linked(fragment: Fragment) -> Iterator[Line]:
    """Yield a link's paragraphs, its picture's description left out."""
    paragraphs = re.split(r"\n[ \t]*\n", fragment.text)
    for number, paragraph in enumerate(filter(str.strip, paragraphs)):
        if number:
            yield Line("")
        text = paragraph.strip()
        picture = _BRACKETED.match(text)
        if picture and (picture.end() == len(text) or "/papers/" not in fragment.address):
            text = text[picture.end() :]
        if text:
            yield _line(text, fragment.address)


def _line(text: str, address: str = "", level: int = 0) -> Line:
    """Return the line without marks at its start, emphasis and an address at its end."""
    text = _squeezed(text)
    if (marks := _MARKS.match(text)) and len(text) <= _LONGEST_SHORT:
        text = text[marks.end() :]
    behind = None if address else _BEHIND.search(text, max(1, len(text) - 400))
    if behind:
        text, address = text[: behind.start()], behind["in"] or behind["bare"]
    if found := _EMPHASIS.fullmatch(text[:_LONGEST_HEADING]):
        text = found["text"] + text[_LONGEST_HEADING:]
    if text.startswith("[") and "]" not in text:  # its link is broken
        text = text[1:].lstrip()
    return Line("" if _BRACKETED.fullmatch(text) else text, address, level)


def _with_underlines(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines, those underlined by === or --- as headings."""
    before: Line | None = None
    for line in lines:
        if _UNDERLINE.fullmatch(line.text):
            is_heading = before and 0 < len(before.text) <= _LONGEST_HEADING and not before.level
            if before:
                yield replace(before, level=1 + (line.text[0] == "-")) if is_heading else before
            before = Line("")
            continue
        if before:
            yield before
        before = line
    if before:
        yield before


def _with_addresses_below(lines: Iterable[Line]) -> list[Line]:
    """Return the lines, those that are nothing but an address as that of the line before."""
    found: list[Line] = []
    last = -1  # the place of the line that an address would belong to
    for line in lines:
        match = _ADDRESS_LINE.fullmatch(line.text) if "://" in line.text[:10] else None
        if match and not line.level:
            if last >= 0 and not found[last].address:
                found[last] = replace(found[last], address=match["address"])
            last = -1
            continue
        found.append(line)
        if line.text:
            last = len(found) - 1
    return found


def _squeezed(text: str) -> str:
    return " ".join(text.split())
