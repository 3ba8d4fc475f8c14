"""Formats of dumps: bytes in, frozen values out; no Django, no files, no clock.

A new format is a module with NAME, looks_like() and parse(), and a line in `_MODULES`.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import wraps
from types import MappingProxyType, ModuleType

from . import (
    arxiv_atom,
    arxiv_jsonl,
    arxiv_mail,
    arxiv_oai,
    biorxiv,
    csv,
    feed,
    hf_html,
    hf_json,
    hf_text,
    jsonl,
    openalex,
    pubmed,
    semantic_scholar,
)
from .believable import with_believable_dates
from .page import BadDump, NotThisFormat, Page, ReaderFailed, Record, Skipped

__all__ = ["AUTO", "FORMATS", "BadDump", "NotThisFormat", "Page", "ReaderFailed", "Record",
           "Skipped", "detect"]  # fmt: skip

AUTO = "auto"
_MODULES: tuple[ModuleType, ...] = (
    hf_html,
    arxiv_atom,
    arxiv_oai,
    arxiv_jsonl,
    arxiv_mail,
    pubmed,
    biorxiv,
    openalex,
    semantic_scholar,
    feed,
    jsonl,
    hf_json,
    csv,
    hf_text,
)
Parse = Callable[[bytes, date, date | None], Page]


def _believable(parse: Parse) -> Parse:
    """The same, without the dates that cannot be true on the day of receipt."""

    @wraps(parse)
    def read(data: bytes, received_on: date, listed_on: date | None) -> Page:
        return with_believable_dates(parse(data, received_on, listed_on), received_on)

    return read


# Name -> parse(data, received_on, listed_on); it raises BadDump with a sentence.
FORMATS: Mapping[str, Parse] = MappingProxyType(
    {module.NAME: _believable(module.parse) for module in _MODULES}
)


def detect(data: bytes) -> str:
    """The name of the format of these bytes, by their content.

    A reader that fails at looking does not recognise them. Where no other does, its failure is
    raised (BadDump, of which ReaderFailed is one), and NotThisFormat where none failed.
    """
    failures: list[BadDump] = []
    for module in _MODULES:
        try:
            if module.looks_like(data):
                return str(module.NAME)
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
