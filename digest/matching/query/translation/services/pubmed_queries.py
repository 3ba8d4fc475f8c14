"""Queries of PubMed: https://pubmed.ncbi.nlm.nih.gov/help/#search-tags."""

import re

from digest.matching.query.translation.dialect import (
    ABSTRACT,
    AUTHOR,
    FILTERS,
    JOURNALS,
    LANGUAGES,
    NUMBERS,
    ORGANISATION,
    TEXT,
    TITLE,
    TOPIC,
    TYPES,
    YEARS,
    Dialect,
    Rule,
    Special,
    left_out,
    levels,
)
from digest.matching.query.translation.nodes import Node
from digest.matching.query.translation.notes import Notes
from digest.matching.query.translation.years import between

_PLACE = Rule(field="author", note="{}: any of the authors counts")
_RULES = {
    TEXT: "tiab|title/abstract|tw|text word|text words|all|all fields|ot|other term",
    TITLE: "ti|title",
    ABSTRACT: "ab|abstract",
    AUTHOR: "au|author|fau|full author name|ir|fir|investigator|full investigator name",
    _PLACE: "1au|first author|first author name|author - first|lastau|last author|"
    "last author name|author - last",
    ORGANISATION: "ad|affiliation|aff|cn|corporate author|author - corporate",
    TOPIC: "mh|mesh|mesh terms|mesh term|mh:noexp|mesh:noexp|mesh terms:noexp|majr|"
    "mesh major topic|majr:noexp|sh|mesh subheading|subheading|nm|supplementary concept|"
    "substance name|pa|pharmacological action|rn|ec/rn number|ps|personal name as subject",
    YEARS: "dp|date - publication|publication date|pdat|ppdat|epdat|edat|date - entry|"
    "entry date|crdt|date - create|create date|mhda|date - mesh|lr|date - modification|"
    "dcom|date - completion",
    left_out(TYPES): "pt|ptyp|publication type",
    left_out(LANGUAGES): "la|lang|language",
    left_out(JOURNALS): "ta|jour|journal|jid|so|vi|volume|ip|issue|pg|pagination|publisher|isbn",
    left_out(NUMBERS): "pmid|uid|pmcid|aid|lid|doi|auid|article identifier|author - identifier",
    left_out(FILTERS): "sb|subset|filter|gr|grants and funding|grant number|si|"
    "secondary source id|cois|conflict of interest statements|pl|place of publication|owner|"
    "book|bo|ed|editor|tt|transliterated title",
}
TAGS = {tag: rule for rule, tags in _RULES.items() for tag in tags.split("|")}
_DATES = "|".join(map(re.escape, _RULES[YEARS].split("|")))
_DAY = r'"?(\d{4}(?:/\d{1,2}){0,2})"?'
_TAGGED = rf"\s*\[(?i:{_DATES})\]"
_RANGE = re.compile(rf"{_DAY}(?:{_TAGGED})?\s*:\s*{_DAY}{_TAGGED}")

_DATE = re.compile(rf"{_DAY}{_TAGGED}")
# Of words before a tag, these alone belong to it: "asthma review[pt]".
_TYPE = re.compile(
    r"\"?(?i:(?:systematic |scoping )?reviews?|meta-analysis|(?:randomized controlled |controlled |"
    r"clinical )?(?:clinical )?trial|case reports?|letter|editorial|comment|news|preprint|"
    r"(?:practice )?guideline|journal article|observational study|retracted publication)\"?"
    r"\s*\[(?i:pt|ptyp|publication type)\]"
)
_LANGUAGE = re.compile(r"\"?\w+\"?\s*\[(?i:la|lang|language)\]")


def _between(found: re.Match[str], notes: Notes) -> Node | None:
    return between(found[1], found[2], found[0], notes)


def _on(found: re.Match[str], notes: Notes) -> Node | None:
    return between(found[1], found[1], found[0], notes)


def _type(found: re.Match[str], notes: Notes) -> None:
    notes.left_out(found[0], TYPES)


def _language(found: re.Match[str], notes: Notes) -> None:
    notes.left_out(found[0], LANGUAGES)


_SPECIALS: tuple[Special, ...] = (
    (_RANGE, _between),
    (_DATE, _on),
    (_TYPE, _type),
    (_LANGUAGE, _language),
)
# A tag that our own language knows too, as it writes it.
_OURS = frozenset({"ti", "au", "ab", "tiab"})
_TAG = re.compile(r"\[([^\[\]]{1,60})\]")
_OR, _OTHER = re.compile(r"\bOR\b"), re.compile(r"\b(?:AND|NOT)\b")
DIALECT = Dialect(
    name="PubMed",
    precedence=levels("AND OR NOT"),
    operators=re.compile(
        r"(?:(?P<NOT>(?:AND\s+)?NOT|ANDNOT)|(?P<AND>AND)|(?P<OR>OR))(?![^\s()\"\[])"
    ),
    tags=TAGS,
    specials=_SPECIALS,
)


def is_pubmed(text: str) -> bool:
    """Whether a query has a tag of PubMed's.

    Tags that our language knows too count only with stars in quotes, or among ANDs and ORs, which
    PubMed reads from the left.
    """
    names = [" ".join(name.lower().split()) for name in _TAG.findall(text)]
    known = [name for name in names if name.partition(":~")[0] in TAGS]
    typed = _TAG.findall(text)
    is_mixed = _OR.search(text) is not None and _OTHER.search(text) is not None
    is_beyond_ours = is_mixed or '*"' in text or not _OURS.issuperset(typed)
    return bool(known) and is_beyond_ours
