"""Queries of arXiv: https://info.arxiv.org/help/api/user-manual.html#query_details."""

import re

from digest.matching.query.translation.dialect import (
    FILTERS,
    JOURNALS,
    NUMBERS,
    TEXT,
    Dialect,
    Special,
    left_out,
    levels,
)
from digest.matching.query.translation.nodes import Node
from digest.matching.query.translation.notes import Notes
from digest.matching.query.translation.years import between

_RULES = {
    "all": TEXT,
    "co": left_out("comments of authors can’t be searched"),
    "jr": left_out(JOURNALS),
    "rn": left_out(NUMBERS),
    "id": left_out(NUMBERS),
    "id_list": left_out(NUMBERS),
    "doi": left_out(NUMBERS),
    "acm_class": left_out(FILTERS),
    "msc_class": left_out(FILTERS),
}
_NAMES = "|".join(_RULES)
_PREFIX = re.compile(rf"({_NAMES}):(?=\s?[^\s)])")
_DATES = re.compile(
    r"(?:submittedDate|lastUpdatedDate|announcedDate):\s?\[\s*(\d{4,14}|\*)\s+TO\s+(\d{4,14}|\*)\s*\]"
)


def _between(found: re.Match[str], notes: Notes) -> Node | None:
    first, last = (re.sub(r"\D", "", each)[:8] for each in found.groups())
    return between(first, last, found[0], notes)


_SPECIALS: tuple[Special, ...] = ((_DATES, _between),)
_SIGNS = re.compile(
    rf"(?<![^\s(\"-])(?:(?:{_NAMES}):[^\s)]|(?:submittedDate|lastUpdatedDate):\s?\["
    r"|(?:cat|category):\S+\.\*)"
)
DIALECT = Dialect(
    name="arXiv",
    precedence=levels("OR", "AND NOT"),
    operators=re.compile(
        r"(?:(?P<NOT>ANDNOT|(?:AND\s+)?NOT)|(?P<AND>AND)|(?P<OR>OR))(?![^\s()\"])"
    ),
    prefixes=_PREFIX,
    rules=_RULES,
    specials=_SPECIALS,
)


def is_arxiv(text: str) -> bool:
    """Whether a query has a field of arXiv’s that our language does not know."""
    return _SIGNS.search(text) is not None
