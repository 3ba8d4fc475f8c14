"""Formats of dumps: bytes in, frozen records out; no Django, no files, no clock.

A module named in `_NAMES` is a format. Each has the same three names:

    NAME         the format's name, which is that of its module
    looks_like   data -> bool: whether the first 64 kB look like this format; may raise BadDump
    parse        data, received_on, listed_on -> Page (see records); raises BadDump with a sentence
                 that says what to do, NotThisFormat if the bytes are something else

A format whose files are large and cannot be cut into parts has another, which takes a file instead
of bytes and reads it entry by entry:

    parse_stream file, received_on, listed_on -> PageStream (see records)

What formats share is beside them:

    records       what parse() returns, and the errors it raises
    validation    which entries are papers, and build_page(), the end of every parse()
    text/         bytes to text (decoding; peek() for looks_like()), and XML, HTML, JSON, mails and
                  mark-up to what they hold
    fields/       authors, dates, abstracts, journals, keywords and titles, as they are written
    identifiers/  arXiv ids, DOIs, addresses
    entries/      what several formats of one family read an entry with: answers of servers, columns
                  of tables, exports of reference managers, the arXiv's entries, items of feeds
    daily_page/   the same for the daily page (hf_html, hf_json, hf_text)
    file_kinds/   what a file is that no format recognises

To add a format (CONTRIBUTING.md has a worked example, which a test carries out):

1. Put a sample into tests/fixtures/<name>/, invented and small. tests/ingest/formats/test_detect.py
   takes the folder's name for the format's and checks that no other format recognises the sample.
2. Write tests/ingest/formats/test_<name>.py: every field, each kind of refusal, and
   assert_survives() of damaged_bytes.py, which damages the sample in many ways.
3. Write digest/ingest/formats/<name>.py with NAME, looks_like() and parse(). The day of receipt is
   an argument. Read fields with the helpers above, skip an entry with a reason rather than fail,
   end with build_page().
4. Add the name to `_NAMES`, before the formats that would take the same bytes for theirs. Choices
   in the admin and in `manage.py ingest --format` follow from it.
5. Add a row to the README's table of formats.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import IO

from .records import (
    BadDump,
    NotStreamable,
    NotThisFormat,
    Page,
    PageStream,
    ReaderFailed,
    Record,
    Skipped,
)

__all__ = ["AUTO", "FORMATS", "BadDump", "NotStreamable", "NotThisFormat", "Page", "PageStream",
           "ReaderFailed", "Record", "Skipped", "detect", "load", "parse_stream"]  # fmt: skip

AUTO = "auto"
# In the order in which detect() tries them.
_NAMES = (
    "arxiv_html",
    "citation_page",
    "scholar_alert",
    "hf_html",
    "arxiv_atom",
    "arxiv_oai",
    "arxiv_jsonl",
    "arxiv_mail",
    "pubmed",
    "biorxiv",
    "openalex",
    "crossref",
    "europepmc",
    "dblp",
    "semantic_scholar",
    "ris",
    "nbib",
    "wos",
    "endnote",
    "bibtex",
    "csl_json",
    "zotero_rdf",
    "feed",
    "jsonl",
    "json_papers",
    "hf_json",
    "csv",
    "hf_text",
)
Parse = Callable[[bytes, date, date | None], Page]


class _Formats(Mapping[str, Parse]):
    """Maps a format's name to parse(data, received_on, listed_on), which raises BadDump.

    A format's module, with the libraries it needs, is imported when it is first used: most commands
    read no dump.
    """

    def __getitem__(self, name: str) -> Parse:
        if name not in _NAMES:
            raise KeyError(name)
        return _checked_parser(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


FORMATS: Mapping[str, Parse] = _Formats()


@cache
def _checked_parser(name: str) -> Parse:
    """Return the format's parse(), which drops dates that cannot be true on the day of receipt."""
    from .fields.plausible_dates import drop_implausible_dates

    parse: Parse = _module(name).parse

    def read(data: bytes, received_on: date, listed_on: date | None) -> Page:
        return drop_implausible_dates(parse(data, received_on, listed_on), received_on)

    return read


def parse_stream(
    name: str, file: IO[bytes], received_on: date, listed_on: date | None
) -> PageStream | None:
    """Return the file, read entry by entry as format `name`; None if that reads only whole files.

    The dates are as the file gives them: see plausible_dates.DateCheck.
    """
    parse = getattr(_module(name), "parse_stream", None)
    return None if parse is None else parse(file, received_on, listed_on)


def _module(name: str) -> ModuleType:
    return import_module(f".{name}", __name__)


def load(names: Iterable[str] | None = None) -> None:
    """Import formats, by default all, as before forking processes that share them."""
    for name in names or _NAMES:
        _module(name)


def detect(data: bytes, names: Iterable[str] | None = None) -> str:
    """Return the name of the first format, by default of all, that recognises these bytes.

    A reader that fails while looking counts as one that does not recognise them. If no format does,
    raises the first such failure (a BadDump; ReaderFailed if it was no BadDump), else
    NotThisFormat, which says what the file is.
    """
    failures: list[BadDump] = []
    for name in names or _NAMES:
        try:
            if _module(name).looks_like(data):
                return name
        except BadDump as wrong:
            failures.append(wrong)
        # The exceptions of parsers for hostile bytes are no closed list.
        except Exception as wrong:
            failures.append(ReaderFailed(wrong))
    if failures and not isinstance(failures[0], NotThisFormat):
        raise failures[0]
    from .file_kinds.describe_file import refusal

    raise NotThisFormat(refusal(data))
