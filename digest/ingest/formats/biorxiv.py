"""Answers of the API of bioRxiv and medRxiv: JSON, https://api.biorxiv.org/details/biorxiv/help.

    {"messages": [{"status": "ok", "interval": "2026-11-19:2026-11-20", "cursor": 0, …}],
     "collection": [{"doi": "10.1101/…", "title": …, "version": "1", "date": "2026-11-20", …}]}

An entry is a version of a post. A day without posts has the status "no posts found" and an empty
collection.
"""

import re
from collections.abc import Mapping
from datetime import date

from .entries.arxiv_entry import says_withdrawn
from .entries.json_answers import (
    load_answer,
    objects_in,
    raise_for_error,
    storable_text,
    strip_markup,
    unique_names,
    valid_name,
    value_at,
)
from .fields.authors import split_authors
from .fields.dates import utc_day
from .fields.plausible_dates import first_plausible
from .identifiers.ids import doi
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .text.decoding import peek
from .validation import REPLACEMENT, build_page, excerpt, one_line, paragraphs, title_rejection

NAME = "biorxiv"
_BEGIN = re.compile(r'\s*\{\s*"(?:messages|collection)"\s*:\s*\[')
_PARTS = (re.compile(r'"collection"\s*:\s*\['), re.compile(r'"messages"\s*:\s*\[|"jatsxml"\s*:'))
_FINE = re.compile(r"ok|(?:error:? )?no (?:posts|articles|papers) found", re.IGNORECASE)
_NOTHING = frozenset({"NA", "N/A"})
_WITHDREW = re.compile(
    r"\bauthors? (?:have |has )?(?:voluntarily |now )?withdr(?:awn|ew) (?:this|the|their|our) "
    r"(?:manuscript|preprint|paper|article|work|study|submission)\b",
    re.IGNORECASE,
)
_CURE = "Fetch the response again."


def looks_like(data: bytes) -> bool:
    """Return whether the bytes begin like such an answer, even one without posts."""
    start = peek(data)
    return bool(_BEGIN.match(start)) and all(part.search(start) for part in _PARTS)


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the posts of an answer; the page's day is `listed_on`, else that of the newest post.

    New versions of a post are left out, unless they withdraw it. Raises BadDump if the server
    answered with an error.
    """
    answer, damaged = load_answer(data)
    posts = _posts(answer)
    days = [day for post in objects_in(posts) if (day := utc_day(_said(post, "date")))]
    day = listed_on or first_plausible(sorted(days, reverse=True), received_on)
    results = [
        _read(post, number, day or received_on, damaged) for number, post in enumerate(posts, 1)
    ]
    return build_page(NAME, day, results, _CURE, damaged=damaged)


def _posts(answer: object) -> list[object]:
    posts = value_at(answer, "collection")
    if not isinstance(posts, list):
        raise_for_error(answer, "bioRxiv")
        raise NotThisFormat(
            "This JSON has no “collection”, where bioRxiv lists its posts. Use an address that "
            "starts with https://api.biorxiv.org/details/."
        )
    for message in objects_in(value_at(answer, "messages")) if not posts else ():
        status = one_line(message.get("status")) or "ok"
        if not _FINE.fullmatch(status.rstrip(".")):
            raise BadDump(
                f"bioRxiv sent “{excerpt(status)}” instead of papers. Fetch it again later."
            )
    return posts


def _read(post: object, number: int, as_of: date, damaged: bool) -> Record | Skipped:
    if not isinstance(post, Mapping):
        return Skipped(f"entry {number}", "it is not a post")
    title, abstract = one_line(_said(post, "title")), paragraphs(_said(post, "abstract"))
    identifier = doi(storable_text(post.get("doi")))
    reason = title_rejection(title, abstract, damaged=damaged)
    if reason or not identifier:
        entry = title or identifier or f"entry {number}"
        return Skipped(excerpt(entry), reason or "its DOI cannot be read")
    posted_on, is_first = utc_day(_said(post, "date")), _said(post, "version") in ("", "1")
    is_withdrawn = _is_withdrawn(post, abstract)
    if not (is_first or is_withdrawn):
        return Skipped(excerpt(title), REPLACEMENT)
    return Record(
        title=title,
        abstract=abstract,
        authors=split_authors(_said(post, "authors")),
        organization=valid_name(_said(post, "author_corresponding_institution")),
        # Of a later version only its own day is known.
        published_on=posted_on if is_first else None,
        doi=identifier,
        categories=unique_names([_said(post, "category")]),
        withdrawn_on=(posted_on or as_of) if is_withdrawn else None,
    )


def _said(post: Mapping[str, object], key: str) -> str:
    """Return the field's text; "NA" is empty, and versions were numbers at times."""
    value = post.get(key)
    said = (str(value) if isinstance(value, int) else strip_markup(value)).strip()
    return "" if said in _NOTHING else said


def _is_withdrawn(post: Mapping[str, object], abstract: str) -> bool:
    said = _said(post, "type").lower() in ("withdrawn", "withdrawal")
    return said or says_withdrawn("", abstract) or bool(_WITHDREW.search(one_line(abstract)))
