"""Papers of a copied page whose titles are headings or lead to the papers' pages.

On such a page a title needs no guessing. What belongs to a paper follows it: its abstract, then its
authors' count or an organisation, a day, and comments; its votes stand before or after it.

    101                                   votes, which lead to a log-in page
    Title                                 a heading, or the first line that leads to /papers/ID
    Abstract
    Lumen Institute                       leads to the organisation's page
    ·
    May 29                                on "trending" pages "Published on May 29, 2026"
    6                                     comments, which lead to /papers/ID#community
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import unquote

from ..fields.dates import WrittenDay, read_day
from ..fields.titles import is_navigation
from ..identifiers.ids import arxiv_id
from ..records import Record, Skipped
from ..validation import excerpt, title_rejection
from .hf_cards import AUTHORS, DOTS, read_number, starts_card
from .hf_paper import page_address
from .hf_visible import Line

_PAPER = re.compile(r"(?:https?://[\w.-]{1,80})?/papers/(?P<id>\d[\w.-]{3,30})/?(?:[?#].*)?")
_VOTES = re.compile(r".{0,100}/login\?next=/papers/(?P<id>\d[\w.-]{3,30})")
_MEMBER = re.compile(r"(?:https?://(?:www\.)?huggingface\.co)?/[\w.-]{1,96}/?")
_COUNT = re.compile(r"(?:upvote )?(?P<count>[\d.,]{1,12}k?|-)", re.IGNORECASE | re.ASCII)
_PUBLISHED = re.compile(r"published on ", re.IGNORECASE)
_ISO_DAY = re.compile(r"(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)", re.ASCII)
_BUTTON = re.compile(
    r"(?:link: ?)?(?:upvote|github(?: [\d.,]+k?)?|arxiv(?: page)?|project(?: page)?|view pdf|pdf)",
    re.IGNORECASE,
)
_LONGEST_NAME = 120
_MOST_LINES = 6  # of a day
_LONGEST_ABSTRACT = 25_000  # build_page() leaves out what is longer than papers have


@dataclass(slots=True)
class LinkedEntry:
    """A paper as the page shows it; `counts` are numbers that say not what they count."""

    title: str
    paper: str = ""
    abstract: str = ""
    author_count: int | None = None
    organization: str = ""
    day: WrittenDay | None = None
    upvotes: int | None = None
    comment_count: int | None = None
    code_url: str = ""
    has_meta: bool = False
    counts: list[str] = field(default_factory=list)

    @property
    def arxiv_id(self) -> str:
        """Return the arXiv id in the paper's address; "" if there is none."""
        return arxiv_id(self.paper)


def title_places(lines: Sequence[Line]) -> list[int]:
    """Return the indices of the titles; [] if neither headings nor addresses tell them.

    They are the headings that lead to papers, else the headings of the deepest level, else the
    first line of each run of lines that lead to the same paper.
    """
    linked = [at for at, line in enumerate(lines) if line.level and line.text and paper_of(line)]
    headings = [
        at
        for at, line in enumerate(lines)
        if line.level and line.text and not is_navigation(line.text)
    ]
    if linked:
        return linked
    deepest = max((lines[at].level for at in headings), default=0)
    deep = [at for at in headings if lines[at].level == deepest]
    runs = list(_first_of_runs(lines))
    return deep if deepest > 1 and len(deep) >= len(runs) else runs


def read_linked(lines: Sequence[Line], places: Sequence[int]) -> list[LinkedEntry]:
    """Return the entries whose titles stand at these places, each paper once."""
    if not places:
        return []
    votes = _votes(lines)
    found: list[LinkedEntry] = []
    waiting = _count_before(lines, places[0])
    for at, end in zip(places, [*places[1:], len(lines)], strict=True):
        entry = _Body(lines, at, end).entry
        if entry.upvotes is None:
            entry.upvotes = votes.get(entry.paper, waiting)
        waiting = _share_counts(entry, is_last=end == len(lines))
        found.append(entry)
    return _each_once(found)


def linked_record(entry: LinkedEntry, day: date | None, damaged: bool) -> Record | Skipped:
    """Return the entry's record on a page of that day, or why it is left out."""
    if reason := title_rejection(entry.title, entry.abstract, damaged=damaged):
        return Skipped(excerpt(entry.title), reason)
    if not (entry.abstract or entry.has_meta or entry.paper):
        return Skipped(excerpt(entry.title), "it has no abstract")
    written = entry.day
    return Record(
        title=entry.title,
        abstract=entry.abstract,
        author_count=entry.author_count,
        organization=entry.organization,
        published_on=written.within(day.year if day else None) if written else None,
        year_inferred=written is not None and written.year is None,
        url=page_address(entry.arxiv_id),
        arxiv_id=entry.arxiv_id,
        upvotes=entry.upvotes,
        comment_count=entry.comment_count,
        code_url=entry.code_url,
    )


def paper_of(line: Line) -> str:
    """Return the id of the paper that the line leads to; "" if it leads elsewhere."""
    match = _PAPER.fullmatch(line.address)
    return match["id"] if match and not _is_comments(line) else ""


def _is_comments(line: Line) -> bool:
    return line.address.endswith("#community")


def _first_of_runs(lines: Sequence[Line]) -> Iterator[int]:
    paper, title = "", ""
    for at, line in enumerate(lines):
        named = paper_of(line)
        if not named or not line.text or _COUNT.fullmatch(line.text) or _is_meta(line.text):
            continue
        if named != paper or line.text == title:
            paper, title = named, line.text
            yield at


def _is_meta(text: str) -> bool:
    return text in DOTS or bool(AUTHORS.fullmatch(text) or _BUTTON.fullmatch(text))


def _votes(lines: Sequence[Line]) -> Mapping[str, int | None]:
    """Return the votes by the ids of papers, from links that would cast one."""
    found: dict[str, int | None] = {}
    for line in lines:
        count = _COUNT.fullmatch(line.text) if "/login" in line.address else None
        if count and (match := _VOTES.fullmatch(unquote(line.address))):
            found[match["id"]] = read_number(count["count"])
    return found


def _count_before(lines: Sequence[Line], title: int) -> int | None:
    """Return the count that is the last line before a title."""
    last = next((line for line in reversed(lines[:title]) if line.text), None)
    match = _COUNT.fullmatch(last.text) if last else None
    return read_number(match["count"]) if match else None


def _share_counts(entry: LinkedEntry, *, is_last: bool) -> int | None:
    """Give the entry its comments from its counts.

    Return the next entry's votes: the last count, unless this entry is the page's last.
    """
    own = entry.counts if is_last else entry.counts[:-1]
    if own and entry.comment_count is None:
        entry.comment_count = read_number(own[0])
    return None if is_last or not entry.counts else read_number(entry.counts[-1])


class _Body:
    """Reads what stands from a title to the next one."""

    def __init__(self, lines: Sequence[Line], at: int, end: int) -> None:
        title = lines[at]
        self.entry = LinkedEntry(title.text, paper_of(title))
        self._lines = [
            replace(line, text=_PUBLISHED.sub("", line.text)) for line in lines[at + 1 : end]
        ]
        self._paragraphs: list[str] = []
        self._adjacent = False  # the line before was a part of the abstract
        self._awaits_votes = False
        start = self._end_title() if title.level else 0
        self._read(start)
        self.entry.abstract = "\n\n".join(self._paragraphs)

    def _end_title(self) -> int:
        """Add a heading's second line to the title; return the index after it."""
        texts = [line.text for line in self._lines[:3]]
        if len(texts) < 3 or not texts[0] or texts[1] or not texts[2]:
            return 0
        first, follows = self._lines[0], self._lines[2]
        if len(texts[0]) > _LONGEST_NAME or first.address or _is_count_or_meta(first.text):
            return 0
        if texts[0][-1] in ".:" or _is_count_or_meta(follows.text):
            return 0
        self.entry.title += f" {texts[0]}"
        return 1

    def _read(self, at: int) -> None:
        length = 0
        while at < len(self._lines):
            line = self._lines[at]
            at += 1
            if starts_card(line.text):
                return
            if not line.text or self._take_meta(line) or self._take_count(line):
                self._adjacent = False
            elif found := self._day(at - 1):
                self.entry.day, at = found
                self.entry.has_meta, self._adjacent = True, False
            elif not self.entry.has_meta and length <= _LONGEST_ABSTRACT:
                length += len(line.text)
                self._take_words(line)

    def _take_meta(self, line: Line) -> bool:
        """Take a line that can be no part of an abstract; return whether it is one."""
        entry = self.entry
        if match := AUTHORS.fullmatch(line.text):
            entry.author_count = read_number(match["count"])
        elif line.text in DOTS:
            self._take_organization()
        elif _BUTTON.fullmatch(line.text):
            self._awaits_votes = line.text.casefold() == "upvote"
            if "github.com/" in line.address:
                entry.code_url = line.address
        elif _MEMBER.fullmatch(line.address) and len(line.text) <= _LONGEST_NAME:
            entry.organization = entry.organization or line.text
        else:
            return False
        entry.has_meta = True
        return True

    def _take_count(self, line: Line) -> bool:
        match = _COUNT.fullmatch(line.text)
        if match is None:
            return False
        if _is_comments(line):
            self.entry.comment_count = read_number(match["count"])
        elif self._awaits_votes:
            self.entry.upvotes = read_number(match["count"])
        elif "/login" not in line.address:
            self.entry.counts.append(match["count"])
        self._awaits_votes = False
        return True

    def _take_organization(self) -> None:
        """Take the last paragraph for an organisation if it can be no abstract's."""
        if self.entry.has_meta or len(self._paragraphs) < 2:
            return
        last = self._paragraphs[-1]
        if len(last) <= _LONGEST_NAME and last[-1] not in ".:!?":
            self.entry.organization = self._paragraphs.pop()

    def _day(self, at: int) -> tuple[WrittenDay, int] | None:
        text = self._lines[at].text
        if match := _ISO_DAY.fullmatch(text):
            day = WrittenDay(int(match["month"]), int(match["day"]), int(match["year"]))
            return day, at + 1
        # On the next line stands another count: only a day that is not complete goes on there.
        if alone := read_day([text], 0):
            return alone[0], at + 1
        found = read_day([line.text for line in self._lines[at : at + _MOST_LINES]], 0)
        return (found[0], at + found[1]) if found else None

    def _take_words(self, line: Line) -> None:
        """Add a line to the abstract; one that follows without a blank line goes on with it."""
        if self._adjacent and not line.address:
            self._paragraphs[-1] += f" {line.text}"
        else:
            self._paragraphs.append(line.text)
        self._adjacent = not line.address


def _is_count_or_meta(text: str) -> bool:
    return bool(_COUNT.fullmatch(text)) or _is_meta(text)


def _each_once(entries: Sequence[LinkedEntry]) -> list[LinkedEntry]:
    """Return the entries without repetitions: a page may show each card for two screen widths."""
    found: dict[tuple[str, str], LinkedEntry] = {}
    for entry in entries:
        found.setdefault((entry.paper, entry.title), entry)
    return list(found.values())
