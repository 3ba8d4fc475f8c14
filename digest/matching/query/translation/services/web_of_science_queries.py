"""Queries of the Web of Science: https://webofscience.zendesk.com/hc/en-us/articles/20016122409105."""

import re

from digest.matching.query.translation.dialect import (
    ABSTRACT,
    AUTHOR,
    FILTERS,
    FULL_TEXT,
    JOURNALS,
    KEYWORDS,
    LANGUAGES,
    NUMBERS,
    ORGANISATION,
    TEXT,
    TITLE,
    TYPES,
    YEARS,
    Dialect,
    Rule,
    left_out,
    levels,
)

_RULES = {
    TEXT: "TS",
    Rule(note=FULL_TEXT): "ALL",
    Rule(note=KEYWORDS): "AK KP",
    TITLE: "TI",
    ABSTRACT: "AB",
    AUTHOR: "AU GP",
    ORGANISATION: "AD OG OO SG",
    YEARS: "PY DOP FPY LD EDY",
    left_out(TYPES): "DT",
    left_out(LANGUAGES): "LA",
    left_out(JOURNALS): "SO IS CF ED PUBL SDBN",
    left_out(NUMBERS): "DO UT PMID AI",
    left_out(FILTERS): "WC SU FO FG FT CI CU PS ZP SA SILOID MH TA",
}
_TAGS = {name.lower(): rule for rule, names in _RULES.items() for name in names.split()}
_NAMES = "|".join(sorted(_TAGS, key=len, reverse=True)).upper()
_PREFIX = re.compile(rf"((?i:{_NAMES}))\s*={{1,2}}\s*(?=[^\s)=])")
# Without those that may be anybody's letters before an equals sign, such as AI.
_SIGNS = re.compile(
    r"(?<![\w=])(?:TS|TI|AB|AK|KP|ALL|AU|PY|SO|DT|LA|AD|OG|OO|DO|WC|SU|UT)\s*={1,2}\s*[^\s)=]"
)
DIALECT = Dialect(
    name="the Web of Science",
    precedence=levels("OR", "AND", "NOT", "NEAR"),
    operators=re.compile(
        r"(?i:(?P<NOT>(?:AND\s+)?NOT)|(?P<AND>AND|SAME)|(?P<OR>OR)"
        r"|(?P<NEAR>NEAR(?:/(?P<distance>\d{1,3}))?))(?![^\s()\"])"
    ),
    prefixes=_PREFIX,
    rules=_TAGS,
    is_phrase=False,
    wildcards="*?$",
)


def is_web_of_science(text: str) -> bool:
    """Whether a query has a field tag of the Web of Science, such as `TS=`."""
    return _SIGNS.search(text) is not None
