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
# Characters that take one column each: they need not be looked at one by one.
_NARROW = re.compile(r"[ -~\xa0-\xac\xae-\u02ff\u03a3-\u03ff\u2010-\u2027\u2030-\u205e]*")
_INDENT = re.compile(r"\s*(?:\d{1,4}\. |[*>-] )?")


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: wide characters two, joined marks none."""
    if text.isascii() or _NARROW.fullmatch(text):
        return len(text)
    return sum(map(_columns, text))


@lru_cache(maxsize=8192)
def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def numbered(text: str) -> str:
    """The text with its LINK_NUMBERs counted from 1."""
    first, *rest = text.split(LINK_NUMBER)
    return first + "".join(f"{number}{part}" for number, part in enumerate(rest, 1))


def tidied(text: str) -> str:
    """Plain text in lines of 76 columns, without trailing blanks, runs of empty lines or
    control characters, but for LINK_NUMBER and PLACE. "-- " opens a signature (RFC 3676 4.3) and
    keeps its blank."""
    printable = text.encode(errors="replace").translate(None, _CONTROLS).decode()
    lines = [line.rstrip() for line in printable.splitlines()]
    whole = wrapped("\n".join(lines))
    while "\n\n\n" in whole:
        whole = whole.replace("\n\n\n", "\n\n")
    return whole.replace("\n--\n", "\n-- \n")


def wrapped(text: str, width: int = WIDTH) -> str:
    """Every line broken between words to at most `width` columns, hanging under its own start.

    A line that is a numbered link stays whole. A word that is longer, in a script without
    spaces, is broken anywhere; a link never is.
    """
    lines: list[str] = []
    for long in text.split("\n"):
        if len(long) <= width and long.isascii():
            lines.append(long)
        else:
            lines += _lines(long, width)
    return "\n".join(lines)


def _lines(line: str, width: int) -> Iterator[str]:
    if columns(line) <= width or _LINK_LINE.match(line):
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
        wide = columns(word)
        gap = " " if used > len(hang) else ""
        if gap and used + 1 + wide > width:
            yield current
            current, used, gap = hang, len(hang), ""
        current, used = f"{current}{gap}{word}", used + len(gap) + wide
    yield current


def _narrow_lines(line: str, first: str, width: int) -> list[str]:
    """The lines of one whose characters take a column each; none if a word is longer than a line,
    for some of those are broken and some are not."""
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
    """Words with single blanks between them, as many as there is room for."""
    return re.compile(f"(.{{1,{width}}})(?: |$)")


def _words(text: str, width: int) -> Iterator[str]:
    for word in text.split():
        if columns(word) <= width or _LINK.search(word):
            yield word
        else:
            yield from _broken(word, width)


def _broken(word: str, width: int) -> Iterator[str]:
    part, used = "", 0
    for char in word:
        if used + _columns(char) > width:
            yield part
            part, used = "", 0
        part, used = part + char, used + _columns(char)
    yield part
