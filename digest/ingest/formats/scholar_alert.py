"""Alerts of Google Scholar: the mail as .eml, its HTML, or its text as it is forwarded.

    <h3>[PDF] <a class="gse_alrt_title" href="https://scholar.google.com/scholar_url?url=…">…</a></h3>
    <div>A One, B Two - Journal of Rivers, 2026</div><div class="gse_alrt_sni">We read …</div>

Other programs put something before the classes or drop them. All kinds of alert (new results, new
articles of an author, new citations, recommendations) and all languages have these three parts, so
neither the subject nor the sender is asked; a mail is not proof of who sent it. The snippet is kept
as it is: the ellipsis at its end marks a teaser, which any abstract displaces (see abstracts).
Links are unwrapped, never fetched.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from .entries.scholar_citation import read_byline, target_of
from .identifiers.ids import arxiv_id, doi
from .records import BadDump, NotThisFormat, Page, Record, Skipped
from .text.html_events import classes, read_html
from .text.mail_text import MailPart, peek_parts, read_parts
from .validation import build_page, excerpt, one_line, title_rejection

NAME = "scholar_alert"
_MARK = re.compile(r"gse_alrt_|scholar\.google\.[a-z.]{2,6}/|scholar_url", re.IGNORECASE)
_LINK = re.compile(r"[<(\[]?(?P<link>https?://[^\s<>]{0,200}?scholar_url[^\s<>]{1,4000})[>)\]]?")
_TAG = re.compile(r"<(?:h3|div|a)\s[^<>]{0,500}=", re.IGNORECASE)
_QUOTED = re.compile(r"(?:>[ \t]?)+")
_EMPHASIS = re.compile(r"\*(?=\S)([^*\n]{1,300})(?<=\S)\*")
# [PDF], [BOOK], [ZITATION], [引用], … before a title.
_KIND = re.compile(r"(?:\*?\[(?:[A-Z]{2,12}|[^\W\d_a-zA-Z]{1,12})\]\s*\*?\s*)+")
_MOST_ENTRIES = 1_000
_MOST_LINES = 8
_BLOCKS = frozenset({"div", "p", "td"})
_DASH = re.compile(r"\s[-–—]\s")
_CURE = "Save the complete e-mail again, unchanged."


@dataclass(slots=True)
class _Entry:
    """The parts of an entry as they are written."""

    link: str
    pieces: dict[str, list[str]] = field(default_factory=dict)

    def part(self, name: str) -> str:
        return one_line("".join(self.pieces.get(name, ())))


def looks_like(data: bytes) -> bool:
    """Return whether the first 64 kB are such a mail, or its text.

    Raises BadDump if the parts of a mail are nested too deep.
    """
    parts = peek_parts(data)
    return any(_MARK.search(part.text) for part in parts) and bool(_entries(parts))


def parse(data: bytes, received_on: date, listed_on: date | None = None) -> Page:
    """Return the papers of an alert; the page's day is `listed_on`, else that of the mail, if any.

    Raises BadDump if it lists no papers, NotThisFormat if it is no alert.
    """
    parts = read_parts(data)
    entries = _entries(parts)
    if not entries:
        if any(_MARK.search(part.text) for part in parts):
            raise BadDump(
                "This Google Scholar e-mail lists no papers. Submit one with new results."
            )
        raise NotThisFormat("This is not a Google Scholar alert. Save that e-mail as a file.")
    days = [part.day for part in parts if part.day]
    damaged = any(part.damaged for part in parts)
    results = [_read(entry, damaged) for entry in entries]
    day = listed_on or (days[-1] if days else None)
    return build_page(NAME, day, results, _CURE, damaged=damaged)


def _entries(parts: list[MailPart]) -> list[_Entry]:
    """Return the entries of the mail's HTML, or of its text where there is none."""
    found: list[_Entry] = []
    texts: list[str] = []
    for part in parts:
        if not (part.is_html or _TAG.search(part.text)):  # whatever its headers say
            texts.append(part.text)
        else:
            listener = _Listener()
            read_html(part.text, listener)
            found += [entry for entry in listener.entries if entry.part("title")]
    if not found:
        found = [entry for text in texts for entry in _text_entries(text)]
    return found[:_MOST_ENTRIES]


class _Listener:
    """The entries of an alert in HTML.

    Without classes, the first <div> behind a title is its byline and the second its snippet.
    """

    def __init__(self) -> None:
        self.entries: list[_Entry] = []
        self._field = ""
        self._in_heading = False
        self._has_classes = False
        self._filled: set[str] = set()  # fields of the last entry that have words

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        names = classes(attributes)
        if tag == "h3":
            self._in_heading, self._field = True, ""
        elif tag == "br":
            self.text(" ")
        elif tag == "a":
            self._start_link(attributes.get("href", ""), names)
        elif tag in _BLOCKS and self.entries:
            self._field = self._field_of_block(names)

    def end(self, tag: str) -> None:
        if tag == "h3":
            self._in_heading = False
        if tag in _BLOCKS or (tag == "a" and self._field == "title"):
            self._field = ""

    def text(self, text: str) -> None:
        if self._field:
            self.entries[-1].pieces.setdefault(self._field, []).append(text)
            if not text.isspace():
                self._filled.add(self._field)

    def _start_link(self, link: str, names: list[str]) -> None:
        is_marked = any(name.endswith("gse_alrt_title") for name in names)
        self._has_classes = self._has_classes or is_marked
        if is_marked or (self._in_heading and "scholar" in link):
            self.entries.append(_Entry(link))
            self._field, self._filled = "title", set()

    def _field_of_block(self, names: list[str]) -> str:
        if "byline" not in self._filled:
            return "byline"
        if "snippet" in self._filled:
            return ""
        is_marked = any(name.endswith("gse_alrt_sni") for name in names)
        return "snippet" if is_marked or not self._has_classes else ""


def _text_entries(text: str) -> Iterator[_Entry]:
    """Yield the entries of an alert as text: title, link in brackets, byline, snippet."""
    lines = [_QUOTED.sub("", line.strip(), count=1).strip() for line in text.split("\n")]
    used = 0
    for number, line in enumerate(lines):
        found = _LINK.search(line) if number >= used else None
        if found is None:
            continue
        title = _title_lines(lines, used, number, line[: found.start()])
        byline = next((at for at in range(number + 1, number + 4) if _is_text(lines, at)), None)
        if byline is None or not title or not _DASH.search(lines[byline]):
            continue
        end = byline + 1
        while _is_text(lines, end) and end - byline < _MOST_LINES and not _LINK.search(lines[end]):
            end += 1
        used = end
        snippet = " ".join(lines[byline + 1 : end])
        parts = {"title": title, "byline": lines[byline], "snippet": snippet}
        yield _Entry(
            found["link"],
            {name: [_EMPHASIS.sub(r"\1", words)] for name, words in parts.items() if words},
        )


def _title_lines(lines: list[str], first: int, number: int, start: str) -> str:
    """Return the text before the link on its line and on the lines above it."""
    above = number - 1
    if not start.strip():  # the link stands alone, perhaps behind a blank line
        while above >= first and not lines[above] and number - above <= 2:
            above -= 1
    begin = above + 1
    while begin > first and lines[begin - 1] and above + 1 - begin < _MOST_LINES:
        begin -= 1
    return one_line(" ".join([*lines[begin : above + 1], start]))


def _is_text(lines: list[str], at: int) -> bool:
    return at < len(lines) and bool(lines[at])


def _read(entry: _Entry, damaged: bool) -> Record | Skipped:
    title = entry.part("title")
    kind = _KIND.match(title)
    title = title[kind.end() :] if kind else title
    snippet = entry.part("snippet")
    if reason := title_rejection(title, snippet, damaged=damaged):
        return Skipped(excerpt(title), reason)
    byline = read_byline(entry.part("byline"))
    target = target_of(entry.link)
    identifier = arxiv_id(target) or byline.arxiv_id
    its_doi = doi(target)
    return Record(
        title=title,
        abstract=snippet,
        authors=byline.authors,
        journal=byline.journal,
        published_on=byline.published.day if byline.published else None,
        published_precision=byline.published.precision if byline.published else "day",
        url="" if identifier or its_doi else target,
        arxiv_id=identifier,
        doi=its_doi,
    )
