r"""BibTeX and BibLaTeX, as reference managers, publishers and Google Scholar export them.

bibtexparser's splitter finds the entries; values are put together here, because its middleware
knows no `#` and LaTeX is made text by the same function as everywhere else. Time is linear in the
length of the file (10,000 entries: about 2 s), and so is what macros (@string) expand to.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from bibtexparser.model import (
    Block,
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    Entry,
    ParsingFailedBlock,
    String,
)
from bibtexparser.splitter import Splitter

from .entries.bibtex_values import BrokenValue, Macros, journal_of_macro, latex_text, split_names
from .entries.library_entry import LibraryEntry, beginning, check_count, library_page, to_record
from .fields.keywords import split_keywords
from .records import NotThisFormat, Page, Record, Skipped
from .text.decoding import decode, is_html
from .validation import excerpt, one_line

NAME = "bibtex"
_CURE = "Export it again as BibTeX."
_ENTRY = re.compile(
    r"^[ \t]*@(?!comment|preamble|string)[a-z]+[ \t]*[{(]\s*[^\s,=]*\s*,\s*[\w:-]+\s*=", re.I | re.M
)
_DEFINITIONS = re.compile(r"\s*@(?:comment|preamble|string)[ \t]*[{(]", re.IGNORECASE)
_BLOCK = re.compile(r"@\w*[ \t]*[{(]")
_ADDRESS = re.compile(r"https?://[^\s{}]+", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,2}", re.ASCII)
_NO_ARXIV = re.compile(r"(?!arxiv)\w", re.IGNORECASE)
_KEYWORDS = ("author_keywords", "keywords", "keyword", "mendeley-tags")
# It logs each block that it cannot read: here the page names them.
logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)


def looks_like(data: bytes) -> bool:
    """Return whether a line begins an entry (“@article{key, title =”), or all a definition."""
    text = beginning(data)
    if is_html(text):
        return False
    return _ENTRY.search(text) is not None or _DEFINITIONS.match(text) is not None


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of the entries, as backfill; the page's day is `listed_on`.

    A broken entry is left out and named. Raises NotThisFormat if there is no entry, BadDump if most
    are no papers, there are too many, or macros expand to far more than the file holds.
    """
    decoded = decode(data)
    check_count(sum(1 for _ in _BLOCK.finditer(decoded.text)))
    blocks = Splitter(decoded.text).split().blocks
    if not any(isinstance(block, Entry | ParsingFailedBlock) for block in blocks):
        raise NotThisFormat(f"There is no entry like “@article{{key, title = …}}”. {_CURE}")
    macros = Macros(len(decoded.text))
    results = _results(blocks, macros, decoded.damaged)
    return library_page(NAME, listed_on, results, _CURE, damaged=decoded.damaged)


def _results(blocks: Iterable[Block], macros: Macros, damaged: bool) -> Iterator[Record | Skipped]:
    for block in map(_sound, blocks):
        if isinstance(block, String):
            macros.define(block.key, block.value)
        elif isinstance(block, Entry):
            yield _read(block, macros, damaged)
        elif isinstance(block, ParsingFailedBlock):
            begin = one_line((block.raw or "")[:200])
            line = (block.start_line or 0) + 1
            yield Skipped(excerpt(begin), f"its braces or commas do not match (line {line:,})")


def _sound(block: Block) -> Block:
    """Return the block itself where only its key, or that of a field, is not the first."""
    if isinstance(block, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock):
        return block.ignore_error_block or block
    return block


def _read(entry: Entry, macros: Macros, damaged: bool) -> Record | Skipped:
    try:
        fields = _Fields(entry, macros)
        found = _entry(entry.entry_type, fields)
    except BrokenValue as wrong:
        return Skipped(excerpt(entry.key), str(wrong))
    return to_record(found, entry.key or f"line {(entry.start_line or 0) + 1:,}", damaged=damaged)


class _Fields:
    """The fields of an entry, each evaluated when it is asked for; names in lower case."""

    def __init__(self, entry: Entry, macros: Macros) -> None:
        self._macros = macros
        self._raw: Mapping[str, str] = {
            field.key.lower(): field.value for field in reversed(entry.fields)
        }

    def source(self, *names: str) -> str:
        """Return the LaTeX of the first of the fields that is not empty; "" if none is.

        Raises BrokenValue if it cannot be put together.
        """
        values = (self._macros.value(self._raw[name], name) for name in names if name in self._raw)
        return next(filter(str.strip, values), "")

    def text(self, *names: str) -> str:
        """Return the first of the fields that is not empty, as text."""
        return latex_text(self.source(*names))


def _entry(kind: str, fields: _Fields) -> LibraryEntry:
    authors, has_more = split_names(fields.source("author"))
    return LibraryEntry(
        title=": ".join(filter(None, (fields.text("title"), fields.text("subtitle")))),
        kind=kind,
        abstract=fields.text("abstract"),
        authors=authors,
        has_more_authors=has_more,
        organization=fields.text("school", "institution") if kind != "article" else "",
        journal=journal_of_macro(fields.text("journal", "journaltitle", "booktitle")),
        dates=_dates(fields),
        identifiers=[fields.text("doi"), _eprint(fields), fields.text("number", "howpublished")],
        addresses=_ADDRESS.findall(
            " ".join(latex_text(fields.source(name)) for name in ("url", "howpublished", "ee"))
        ),
        keywords=[word for name in _KEYWORDS for word in split_keywords(fields.text(name))],
        note=fields.text("note", "annote"),
    )


def _eprint(fields: _Fields) -> str:
    """Return the eprint if it is the arXiv's: biblatex names archives, others leave it out."""
    archive = fields.text("archiveprefix", "eprinttype")
    eprint = fields.text("eprint")
    return "" if _NO_ARXIV.match(archive) else (f"arXiv:{eprint}" if archive else eprint)


def _dates(fields: _Fields) -> list[str]:
    year, month, day = (fields.text(name) for name in ("year", "month", "day"))
    sign = "-" if _NUMBER.fullmatch(month) else " "
    return [fields.text("date"), sign.join(filter(None, (year, month, day))), year]
