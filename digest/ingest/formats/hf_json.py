"""Answers of the daily-papers API: a list of entries, or one paper's object (see hf_paper)."""

import re
from collections.abc import Mapping
from datetime import date

from .daily_page import hf_paper
from .records import BadDump, NotThisFormat, Page
from .text.decoding import decode, peek
from .text.json_text import CURE, load_json
from .validation import build_page, excerpt

NAME = "hf_json"
_ENTRY = re.compile(r'"paper"\s*:\s*\{|"dailyPapers"\s*:\s*\[|"upvotes"\s*:|"ai_keywords"\s*:')
# The first 64 kB of a paper with hundreds of authors may hold only those.
_AUTHOR = re.compile(r'"authors"\s*:\s*\[\s*\{\s*"_id"\s*:')
_EMPTY = re.compile(r"\s*\[\s*\]\s*")


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like such an answer, or are an empty list."""
    text = peek(data)
    if not text.lstrip().startswith(("[", "{")):
        return False
    if _EMPTY.fullmatch(text):
        return True
    return _ENTRY.search(text) is not None or _AUTHOR.search(text) is not None


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the listing in these bytes; `listed_on` overrides the day on which most entries were
    listed.

    An empty list is a page without papers. Raises BadDump if it is no listing, or a broken one.
    """
    decoded = decode(data)
    entries = entries_of(load_json(decoded.text))
    day = listed_on or hf_paper.listing_day(entries)
    results = hf_paper.read_entries(entries, damaged=decoded.damaged)
    return build_page(NAME, day, results, CURE, damaged=decoded.damaged)


def entries_of(value: object) -> list[object]:
    """Return the entries of an answer.

    Raises BadDump, with the server's words, if it is an error, and NotThisFormat if it has no
    entries.
    """
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping):
        if isinstance(value.get("dailyPapers"), list):
            return list(value["dailyPapers"])
        if isinstance(value.get("paper"), Mapping) or "title" in value:
            return [value]
        if "error" in value:
            said = excerpt(" ".join(str(value["error"]).split()))
            raise BadDump(f"The server sent an error instead of papers: “{said}”.")
    raise NotThisFormat("This JSON is neither a daily listing nor one of its papers.")
