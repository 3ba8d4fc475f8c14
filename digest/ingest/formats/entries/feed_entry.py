"""Records from entries of feeds: the arXiv's, labelled summaries, and all others."""

import re
from dataclasses import dataclass
from datetime import date

from ..fields.abstracts import ReadText, best_text
from ..fields.authors import split_authors
from ..fields.dates import published
from ..fields.journals import journal_name
from ..identifiers.ids import arxiv_id, doi, own_doi
from ..records import Record, Skipped
from ..validation import LONGEST_TITLE, REPLACEMENT, excerpt, one_line, paragraphs, title_rejection
from . import arxiv_entry
from .feed_items import FeedHead, FeedItem

_ANNOUNCED = re.compile(
    r"\s*arXiv:\S+\s+Announce Type:\s*(?P<kind>[a-z-]+)\s*(?:Abstract:\s*)?", re.IGNORECASE
)
# Until 2024: “A title. (arXiv:2301.00001v1 [cs.AI] UPDATED)”.
_OLD_TITLE = re.compile(
    r"\.?\s*\((?P<name>arXiv:\S+)(?: \[[^\[\]]*\])?(?: (?P<kind>UPDATED|CROSS LISTED))?\)\s*\Z"
)
_OLD_KINDS = {"UPDATED": "replace", "CROSS LISTED": "cross"}
# The state or section that publishers write before a title; not what is said of the paper itself.
_SECTION = re.compile(
    r"\[(?:ASAP|early (?:access|view)|in press|just accepted|online first"
    r"|(?:(?:original|research|review) )?articles?|(?:research )?(?:reports?|letters?))\]\s+(?=\S)",
    re.IGNORECASE,
)
_LABELLED = re.compile(r"(?P<label>Authors|Upvotes|Summary|Abstract): *(?P<text>.*)", re.DOTALL)
_MOST_KEYWORDS = 50
_LONGEST_KEYWORD = 100


@dataclass(frozen=True, slots=True)
class _Text:
    """The texts of an entry, by what they are."""

    title: str
    read: ReadText
    name: str = ""  # its arXiv id
    kind: str = ""  # new, cross, replace, replace-cross; empty: not announced by the arXiv
    authors: str = ""
    upvotes: int | None = None


def read_entry(item: FeedItem, head: FeedHead, as_of: date, damaged: bool) -> Record | Skipped:
    """Return the entry's record, or why it is left out.

    A replacement is left out, unless it withdraws the paper; `as_of` is the day of a withdrawal
    whose entry has no date. `damaged`: bytes of the feed were lost.
    """
    text = _text(item, head)
    title, abstract = _SECTION.sub("", one_line(text.title), 1), paragraphs(text.read.abstract)
    if reason := title_rejection(title, abstract, damaged=damaged):
        return Skipped(excerpt(title or abstract or "an entry without a text"), reason)
    cited = text.read.citation
    dates = [found for each in item.dates if (found := published(each))]
    exact = (found for found in dates if found.precision == "day")
    day = next(exact, next(iter(dates), None)) or cited.published_on
    is_withdrawn = bool(text.name) and arxiv_entry.says_withdrawn("", abstract)
    if text.kind.startswith("replace") and not is_withdrawn:
        return Skipped(excerpt(title), REPLACEMENT)
    # A cross-list is dated by its announcement, which may come years after the paper.
    dated = day if day and text.kind in ("", "new") else None
    return Record(
        title=title,
        abstract=abstract,
        authors=_authors(item, text),
        journal="" if text.name else _journal(item, head, cited.journal),
        published_on=dated.day if dated else None,
        published_precision=dated.precision if dated else "day",
        url="" if text.name else item.link,
        arxiv_id=text.name,
        doi=own_doi(item.identifiers) or cited.doi or doi(item.source),
        upvotes=text.upvotes,
        keywords=() if text.name else _keywords(item.terms),
        categories=arxiv_entry.arxiv_categories(item.terms) if text.name else (),
        withdrawn_on=(day.day if day else as_of) if is_withdrawn else None,
    )


def _text(item: FeedItem, head: FeedHead) -> _Text:
    name = next(filter(None, map(arxiv_id, item.identifiers)), "")
    if found := _ANNOUNCED.match(item.raw):  # plain text, with a<b in it
        kind = item.announced or found["kind"].lower()
        return _Text(item.raw_title, ReadText(item.raw[found.end() :]), name, kind)
    title = item.title
    if len(title) <= LONGEST_TITLE and (found := _OLD_TITLE.search(title)):
        kind = _OLD_KINDS.get(found["kind"] or "", "new")
        read = ReadText(next(iter(item.texts), ""))
        return _Text(title[: found.start()], read, arxiv_id(found["name"]), kind)
    if labelled := _labelled(title, next(iter(item.texts), ""), name):
        return labelled
    known = (title, item.journal, journal_name(head.journal or head.title))
    return _Text(title, best_text(item.texts, known), name, item.announced)


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
    read = ReadText(found["Abstract"])
    return _Text(title, read, name, "", found.get("Authors", ""), upvotes)


def _journal(item: FeedItem, head: FeedHead, cited: str) -> str:
    names = (item.journal, head.journal, cited, journal_name(head.title))
    return next(filter(None, names), "")


def _keywords(terms: tuple[str, ...]) -> tuple[str, ...]:
    fit = (term for term in terms if len(term) <= _LONGEST_KEYWORD)
    return tuple(dict.fromkeys(fit))[:_MOST_KEYWORDS]


def _authors(item: FeedItem, text: _Text) -> tuple[str, ...]:
    if text.authors:
        return split_authors(text.authors, spoken_order=True)
    lines = item.authors or (text.read.citation.authors,)
    is_spoken = bool(text.name)
    return tuple(name for line in lines for name in split_authors(line, spoken_order=is_spoken))
