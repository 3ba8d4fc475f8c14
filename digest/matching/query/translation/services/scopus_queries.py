"""Queries of Scopus: https://service.elsevier.com/app/answers/detail/a_id/11365/."""

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
    Dialect,
    Rule,
    Special,
    left_out,
    levels,
)
from digest.matching.query.translation.nodes import Node
from digest.matching.query.translation.notes import Notes
from digest.matching.query.translation.years import between, from_years

_RULES = {
    TEXT: "TITLE-ABS-KEY TITLE-ABS TITLE-ABS-KEY-AUTH",
    Rule(note=FULL_TEXT): "ALL",
    Rule(note=KEYWORDS): "KEY AUTHKEY INDEXTERMS CHEMNAME TRADENAME TITLE-KEY",
    TITLE: "TITLE",
    ABSTRACT: "ABS",
    AUTHOR: "AUTH AUTHOR-NAME AUTHLASTNAME AUTHFIRST AUTHOR AUTHOR-NAMES AUTHCOLLAB",
    Rule(field="author", note="{}: any of the authors counts"): "FIRSTAUTH",
    ORGANISATION: "AFFIL AFFILORG AFFILCITY AFFILCOUNTRY",
    left_out(TYPES): "DOCTYPE SRCTYPE PUBSTAGE",
    left_out(LANGUAGES): "LANGUAGE",
    left_out(JOURNALS): "SRCTITLE EXACTSRCTITLE ISSN ISSNP EISSN CONF CONFNAME VOLUME ISSUE "
    "PUBLISHER ISBN EDITOR EDLASTNAME",
    left_out(NUMBERS): "AU-ID AF-ID DOI PMID EID ORCID CASREGNUMBER SRCID CONFSPONSORS",
    left_out(FILTERS): "LIMIT-TO EXCLUDE SUBJAREA SUBJTERMS OPENACCESS OA REF REFTITLE REFAUTH "
    "REFPUBYEAR REFSRCTITLE FUND-ALL FUND-SPONSOR FUND-ACR FUND-NO FUND-TEXT PUBDATETXT LOAD-DATE "
    "ORIG-LOAD-DATE WEBSITE SEQNUMBER SEQBANK EXACTKEYWORD",
}
_FUNCTIONS = {name.lower(): rule for rule, names in _RULES.items() for name in names.split()}
_NAMES = "|".join(sorted(_FUNCTIONS, key=len, reverse=True))
_YEAR = re.compile(r"(?i:PUBYEAR)\s*(?P<way>[<>]=?|=|(?i:AFT|BEF|IS)\b)\s*(?P<year>\d{4})(?!\d)")


def _years(found: re.Match[str], notes: Notes) -> Node | None:
    way, year, part = found["way"].lower(), int(found["year"]), found[0]
    match way:
        case ">" | "aft":
            return between(str(year + 1), "", part, notes)
        case ">=":
            return between(str(year), "", part, notes)
        case "<" | "<=" | "bef":
            return between("", str(year), part, notes)
        case _:
            return from_years(str(year), part, notes)


_SPECIALS: tuple[Special, ...] = ((_YEAR, _years),)
_PREFIX = re.compile(rf"(?i:({_NAMES}))\s*(?=\()")
# In capitals, or with a hyphen: "abs (x)" and "all(x)" may be anybody's words.
_SIGNS = re.compile(
    rf"(?<![\w-])(?:(?:{_NAMES.upper()})\s*\(|(?i:TITLE-ABS(?:-KEY)?|AUTHOR-NAME|LIMIT-TO)\s*\("
    rf"|PUBYEAR\s*[<>=AIB])"
)
DIALECT = Dialect(
    name="Scopus",
    precedence=levels("NOT", "AND", "OR", "NEAR BEFORE"),
    operators=re.compile(
        r"(?i:(?P<NOT>(?:AND\s+)?NOT)|(?P<AND>AND)|(?P<OR>OR)"
        r"|(?:(?P<NEAR>W)|(?P<BEFORE>PRE))/(?P<distance>\d{1,3}))(?![^\s()\"{])"
    ),
    prefixes=_PREFIX,
    rules=_FUNCTIONS,
    specials=_SPECIALS,
    is_phrase=False,
    one_by_one=True,
    loose_quotes=True,
    has_braces=True,
    wildcards="*?",
)


def is_scopus(text: str) -> bool:
    """Whether a query has a function of Scopus’s."""
    return _SIGNS.search(text) is not None
