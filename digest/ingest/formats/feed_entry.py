"""Records from entries of feeds: the arXiv's, labelled summaries, and all others."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from . import arxiv_entry
from .ids import arxiv_id, doi
from .json_answers import objects_in, value_at
from .markup import plain_text
from .records import Record, Skipped
from .validation import LONGEST_TITLE, REPLACEMENT, excerpt, one_line, paragraphs, rejection

_ANNOUNCED = re.compile(
    r"\s*arXiv:\S+\s+Announce Type:\s*(?P<kind>[a-z-]+)\s*(?:Abstract:\s*)?", re.IGNORECASE
)
# Until 2024: “A title. (arXiv:2301.00001v1 [cs.AI] UPDATED)”.
_OLD_TITLE = re.compile(
    r"\.?\s*\((?P<name>arXiv:\S+)(?: \[[^\[\]]*\])?(?: (?P<kind>UPDATED|CROSS LISTED))?\)\s*\Z"
)
_OLD_KINDS = {"UPDATED": "replace", "CROSS LISTED": "cross"}
_LABELLED = re.compile(r"(?P<label>Authors|Upvotes|Summary|Abstract): *(?P<text>.*)", re.DOTALL)
_INITIALS = re.compile(r"(?:[^\W\d_]\.[ -]?)+")
_MOST_KEYWORDS = 50
_LONGEST_KEYWORD = 100
_LONGEST_ADDRESS = 2000


@dataclass(frozen=True, slots=True)
class _Text:
    """The texts of an entry, by what they are."""

    title: str
    abstract: str
    name: str = ""  # its arXiv id
    kind: str = ""  # new, cross, replace, replace-cross; empty: not announced by the arXiv
    authors: str = ""
    upvotes: int | None = None


def read_entry(entry: Mapping[str, object], as_of: date, *, damaged: bool) -> Record | Skipped:
    """Return the entry's record, or why it is left out.

    A replacement is left out, unless it withdraws the paper; `as_of` is the day of a withdrawal
    whose entry has no date. `damaged`: bytes of the feed were lost.
    """
    text = _text(entry)
    title, abstract = one_line(text.title), paragraphs(text.abstract)
    if reason := rejection(title, abstract, damaged=damaged):
        return Skipped(excerpt(title or abstract or "an entry without a text"), reason)
    published_on = _published_on(entry)
    is_withdrawn = bool(text.name) and arxiv_entry.says_withdrawn("", abstract)
    if text.kind.startswith("replace") and not is_withdrawn:
        return Skipped(excerpt(title), REPLACEMENT)
    terms = [term for tag in objects_in(entry.get("tags")) if (term := one_line(tag.get("term")))]
    return Record(
        title=title,
        abstract=abstract,
        authors=_authors(entry, text),
        # A cross-list is dated by its announcement, which may come years after the paper.
        published_on=published_on if text.kind in ("", "new") else None,
        url="" if text.name else _address(entry),
        arxiv_id=text.name,
        doi=next(filter(None, map(doi, _identifiers(entry))), ""),
        upvotes=text.upvotes,
        keywords=() if text.name else _keywords(terms),
        categories=arxiv_entry.arxiv_categories(terms) if text.name else (),
        withdrawn_on=(published_on or as_of) if is_withdrawn else None,
    )


def struct_time_day(moment: object) -> date | None:
    """Return the UTC day of a time tuple as feedparser gives it; None if there is none."""
    if not isinstance(moment, tuple) or not moment:
        return None
    try:
        return date(*moment[:3])
    except (ValueError, OverflowError):
        return None


def _text(entry: Mapping[str, object]) -> _Text:
    name = next(filter(None, map(arxiv_id, _identifiers(entry))), "")
    kind = one_line(entry.get("arxiv_announce_type")).lower()
    raw = entry.get("summary")
    if isinstance(raw, str) and (found := _ANNOUNCED.match(raw)):  # plain text, with a<b in it
        kind = kind or found["kind"].lower()
        return _Text(str(entry.get("title", "")), raw[found.end() :], name, kind)
    title, summary = one_line(_readable(entry, "title")), _summary(entry)
    if len(title) <= LONGEST_TITLE and (found := _OLD_TITLE.search(title)):
        kind = _OLD_KINDS.get(found["kind"] or "", "new")
        return _Text(title[: found.start()], summary, arxiv_id(found["name"]), kind)
    return _labelled(title, summary, name) or _Text(title, summary, name, kind)


def _labelled(title: str, summary: str, name: str) -> _Text | None:
    """Return the texts of a summary in labelled paragraphs, “Authors: …”, “Upvotes: …”, “Summary:
    …”.

    Returns None if the summary has no such label.
    """
    found: dict[str, str] = {}
    label = ""
    for part in paragraphs(summary).split("\n\n"):
        if match := _LABELLED.fullmatch(part):
            label = match["label"].replace("Summary", "Abstract")
            found[label] = match["text"]
        elif label == "Abstract":
            found[label] += f"\n\n{part}"
    if "Abstract" not in found:
        return None
    votes = found.get("Upvotes", "").strip()
    upvotes = int(votes) if re.fullmatch("[0-9]{1,7}", votes) else None
    return _Text(title, found["Abstract"], name, "", found.get("Authors", ""), upvotes)


def _summary(entry: Mapping[str, object]) -> str:
    summary = _readable(entry, "summary")
    if summary.strip():
        return summary
    content = next(iter(objects_in(entry.get("content"))), {})
    return _as_text(content.get("value"), content.get("type"))


def _readable(entry: Mapping[str, object], name: str) -> str:
    return _as_text(entry.get(name), value_at(entry, f"{name}_detail", "type"))


def _as_text(value: object, kind: object) -> str:
    if not isinstance(value, str):
        return ""
    return value if kind == "text/plain" else plain_text(value)


def _identifiers(entry: Mapping[str, object]) -> list[str]:
    found = (entry.get(key) for key in ("prism_doi", "dc_identifier", "id", "link"))
    return [text for text in found if isinstance(text, str)]


def _published_on(entry: Mapping[str, object]) -> date | None:
    names = (name for name in ("published_parsed", "updated_parsed") if name in entry)
    return next(filter(None, (struct_time_day(entry[name]) for name in names)), None)


def _address(entry: Mapping[str, object]) -> str:
    address = one_line(entry.get("link"))
    is_fit = len(address) <= _LONGEST_ADDRESS and " " not in address
    return address if is_fit and address.startswith(("https://", "http://")) else ""


def _keywords(terms: list[str]) -> tuple[str, ...]:
    fit = (term for term in terms if len(term) <= _LONGEST_KEYWORD)
    return tuple(dict.fromkeys(fit))[:_MOST_KEYWORDS]


def _authors(entry: Mapping[str, object], text: _Text) -> tuple[str, ...]:
    if text.authors:
        return arxiv_entry.split_authors(text.authors)
    found = list(filter(None, map(_name, objects_in(entry.get("authors")))))
    if len(found) != 1:
        return tuple(found)
    return arxiv_entry.split_authors(found[0]) if text.name else _split(found[0])


def _name(author: Mapping[str, object]) -> str:
    """Return the author's name, never an address: of a bare address feedparser makes a name of its
    tail.
    """
    written = author.get("name")
    name = one_line(plain_text(written)) if isinstance(written, str) else ""
    is_address = "@" in name or ("email" in author and " " not in name)
    return "" if is_address else name


def _split(line: str) -> tuple[str, ...]:
    """Return the authors in one line: “Smith, J., Doe, A.

    B.”, “Ann Smith, Bo Doe”, or a single name.
    """
    parts = [part.strip() for part in line.split(",")]
    lasts, firsts = parts[::2], parts[1::2]
    if len(lasts) == len(firsts) and all(map(_INITIALS.fullmatch, firsts)):
        return tuple(f"{first} {last}" for last, first in zip(lasts, firsts, strict=True))
    if all(" " in part for part in parts):
        return tuple(parts)
    return (line,)
