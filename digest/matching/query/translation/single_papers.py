"""Texts that name one paper: ids and DOIs, which are no keywords."""

import re

from digest.matching.query.keyword import KeywordError

_SECTION = r"[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?"
_ARXIV = re.compile(rf"(?:(?i:arxiv):\s*)?(?:\d{{4}}\.\d{{4,5}}|{_SECTION}/\d{{7}})(?:v\d+)?")
_DOI = re.compile(r"(?:(?i:doi)\s*[:=]\s*)?(10\.\d{4,9}/\S+)")
_PUBMED = re.compile(r"(?i:pmid|pubmed|pmcid)\s*[:=]?\s*(?:PMC)?\d{3,9}|PMC\d{4,9}")
_KINDS = {"arXiv id": _ARXIV, "DOI": _DOI, "PubMed id": _PUBMED}
_INSTEAD = (
    "A keyword finds new papers by their words, so it can’t name a single one. Enter a phrase from "
    "the title, or an author, such as author:Ada Lovelace. “Missed a paper?” in your preferences "
    "tells you whether this one was in a digest."
)


def refuse_single_paper(text: str) -> None:
    """Raise KeywordError if all of a text is the id of one paper."""
    for kind, pattern in _KINDS.items():
        if pattern.fullmatch(text):
            raise names_one_paper(f"This is the {kind} of a paper")


def names_one_paper(what: str) -> KeywordError:
    """The error for something that names one paper: `This is the DOI of a paper`."""
    return KeywordError(f"{what}. {_INSTEAD}", 0)
