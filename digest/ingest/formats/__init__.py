"""Formats of dumps: bytes in, frozen records out; no Django, no files, no clock.

A module named in `_NAMES` is a format. Each has the same three names:

    NAME         the format's name, which is that of its module
    looks_like   data -> bool: whether the first 64 kB look like this format; may raise BadDump
    parse        data, received_on, listed_on -> Page (see records); raises BadDump with a sentence
                 that says what to do, NotThisFormat if the bytes are something else

The other modules are what formats share:

    records                     what parse() returns, and the errors it raises
    decoding                    bytes to text; peek() for looks_like()
    validation                  which entries are papers, and build_page(), the end of every parse()
    dates, plausible_dates      days as they are written, and which of them can be true
    ids                         arXiv ids and DOIs in any spelling
    json_text, json_answers     JSON values and their fields
    xml_tree, markup            the same for XML and HTML
    columns                     the columns of `csv` and `jsonl`
    arxiv_entry, oai_metadata, feed_entry, mail_text, hf_cards, hf_html_cards, hf_lines, hf_paper
                                parts of the format or family that begins their names

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

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from importlib import import_module
from types import ModuleType

from .records import BadDump, NotThisFormat, Page, ReaderFailed, Record, Skipped

__all__ = ["AUTO", "FORMATS", "BadDump", "NotThisFormat", "Page", "ReaderFailed", "Record",
           "Skipped", "detect", "load"]  # fmt: skip

AUTO = "auto"
# In the order in which detect() tries them.
_NAMES = (
    "hf_html",
    "arxiv_atom",
    "arxiv_oai",
    "arxiv_jsonl",
    "arxiv_mail",
    "pubmed",
    "biorxiv",
    "openalex",
    "semantic_scholar",
    "feed",
    "jsonl",
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
    from .plausible_dates import drop_implausible_dates

    parse: Parse = _module(name).parse

    def read(data: bytes, received_on: date, listed_on: date | None) -> Page:
        return drop_implausible_dates(parse(data, received_on, listed_on), received_on)

    return read


def _module(name: str) -> ModuleType:
    return import_module(f".{name}", __name__)


def load() -> None:
    """Import all formats, as before forking processes that share them."""
    for name in _NAMES:
        _module(name)


def detect(data: bytes) -> str:
    """Return the name of the first format that recognises these bytes.

    A reader that fails while looking counts as one that does not recognise them. If no format does,
    raises the first such failure (a BadDump; ReaderFailed if it was no BadDump), else
    NotThisFormat.
    """
    failures: list[BadDump] = []
    for name in _NAMES:
        try:
            if _module(name).looks_like(data):
                return name
        except BadDump as wrong:
            failures.append(wrong)
        # The exceptions of parsers for hostile bytes are no closed list.
        except Exception as wrong:
            failures.append(ReaderFailed(wrong))
    if failures:
        raise failures[0]
    raise NotThisFormat(
        "This is not a listing of papers as this program knows them: copy the whole page, from "
        "“Daily Papers” and its day down to the last paper, as plain text."
    )
