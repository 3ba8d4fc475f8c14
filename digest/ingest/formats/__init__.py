"""Formats of dumps: bytes in, frozen values out; no Django, no files, no clock.

A new format is a module of its name with looks_like() and parse(), and a line in `_NAMES`.
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
# In the order in which they are asked whether bytes are theirs.
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
    """Name -> parse(data, received_on, listed_on), which raises BadDump with a sentence.

    A format's module, with the parsers it needs, is imported when it is first used: most commands
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
    """The format's parse(), without the dates that cannot be true on the day of receipt."""
    from .plausible_dates import drop_implausible_dates

    parse: Parse = _module(name).parse

    def read(data: bytes, received_on: date, listed_on: date | None) -> Page:
        return drop_implausible_dates(parse(data, received_on, listed_on), received_on)

    return read


def _module(name: str) -> ModuleType:
    return import_module(f".{name}", __name__)


def load() -> None:
    """Import all formats, such as before processes are forked that share them."""
    for name in _NAMES:
        _module(name)


def detect(data: bytes) -> str:
    """The name of the format of these bytes, by their content.

    A reader that fails at looking does not recognise them. Where no other does, its failure is
    raised (BadDump, of which ReaderFailed is one), and NotThisFormat where none failed.
    """
    failures: list[BadDump] = []
    for name in _NAMES:
        try:
            if _module(name).looks_like(data):
                return name
        except BadDump as wrong:
            failures.append(wrong)
        # What parsers raise over hostile bytes is no closed list.
        except Exception as wrong:
            failures.append(ReaderFailed(wrong))
    if failures:
        raise failures[0]
    raise NotThisFormat(
        "This is not a listing of papers as this program knows them: copy the whole page, from "
        "“Daily Papers” and its day down to the last paper, as plain text."
    )
