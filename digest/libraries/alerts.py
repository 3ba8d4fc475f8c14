"""Alerts of other services, pasted one a line, as keywords.

Google Scholar lists an alert as what it looks for and a kind: `"deep learning" - new results`,
`Jane Doe - new articles`. Other lines are queries, which `digest.matching.query` reads.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from digest.matching.query import MAX_KEYWORDS, KeywordError, parse, split_list

from .library import LeftOut

_SHOWN = 80  # characters of a line that is left out
_ALERT = re.compile(
    r"(?P<query>\S.*?)\s+[-–—]\s+(?:\d+\s+)?new\s+"
    r"(?P<kind>results?|articles?|citations?|related\s+(?:research|articles?))\s*",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d_][\w.'’-]*(?:\s+[^\W\d_][\w.'’-]*){1,5}")
_NO_NAME = frozenset({"AND", "OR", "NOT"})
_NOT_FOLLOWED = {
    "c": "new citations cannot be followed; add the topic or the author instead",
    "rel": "related research cannot be followed; add the topic or the author instead",
}


@dataclass(frozen=True, slots=True)
class Alerts:
    """The keywords of pasted lines, at most MAX_KEYWORDS, and the lines that have none.

    `instead`: those that take the place of a query which is too long, without what cannot be kept.
    """

    texts: tuple[str, ...]
    instead: frozenset[str] = frozenset()
    left_out: tuple[LeftOut, ...] = ()


def read_alerts(text: str) -> Alerts:
    """Return the keywords of the lines of a text, each of which can be used."""
    texts: dict[str, None] = {}
    instead: set[str] = set()
    left_out: list[LeftOut] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        for found in _keywords(line):
            if isinstance(found, LeftOut):
                left_out.append(found)
                continue
            usable, wrong = _usable(found)
            if wrong:
                left_out.append(wrong)
                instead.update(usable)
            for each in usable:
                if len(texts) < MAX_KEYWORDS or each in texts:
                    texts[each] = None
                else:
                    reason = f"only {MAX_KEYWORDS} are read at once"
                    left_out.append(LeftOut(_excerpt(each), reason))
    return Alerts(tuple(texts), frozenset(instead & texts.keys()), tuple(left_out))


def _usable(text: str) -> tuple[tuple[str, ...], LeftOut | None]:
    """Return the keyword itself, or those instead of it and why it cannot be used."""
    try:
        parse(text)
    except KeywordError as wrong:
        reason, offer, _ = wrong.message.partition(" Paste this instead:")
        said = f"{reason} What can be kept is offered above." if offer else reason
        return wrong.instead, LeftOut(_excerpt(text), said)
    return (text,), None


def _keywords(line: str) -> Iterator[str | LeftOut]:
    """Yield the keywords of a line, or why it has none."""
    alert = _ALERT.fullmatch(line)
    if alert is None:
        yield from split_list(line)
        return
    query, kind = alert["query"], alert["kind"].lower()
    for start, reason in _NOT_FOLLOWED.items():
        if kind.startswith(start):
            yield LeftOut(_excerpt(line), reason)
            return
    if kind.startswith("article") and _is_name(query):
        yield f'author:"{query}"'
    else:
        yield from split_list(query)


def _is_name(query: str) -> bool:
    return bool(_NAME.fullmatch(query)) and _NO_NAME.isdisjoint(query.split())


def _excerpt(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
