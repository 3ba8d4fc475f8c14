"""Lists of keywords: a text field split into keywords, and a subscriber's whole list."""

from collections.abc import Iterable

from .keyword_parser import Keyword, KeywordError, parse

MAX_KEYWORDS = 100  # keywords of one list


def split_list(text: str) -> list[str]:
    """The keywords in a text field: one a line, also separated by commas and semicolons outside
    quotes and parentheses. Empty and repeated ones are dropped."""
    items = (item for line in text.splitlines() for item in _split_line(line))
    return list(dict.fromkeys(filter(None, items)))


def _split_line(line: str) -> list[str]:
    """The items of a line; a quote or bracket that is never closed does not protect a comma."""
    items, start, at = [], 0, 0
    closing = _closings(line)
    while at < len(line):
        if line[at] in ",;，；、":
            items.append(line[start:at].strip())
            start = at + 1
        at = closing.get(at, at) + 1
    return [*items, line[start:].strip()]


def _closings(line: str) -> dict[int, int]:
    """Position of an opening quote or bracket -> position of its closing one."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    at = 0
    while at < len(line):
        if line[at] in '"“' and (end := _quote_end(line, at)) > at:
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
            f"These are {len(keywords)} keywords; {MAX_KEYWORDS} are the most. "
            "Join some with OR, or drop some."
        )
    if not allow_empty and all(keyword.excludes for keyword in keywords):
        raise KeywordError(
            "The list only leaves papers out. Add a keyword that papers should match."
            if keywords
            else "There is no keyword. Write at least one, such as diffusion models."
        )
    return keywords


def _parse_named(text: str) -> Keyword:
    try:
        return parse(text)
    except KeywordError as error:
        name = text.strip()
        name = name if len(name) <= 60 else f"{name[:60]}…"
        raise KeywordError(f"“{name}”: {error.message}", error.position) from None
