"""Plain text for people: lines of at most 76 columns, links left whole."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

WIDTH = 76  # columns
LINK_NUMBER = "\0"  # where a link's number comes; no text that is shown has it
_LINK_LINE = re.compile(r"\s*\[[0-9\0]{1,4}\] .*https?://\S+$")
_LINK = re.compile(r"https?://\S")
_INDENT = re.compile(r"\s*(?:\d{1,4}\. |[*>-] )?")


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: wide characters two, joined marks none."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@lru_cache(maxsize=8192)
def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def numbered(text: str) -> str:
    """The text with its LINK_NUMBERs counted from 1."""
    first, *rest = text.split(LINK_NUMBER)
    return first + "".join(f"{number}{part}" for number, part in enumerate(rest, 1))


def wrapped(text: str, width: int = WIDTH) -> str:
    """Every line broken between words to at most `width` columns, hanging under its own start.

    A line that is a numbered link stays whole. A word that is longer, in a script without
    spaces, is broken anywhere; a link never is.
    """
    return "\n".join(line for long in text.split("\n") for line in _lines(long, width))


def _lines(line: str, width: int) -> Iterator[str]:
    if (line.isascii() and len(line) <= width) or columns(line) <= width or _LINK_LINE.match(line):
        yield line
        return
    found = _INDENT.match(line)
    first = found[0] if found else ""
    hang = " " * len(first)
    current, used = first, len(first)
    for word in _words(line[len(first) :], width - len(hang)):
        wide = columns(word)
        gap = " " if used > len(hang) else ""
        if gap and used + 1 + wide > width:
            yield current
            current, used, gap = hang, len(hang), ""
        current, used = f"{current}{gap}{word}", used + len(gap) + wide
    yield current


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
