"""What the arXiv's formats share: an entry's fields, withdrawals and categories."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ..identifiers.ids import arxiv_id, doi
from ..records import Record, Skipped
from ..validation import excerpt, one_line, paragraphs, title_rejection

_CATEGORY = re.compile(r"[a-z]+(?:-[a-z]+)?(?:\.[A-Za-z]{2}|\.[a-z]+(?:-[a-z]+)?)?")
_IN_BRACKETS = re.compile(r"\(([a-z][a-z-]{1,12}(?:\.[A-Za-z-]{2,20})?)\)")
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
    reason = title_rejection(title, abstract, damaged=damaged)
    name = arxiv_id(entry.name)
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


def categories_in_brackets(subjects: str) -> list[str]:
    """Return the categories in a line of subjects, `Computation and Language (cs.CL); …`."""
    return _IN_BRACKETS.findall(subjects)
