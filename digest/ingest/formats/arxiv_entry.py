"""What the arXiv's formats share: an entry's fields, its authors, withdrawals and categories."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from digest.matching.text.readable import readable

from .ids import arxiv_id, doi
from .records import Record, Skipped
from .validation import excerpt, one_line, paragraphs, rejection

_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)?(?:\.[A-Za-z]{2}|\.[a-z]+(?:-[a-z]+)?)?")
_IN_PARENTHESES = re.compile(r"\([^()]*\)")
_BETWEEN_NAMES = re.compile(r"[,;]|:\s|\s(?:and|&)\s|\s\\&\s")
_LEADING = re.compile(
    r"\A(?:and\s+)?(?:(?:(?:for|on behalf of)\s+)?(?:the\s+)?(?=.*Collaboration))?"
)
_AND_OTHERS = re.compile(r"\bet\.? al\.?$", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:Jr|Sr)\.?|I{2,3}|IV")
_DEEPEST = 5
_LONGEST_NAMES = 200_000
_KINDS = "paper|article|submission|manuscript|preprint|work|e-?print|note|draft|letter"
_WITHDRAWN = re.compile(
    # Said of itself, anywhere; or without a word of what, at the very start.
    rf"\bthis (?:{_KINDS}) (?:has been|is|was|has|had been)(?: \w+){{0,2}} withdrawn\b"
    rf"|^\W*(?:(?:the )?(?:{_KINDS}) )?(?:(?:has been|is|was) )?(?:temporarily |now )?withdrawn\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ArxivEntry:
    """One paper as a format finds it, before validation; texts have their line ends."""

    name: str  # its id, in any spelling
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    comment: str = ""
    doi: str = ""
    categories: tuple[str, ...] = ()
    published_on: date | None = None
    revised_on: date | None = None
    is_withdrawn: bool = False  # the format has a field for it


def entry_to_record(entry: ArxivEntry, as_of: date, *, damaged: bool = False) -> Record | Skipped:
    """Return the entry's record, or why it is left out.

    `as_of` is the day of a withdrawal that has no date; `damaged`: bytes of the page were lost.
    """
    title, abstract = one_line(entry.title), paragraphs(entry.abstract)
    name = arxiv_id(entry.name)
    reason = rejection(title, abstract, damaged=damaged)
    if reason or not name:
        return Skipped(excerpt(title or entry.name), reason or "its arXiv id cannot be read")
    is_withdrawn = entry.is_withdrawn or says_withdrawn(entry.comment, abstract)
    return Record(
        title=title,
        abstract=abstract,
        authors=tuple(filter(None, map(one_line, entry.authors))),
        published_on=entry.published_on,
        arxiv_id=name,
        doi=doi(entry.doi),
        categories=arxiv_categories(entry.categories),
        withdrawn_on=(entry.revised_on or entry.published_on or as_of) if is_withdrawn else None,
    )


def says_withdrawn(comment: str, abstract: str) -> bool:
    """Return whether the comment or abstract says that this very paper is withdrawn."""
    texts = (text for text in (comment, abstract) if "withdrawn" in text.lower())
    return any(_WITHDRAWN.search(one_line(text)) for text in texts)


def arxiv_categories(terms: Iterable[str]) -> tuple[str, ...]:
    """Return the terms that are arXiv categories, each once; ACM and AMS classes are left out."""
    return tuple(dict.fromkeys(term for term in terms if _CATEGORY.fullmatch(term)))


def split_authors(text: str) -> tuple[str, ...]:
    """Return the authors in a line of names, without affiliations, LaTeX accents made letters."""
    text = one_line(text[:_LONGEST_NAMES])
    for _ in range(_DEEPEST):
        text = _IN_PARENTHESES.sub(" ", text)
    found: list[str] = []
    for part in _BETWEEN_NAMES.split(text):
        name = latex_to_text(_AND_OTHERS.sub("", _LEADING.sub("", one_line(part), count=1)).strip())
        if found and _SUFFIX.fullmatch(name):
            found[-1] += f" {name}"
        elif name:
            found.append(name)
    return tuple(found)


def latex_to_text(name: str) -> str:
    r"""Return a name with its LaTeX as letters: `Erd\H{o}s` becomes Erdős."""
    return readable(name).text.strip() if "\\" in name or "{" in name else name
