"""Papers as references in files for reference managers: BibTeX and RIS.

Both are lines of a few signs; what matters is the escaping, which the libraries that read them
(bibtexparser, rispy) leave to their callers. Tests read the files back with our own parsers.
"""

from dataclasses import dataclass
from datetime import date

from digest.matching.text.readable import readable


@dataclass(frozen=True, slots=True)
class Reference:
    """One paper. Texts may hold line ends and the mark-up of their source.

    `published_precision`: "day", "month", "season" or "year". `author_count`: how many there are,
    if more than `authors`.
    """

    title: str
    authors: tuple[str, ...] = ()
    author_count: int = 0
    journal: str = ""
    published_on: date | None = None
    published_precision: str = "day"
    doi: str = ""
    arxiv_id: str = ""
    categories: tuple[str, ...] = ()
    url: str = ""
    keywords: tuple[str, ...] = ()
    abstract: str = ""


def line(text: str) -> str:
    """Return the readable text on one line: LaTeX as Unicode, no line ends, no controls."""
    shown = readable(text).text
    if not shown.isprintable():
        shown = "".join(filter(_is_shown, shown))
    return " ".join(shown.split())


def _is_shown(sign: str) -> bool:
    return sign.isprintable() or sign.isspace()
