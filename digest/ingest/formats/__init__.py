"""Formats of dumps: bytes in, frozen values out; no Django, no files, no clock.

A new format is a module with NAME, looks_like() and parse(), and a line in `_MODULES`.
"""

from collections.abc import Callable, Mapping
from datetime import date
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
from .page import BadDump, NotThisFormat, Page, Record, Skipped

__all__ = ["AUTO", "FORMATS", "BadDump", "NotThisFormat", "Page", "Record", "Skipped", "detect"]

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
# Name -> parse(data, received_on, listed_on); it raises BadDump with a sentence.
FORMATS: Mapping[str, Parse] = MappingProxyType({module.NAME: module.parse for module in _MODULES})


def detect(data: bytes) -> str:
    """The name of the format of these bytes, by their content; NotThisFormat: none fits."""
    for module in _MODULES:
        if module.looks_like(data):
            return str(module.NAME)
    raise NotThisFormat(
        "This is not a listing of papers as this program knows them: copy the whole page, from "
        "“Daily Papers” and its day down to the last paper, as plain text."
    )
