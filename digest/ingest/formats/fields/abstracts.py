"""Which text of an entry is an abstract, and what its citation lines say of the paper.

Publishers put citations where a feed has its abstract: “Journal, Volume 8, Issue 2”, “Publication
date: … Source: … Author(s): …”, “Journal, EarlyView.”, “Journal, Published online: …; doi:…”. Such
lines are metadata; what is left is the abstract, or nothing.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..validation import LONGEST_ABSTRACT, one_line, paragraphs
from .citations import NO_CITATION, Citation, is_name, read_citation

_BOX = re.compile(
    r"(?:graphical |author )?abstract|summary|significance statement|zusammenfassung|r[ée]sum[ée]"
    r"|resumen|resumo|riassunto|摘\s?要|要旨|초록|аннотация",
    re.IGNORECASE,
)
_LABEL = re.compile(
    rf"(?:{_BOX.pattern})\s*(?:[:.—–]|-(?=\s))\s*|(?:Abstract|ABSTRACT)(?=[A-Z][a-z])",
    re.IGNORECASE,
)
_GLUED = re.compile(r"(?:Abstract|ABSTRACT|Summary)(?=[A-Z][a-z])")
_BOILERPLATE = re.compile(
    r"\W*(?:read (?:more|the full \w+|full (?:text|article))|continue reading\b.{0,300}"
    r"|(?:view )?full text|more|\(more\)|click here\b.{0,200}"
    r"|the post .{1,400} (?:appeared first|first appeared) on .{1,200}"
    r"|the content of this rss feed .{0,200}|to cite this article before page numbers"
    r" .{0,200}|graphical abstract|(?:copyright|©) .{0,200}|\[?(?:…|\.\.\.)\]?)\W*",
    re.IGNORECASE,
)
_CUT = re.compile(
    r"(?:…|\.\.\.|\[(?:…|\.{3}|&hellip;)\]|\b(?:read more|continue reading|\(more\)))"
    r"[\s\])}»”\".→]*\Z",
    re.IGNORECASE,
)
_LONGEST_LINE = 2_000
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text without its citation lines, and what those say."""

    abstract: str = ""
    citation: Citation = NO_CITATION


def read_text(text: str, known: Iterable[str] = ()) -> ReadText:
    """Return the abstract in a text, its paragraphs kept, and what its citation lines say.

    A line that is one of the `known` texts, such as the title and the journal's name, or nothing
    but a label (“Abstract”) or a publisher's formula (“Read more”), is no abstract; nor is a text
    without letters, or a name that stands alone beside a citation: a journal's, “Research Article”.
    """
    others = {key for each in known if (key := _key(each))}
    kept: list[str] = []
    citation = NO_CITATION
    is_cited = False
    for line in text.split("\n"):
        words = one_line(line)
        if found := read_citation(words):
            citation, is_cited = citation.with_more(found), True
        elif len(words) > _LONGEST_LINE or not _is_no_text(words, others):
            kept.append(words)
    abstract = without_label(paragraphs("\n".join(kept)))
    if not any(map(str.isalpha, abstract)) or (is_cited and is_name(abstract)):
        abstract = ""
    return ReadText(abstract, citation)


def best_text(texts: Iterable[str], known: Iterable[str] = ()) -> ReadText:
    """Return the longest abstract in these texts that can be stored, and all citations' data."""
    known = tuple(known)
    found = [read_text(text, known) for text in texts if text.strip()]
    citation = NO_CITATION
    for each in found:
        citation = citation.with_more(each.citation)
    fitting = (each.abstract for each in found if len(each.abstract) <= LONGEST_ABSTRACT)
    abstract = max(fitting, key=len, default="")
    if not abstract:
        abstract = next((each.abstract for each in found if each.abstract), "")
    return replace(ReadText(citation=citation), abstract=abstract)


def without_label(abstract: str) -> str:
    """Return the abstract without “Abstract:” and the like at its beginning."""
    found = _LABEL.match(abstract) or _GLUED.match(abstract)
    return abstract[found.end() :] if found else abstract


def best_abstract(newest_first: Iterable[str]) -> str:
    """Return the abstract that a paper has, of those of its listings; "" if there is none.

    It is the newest that no other displaces: not the beginning of another, not shorter than half
    of another, and not visibly cut where another is whole. So teasers and truncated texts never
    displace an abstract, whichever came first.
    """
    texts = list(dict.fromkeys(filter(None, newest_first)))
    if len(texts) < 2:
        return texts[0] if texts else ""
    candidates = [(text, " ".join(_WORD.findall(text.casefold())), _is_cut(text)) for text in texts]
    whole = [each for each in candidates if not _is_displaced(each, candidates)]
    return (whole or [max(candidates, key=lambda each: (len(each[1]), each[0]))])[0][0]


_Candidate = tuple[str, str, bool]


def _is_displaced(one: _Candidate, others: Iterable[_Candidate]) -> bool:
    _, words, is_cut = one
    for _, theirs, theirs_is_cut in others:
        is_longer = len(theirs) > len(words)
        if is_longer and (theirs.startswith(words) or len(theirs) > 2 * len(words)):
            return True
        is_half = 2 * len(theirs) >= len(words)
        if is_cut and not theirs_is_cut and is_half and not words.startswith(theirs):
            return True
    return False


def _is_cut(text: str) -> bool:
    return _CUT.search(text[-40:]) is not None


def _is_no_text(line: str, others: set[str]) -> bool:
    return (
        _BOX.fullmatch(line.strip(" :.")) is not None
        or _BOILERPLATE.fullmatch(line) is not None
        or _key(line) in others
    )


def _key(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))
