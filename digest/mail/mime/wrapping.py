"""Plain text for people: lines of at most 76 columns, links left whole.

Why not textwrap with wcwidth: they give the same lines in three times the time, and textwrap alone
counts characters, not columns (figures in docs/adr/0007-rendering-caches.md).
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

WIDTH = 76  # columns
LINK_NUMBER = "\0"  # where a link's number comes; no text that is shown has it
_LINK_LINE = re.compile(r"\s*\[[0-9\0]{1,4}\] .*https?://\S+$")
_LINK = re.compile(r"https?://\S")
_CONTROLS = bytes({*range(2, 32), 127} - {*b"\t\n"})  # none is a byte of another character
# Characters of one column each: the length of such a text is its width.
_NARROW = re.compile(r"[ -~\xa0-\xac\xae-\u02ff\u03a3-\u03ff\u2010-\u2027\u2030-\u205e]*")
_INDENT = re.compile(r"\s*(?:\d{1,4}\. |[*>-] )?")


def display_width(text: str) -> int:
    """Return the columns that a text takes on a terminal: wide characters two, marks none."""
    if text.isascii() or _NARROW.fullmatch(text):
        return len(text)
    return sum(map(_char_width, text))


@lru_cache(maxsize=8192)
def _char_width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def number_links(text: str) -> str:
    """Replace each LINK_NUMBER of the text by a number, counted from 1."""
    first, *rest = text.split(LINK_NUMBER)
    return first + "".join(f"{number}{part}" for number, part in enumerate(rest, 1))


def tidy_text(text: str) -> str:
    """Return plain text in lines of 76 columns, without trailing blanks, repeated empty lines and
    control characters; placeholders (see quoted_printable.py) are kept.

    A line "-- " opens a signature and keeps its blank (RFC 3676 4.3).
    """
    printable = text.encode(errors="replace").translate(None, _CONTROLS).decode()
    lines = [line.rstrip() for line in printable.splitlines()]
    whole = wrap("\n".join(lines))
    while "\n\n\n" in whole:
        whole = whole.replace("\n\n\n", "\n\n")
    return whole.replace("\n--\n", "\n-- \n")


def wrap(text: str, width: int = WIDTH) -> str:
    """Break each line between words to at most `width` columns, with a hanging indent.

    Numbered links are left whole. A word longer than a line, as in scripts without spaces, is
    broken anywhere; links never are.
    """
    lines: list[str] = []
    for long in text.split("\n"):
        if len(long) <= width and long.isascii():
            lines.append(long)
        else:
            lines += _lines(long, width)
    return "\n".join(lines)


def _lines(line: str, width: int) -> Iterator[str]:
    if display_width(line) <= width or _LINK_LINE.match(line):
        yield line
        return
    found = _INDENT.match(line)
    first = found[0] if found else ""
    hang = " " * len(first)
    if _NARROW.fullmatch(line) and (plain := _narrow_lines(line, first, width)):
        yield from plain
        return
    current, used = first, len(first)
    for word in _words(line[len(first) :], width - len(hang)):
        wide = display_width(word)
        gap = " " if used > len(hang) else ""
        if gap and used + 1 + wide > width:
            yield current
            current, used, gap = hang, len(hang), ""
        current, used = f"{current}{gap}{word}", used + len(gap) + wide
    yield current


def _narrow_lines(line: str, first: str, width: int) -> list[str]:
    """Wrap a line of characters of one column each.

    Returns no lines if a word is longer than a line: only words that are not links may be broken.
    """
    if len(first) >= width:
        return []
    text = " ".join(line[len(first) :].split())
    found = _filling(width - len(first)).findall(text)
    if len(" ".join(found)) < len(text):
        return []
    hang = " " * len(first)
    return [f"{hang if at else first}{each}" for at, each in enumerate(found)]


@cache
def _filling(width: int) -> re.Pattern[str]:
    """A pattern for as many words as there is room for, with single blanks between them."""
    return re.compile(f"(.{{1,{width}}})(?: |$)")


def _words(text: str, width: int) -> Iterator[str]:
    for word in text.split():
        if display_width(word) <= width or _LINK.search(word):
            yield word
        else:
            yield from _broken(word, width)


def _broken(word: str, width: int) -> Iterator[str]:
    part, used = "", 0
    for char in word:
        if used + _char_width(char) > width:
            yield part
            part, used = "", 0
        part, used = part + char, used + _char_width(char)
    yield part
