"""Lists of keywords: a text field split into keywords, and a subscriber's whole list."""

import re
from collections.abc import Iterable

from .keyword import Keyword, KeywordError
from .keyword_parser import MAX_KEYWORD_LENGTH, parse
from .translation.shortening import is_short, shortened

MAX_KEYWORDS = 100  # keywords of one list
_ADDRESS = re.compile(r"https?://[^\s\"“”]*[^\s\"“”,;]")
_SEPARATORS = ";，；、"  # wherever they are
_CONTINUES = re.compile(r"(?:AND|OR|ANDNOT)\s")
_IS_CONTINUED = re.compile(r"\s(?:AND|OR|NOT|ANDNOT)$")
_LONGEST_NAME = 80  # characters of `author:` and a family name
# A family name in an author's field, and what may be the given names behind its comma.
_FAMILY_NAME = re.compile(
    r"(?:^|(?<=[\s(-]))(?:(?i:author|au):|AU\s?=)\s?((?!AND\b|OR\b|NOT\b)[^\W\d_][^\s,:;()\"]*"
    r"(?:\s(?!AND\b|OR\b|NOT\b)[^\s,:;()\"]+){0,3})$"
)
_END = r"(?=\s*(?:$|[,;)]|\s(?:AND|OR|NOT|ANDNOT|-\S)))"
_GIVEN = r"[^\W\d_]+(?:[.'’-][^\W\d_]*)*"
_CAPITAL_NAMES = re.compile(
    rf"\s+(?=[^\W\d_])(?-i:(?![a-z]){_GIVEN})(?:\s+(?:(?![a-z]){_GIVEN}|van|von|de|der|del|da|la)){{0,2}}{_END}"
)
_SMALL_NAME = re.compile(
    rf"\s+(?:[^\W\d_]\.?(?:\s+[^\W\d_]\.?)+|{_GIVEN})(?:\s+(?:van|von|de|der|den|del|da|la))*{_END}"
)
# `author:Doe, John, Jr.`
_SUFFIX = re.compile(rf"\s*(?:[JS]r\.?|II|III|IV){_END}")
_NAME_BEFORE = re.compile(r"(?:^|(?<=[\s(-]))(?i:author|au):\s?[^:;()\"]+$")


def split_list(text: str) -> list[str]:
    """The keywords in a text field: one a line, also separated by semicolons and commas outside
    quotes, parentheses and addresses. Empty and repeated ones are dropped.

    A comma separates nothing if no blank follows it (`1,2-dichlorobenzene`), nor in a name
    (`author:Doe, John`). What begins with AND or OR belongs to what is before it, and what ends
    with an operator inside brackets to what is behind it. A query that is too long for one keyword
    becomes several that together mean the same, if all of it can be kept.
    """
    items = (item for line in text.splitlines() for item in _split_line(line))
    parts = (part for item in _continued(filter(None, items)) for part in _parts(item))
    return list(dict.fromkeys(parts))


def _continued(items: Iterable[str]) -> list[str]:
    """The items, those of a query of several lines in one."""
    found: list[str] = []
    for item in items:
        if found and (_CONTINUES.match(item) or _is_open(found[-1])):
            found[-1] = f"{found[-1]} {item}"
        else:
            found.append(item)
    return found


def _is_open(item: str) -> bool:
    """Whether an item ends with an operator inside brackets, as a line of a longer query."""
    return item.count("(") > item.count(")") and _IS_CONTINUED.search(item) is not None


def _parts(item: str) -> tuple[str, ...]:
    if is_short(item, MAX_KEYWORD_LENGTH):
        return (item,)
    try:
        found = shortened(item, MAX_KEYWORD_LENGTH)
    except KeywordError:  # said where the keyword is read
        return (item,)
    return found.keywords if found and not found.notes else (item,)


def _split_line(line: str) -> list[str]:
    """The items of a line; a quote or bracket that is never closed does not protect a comma."""
    items, start, at = [], 0, 0
    closing = _closings(line)
    while at < len(line):
        if line[at] in _SEPARATORS or (line[at] == "," and _separates(line, start, at)):
            items.append(line[start:at].strip().lstrip(",").strip())
            start = at + 1
        at = closing.get(at, at) + 1
    return [*items, line[start:].strip().lstrip(",").strip()]


def _separates(line: str, start: int, at: int) -> bool:
    """Whether the comma at a place ends the item that begins at `start`."""
    behind = line[at + 1 : at + 2]
    if behind.strip() and behind not in f",{_SEPARATORS}":
        return False
    before = line[max(start, at - _LONGEST_NAME) : at]
    if _SUFFIX.match(line, at + 1) and _NAME_BEFORE.search(before):
        return False
    name = _FAMILY_NAME.search(before)
    if not name:
        return True
    given = _CAPITAL_NAMES if name[1] != name[1].lower() else _SMALL_NAME
    return given.match(line, at + 1) is None


def _closings(line: str) -> dict[int, int]:
    """Position of an opening quote or bracket -> position of its closing one."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    at = 0
    for address in _ADDRESS.finditer(line):
        ends[address.start()] = address.end() - 1
    while at < len(line):
        if at in ends:
            at = ends[at]
        elif line[at] in '"“' and (end := _quote_end(line, at)) > at:
            ends[at] = at = end
        elif line[at] == "(":
            opened.append(at)
        elif line[at] == ")" and opened:
            ends[opened.pop()] = at
        at += 1
    return ends


def _quote_end(line: str, at: int) -> int:
    ends = [line.find(mark, at + 1) for mark in ('"', "”")]
    return min((end for end in ends if end > at), default=-1)


def parse_list(texts: Iterable[str], *, allow_empty: bool = False) -> tuple[Keyword, ...]:
    """Parse a subscriber's whole list; of keywords with equal meanings the first is kept.

    Raises KeywordError if a keyword cannot be used (the message names it), if there are more than
    100 and, unless `allow_empty`, if there is no keyword that papers should match.
    """
    found: dict[Keyword, Keyword] = {}
    for text in texts:
        if text.strip():
            keyword = _parse_named(text)
            found.setdefault(keyword, keyword)
    keywords = tuple(found)
    if len(keywords) > MAX_KEYWORDS:
        raise KeywordError(
            f"That’s {len(keywords)} keywords; the limit is {MAX_KEYWORDS}. Join some with OR, "
            "or remove some."
        )
    if not allow_empty and all(keyword.excludes for keyword in keywords):
        raise KeywordError(
            "These keywords only exclude papers. Add one that papers should match."
            if keywords
            else "There are no keywords. Enter at least one, such as diffusion models."
        )
    return keywords


def _parse_named(text: str) -> Keyword:
    try:
        return parse(text)
    except KeywordError as error:
        name = text.strip()
        name = name if len(name) <= 60 else f"{name[:60]}…"
        message = f"“{name}”: {error.message}"
        raise KeywordError(message, error.position, instead=error.instead) from None
