"""Identifiers of papers: arXiv ids and DOIs, in any spelling.

The arXiv's rules: https://info.arxiv.org/help/arxiv_identifier.html. Since April 2007 an id is
YYMM.NNNN, with five digits after the point since January 2015; before, it was archive/YYMMNNN,
the archive with or without a subject class. A version is no part of it.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from .doi_addresses import ADDRESS, DOI, doi_in_address, without_version
from .doi_kinds import kind_of

_ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas"
    "|cond-mat|cs|dg-ga|funct-an|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math-ph|math|mtrl-th|nlin"
    "|nucl-ex|nucl-th|patt-sol|physics|plasm-ph|q-alg|q-bio|quant-ph|solv-int|supr-con"
)
_MONTH = r"\d\d(?:0[1-9]|1[0-2])"
_ID = (
    rf"(?:(?P<new>(?P<yymm>{_MONTH})\.\d{{4,5}})"
    rf"|(?P<archive>{_ARCHIVES})(?:\.[a-z-]{{2,9}})?/(?P<old>{_MONTH}\d{{3}}))"
    r"(?:v\d{1,3})?(?!\d)"
)
_BARE = re.compile(rf"(?:oai:)?(?:arxiv(?:\.org)?\s?[:.]\s?)?{_ID}(?:\.pdf)?", re.I | re.ASCII)
# What stands before an id inside of other text: enough to know that it is none but the arXiv's.
_NAMED = re.compile(
    r"(?:(?<![a-z0-9])(?:arxiv(?:\.org)?|oai:arxiv\.org)\s?:\s?"
    r"|(?:arxiv\.org|ar5iv\.org|alphaxiv\.org|xxx\.lanl\.gov)/[a-z-]{2,8}/"
    r"|(?:huggingface|hf)\.co/papers/"
    rf"|10\.48550/arxiv\.){_ID}",
    re.I | re.ASCII,
)
_SECOND = re.compile(r"https?://.*", re.S)  # an address that follows without a blank
_ARXIV_DOI = "10.48550/arxiv."
_PAIRS = (("(", ")"), ("[", "]"), ("<", ">"), ("{", "}"))
# Both are longer than any real one; the columns that hold them end here.
_LONGEST_TEXT = 2_000
_LONGEST_DOI = 255


def arxiv_id(text: str) -> str:
    """Return the arXiv id in this text, in its canonical spelling without a version; "" if there is
    none.

    The text is an id and nothing else, or holds one that is named as such (arXiv:…, a page's
    address, an arXiv DOI). `math.GT/0309136v2` becomes `math/0309136`.
    """
    text = text[:_LONGEST_TEXT].strip()
    found = _BARE.fullmatch(text) or _NAMED.search(unquote(text))
    if found is None:
        return ""
    if found["old"]:
        return f"{found['archive'].lower()}/{found['old']}"
    return str(found["new"]) if _has_right_length(found["new"], found["yymm"]) else ""


def doi(text: str) -> str:
    """Return the first DOI in this text, in lower case, without a resolver's address; "" if there
    is none.

    Of a publisher's address it is the DOI that the page belongs to (see doi_addresses). A DOI that
    the arXiv assigns does not count: arxiv_id() reads it.
    """
    text = text[:_LONGEST_TEXT]
    done = 0
    for address in ADDRESS.finditer(text):
        own = doi_in_address(_without_what_follows(address[0]))
        if found := _bare_doi(text[done : address.start()]) or _named(own):
            return found
        done = address.end()
    return _bare_doi(text[done:])


def own_doi(texts: Iterable[str]) -> str:
    """Return the DOI of a record with these identifiers; "" if they name none.

    Where a repository gives its own DOI and the publisher's, the publisher's is taken.
    """
    found = list(filter(None, map(doi, texts)))
    return next((name for name in found if kind_of(name) == "journal"), next(iter(found), ""))


def _bare_doi(text: str) -> str:
    found = DOI.search(unquote(text))
    return _named(found[0]) if found else ""


def _named(name: str) -> str:
    """Return the DOI in lower case, "" if it is the arXiv's or too long."""
    name = _SECOND.sub("", name.lower())
    name = without_version(_without_what_follows(name))
    if name.startswith(_ARXIV_DOI) or name.endswith("/") or len(name) > _LONGEST_DOI:
        return ""
    return name


def _has_right_length(number: str, yymm: str) -> bool:
    # Years from 91 on would be those of the old scheme, which had no such ids.
    if not "0704" <= yymm <= "9012":
        return False
    return len(number) == (len("1412.0000") if yymm < "1501" else len("1501.00000"))


def _without_what_follows(name: str) -> str:
    """Return the DOI without the punctuation of the sentence around it."""
    while name:
        last = name[-1]
        opening = next((start for start, end in _PAIRS if end == last), "")
        if last in ".,;:'’" or (opening and name.count(opening) < name.count(last)):
            name = name[:-1]
        else:
            break
    return name
