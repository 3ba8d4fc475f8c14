"""The name of a journal, out of what feeds, citations and services call it."""

import re

from ..validation import one_line
from .citations import read_citation

_LONGEST = 255
_BEFORE = re.compile(
    r"(?:sciencedirect publication|wiley|(?:table of )?contents (?:for|of)|latest"
    r" (?:results|articles) (?:for|from)"
    r"|current issue of|rss feed (?:for|of)|new articles? (?:in|from))\s?:?\s+",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s*[-–—:|,(]?\s*(?:new toc|(?:the )?table of contents|toc|current issue"
    r"|advance (?:access|articles?)|latest (?:results|articles|issue|content)|early ?view"
    r"|early access|online ?first|ahead of print"
    r"|articles? in press|in press|just accepted|accepted articles|forthcoming articles"
    r"|rss(?: feed)?|e-?first|first ?view|most recent articles|new articles|alert)\)?\s*\Z",
    re.IGNORECASE,
)
_MOST = 3
# Services write “bioRxiv : the preprint server for biology” where a journal's name stands.
_PREPRINT_SERVER = re.compile(
    r"(?:available at )?(?:arxiv|biorxiv|chemrxiv|medrxiv|psyarxiv|techrxiv|preprints|ssrn"
    r"|research square)\b",
    re.IGNORECASE,
)


def is_preprint_server(name: str) -> bool:
    """Return whether what stands for a journal is a preprint server."""
    return _PREPRINT_SERVER.match(name) is not None


def journal_name(text: str) -> str:
    """Return the journal's name in a feed's title or a citation; "" if nothing is left.

    “ScienceDirect Publication: River Letters” and “River Letters - new TOC” are River Letters.
    """
    name = one_line(text)
    if len(name) > _LONGEST:
        return ""
    if cited := read_citation(name):
        return cited.journal
    for _ in range(_MOST):
        name = _AFTER.sub("", _BEFORE.sub("", name, count=1) if _BEFORE.match(name) else name)
    return name.strip(" :-–—|")
