"""Queries of Google Scholar: https://scholar.google.com/intl/en/scholar/help.html."""

import re
from dataclasses import replace

from digest.matching.query.translation.boolean_parser import read_query
from digest.matching.query.translation.dialect import (
    FILTERS,
    FULL_TEXT,
    JOURNALS,
    Dialect,
    Rule,
    Special,
    left_out,
    levels,
)
from digest.matching.query.translation.nodes import Node, scoped
from digest.matching.query.translation.notes import Notes
from digest.matching.query.translation.years import between

_RULES = {
    "source": left_out(JOURNALS),
    "site": left_out(FILTERS),
    "filetype": left_out(FILTERS),
    "intext": Rule(note=FULL_TEXT),
}
_NAMES = "|".join(_RULES)
_PREFIX = re.compile(rf"(?i:({_NAMES})):(?=[^\s)])")
_RANGE = re.compile(r"((?:19|20)\d\d)\.\.((?:19|20)\d\d)?(?![^\s()])")
_AFTER = re.compile(r"(?i:after):((?:19|20)\d\d(?:-\d{1,2}){0,2})(?![^\s()])")
_BEFORE = re.compile(r"(?i:before):((?:19|20)\d\d(?:-\d{1,2}){0,2})(?![^\s()])")
_SPECIALS: tuple[Special, ...] = (
    (_RANGE, lambda found, notes: between(found[1], found[2] or "", found[0], notes)),
    (_AFTER, lambda found, notes: between(found[1], "", found[0], notes)),
    (_BEFORE, lambda found, notes: between("", found[1], found[0], notes)),
)
_ALL_IN = re.compile(r"\s*(?i:allin(title|text|author|anchor)):\s*")
_FIELDS = {"title": "title", "author": "author"}
_SIGNS = re.compile(
    rf"(?<![^\s(\"-])(?:(?i:{_NAMES}):[^\s)]|(?i:after|before):(?:19|20)\d\d"
    r"|(?:19|20)\d\d\.\.(?:(?:19|20)\d\d)?(?![^\s()]))"
)
DIALECT = Dialect(
    name="Google Scholar",
    precedence=levels("AND NOT", "OR"),
    operators=re.compile(r"(?:(?P<NOT>(?:AND\s+)?NOT)|(?P<AND>AND)|(?P<OR>OR|\|))(?![^\s()\"])"),
    prefixes=_PREFIX,
    rules=_RULES,
    specials=_SPECIALS,
    one_by_one=True,
)
_EACH_WORD = replace(DIALECT, is_phrase=False)


def is_scholar(text: str) -> bool:
    """Whether a query has a field or a range of years that only Google Scholar knows."""
    return _ALL_IN.match(text) is not None or _SIGNS.search(text) is not None


def read_scholar(text: str, notes: Notes) -> Node | None:
    """The parts of a query; all of it is in one field behind `allintitle:` and its like.

    Raises Untranslatable if the query is not written as Google Scholar wants it.
    """
    found = _ALL_IN.match(text)
    if not found:
        return read_query(text, DIALECT, notes)
    where = found[1].lower()
    if where not in _FIELDS:
        notes.say(FULL_TEXT, found[0].strip())
    return scoped(read_query(text[found.end() :], _EACH_WORD, notes), _FIELDS.get(where, ""))
