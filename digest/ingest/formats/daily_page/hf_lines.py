"""Entries from lines of the daily-papers text: titles, abstracts, meta lines, header and footer."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..fields.dates import LONGEST_LINE, WrittenDay, read_day
from .hf_cards import DOTS, starts_card

# No real line comes near; cutting here keeps one hostile line from costing its whole length.
_LONGEST_LINE = 100_000
_LONGEST_HEADER = 60
_LONGEST_HEADER_LINE = 150
_LONGEST_TITLE = 250
_SHORTEST_ABSTRACT = 150
_LONGEST_ORGANIZATION = 120
_AUTHORS = re.compile(
    r"(?:[•·*-] ?)?(?P<count>\d{1,3}(?:,\d{3})|\d{1,6}) authors?", re.I | re.ASCII
)
_SLUG = re.compile(r"[\w.-]+")
_MARKS = frozenset(
    {"gettrendingpapersinyouremailinbox!", "dailypapers", "byakandtheresearchcommunity"}
)
_FOOTER = frozenset(
    ("previous", "next", "company", "©huggingface", "tos", "privacy", "about", "careers", "jobs",
     "website", "models", "datasets", "spaces", "pricing", "docs")
)  # fmt: skip
_SALUTATION = re.compile(
    r"(?:dear|hi|hello|hey|good (?:morning|afternoon|evening)|greetings|team|all|everyone)\b",
    re.IGNORECASE,
)
# A card is known by its first line, which follows the header soon.
_SOON = 40


@dataclass(frozen=True, slots=True)
class Header:
    """What stands above the first paper."""

    day: WrittenDay | None = None
    is_known: bool = False  # it holds words that this page always shows
    is_cards: bool = False  # the other layout of the site: cards without abstracts


@dataclass(frozen=True, slots=True)
class Meta:
    """The meta lines below an abstract, as far as they are there."""

    author_count: int | None = None
    organization: str = ""
    day: WrittenDay | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A title with what follows it."""

    title: str
    abstract: str = ""
    meta: Meta | None = None

    @property
    def is_whole(self) -> bool:
        """Return whether the abstract ends like a sentence or with a link."""
        *_, last = self.abstract.split(" ")
        return "/" in last or not (last[-1:].isalnum() or last[-1:] in (",", "-", ""))


def clean_lines(text: str) -> list[str]:
    """Return the lines with single spaces, without blank lines and footer at the end."""
    lines = [" ".join(line[:_LONGEST_LINE].split()) for line in text.split("\n")]
    while lines and (not lines[-1] or _plain(lines[-1]) in _FOOTER):
        lines.pop()
    return lines


def read_header(lines: Sequence[str]) -> tuple[Header, int]:
    """Return the header and the index of the line after it.

    Without a day above the papers, it ends at the last line that the page always shows.
    """
    known, after_known, seen = False, 0, 0
    for at, line in enumerate(lines):
        if not line:
            continue
        seen += 1
        if seen > _LONGEST_HEADER or len(line) > _LONGEST_HEADER_LINE or _is_meta(line):
            break
        if found := read_day(lines, at):
            day, after = found
            return Header(day, known, _cards_follow(lines, after)), after
        if _plain(line) in _MARKS:
            known, after_known = True, at + 1
    return Header(None, known, known and _cards_follow(lines, after_known)), after_known


def read_entries(lines: Sequence[str]) -> Iterator[Entry]:
    """Yield the entries in these lines, in their order."""
    blocks: list[list[str]] = []
    at, adjacent = 0, False
    while at < len(lines):
        line = lines[at]
        found = _read_meta(lines, at) if 0 < len(line) <= LONGEST_LINE else None
        if found is not None:
            meta, at = found
            if line in DOTS:
                organization = _take_organization(blocks, adjacent=adjacent)
                meta = replace(meta, organization=organization)
            yield from _entries_of(blocks, meta)
            blocks, adjacent = [], False
            continue
        if line and adjacent:
            blocks[-1].append(line)
        elif line:
            blocks.append([line])
        adjacent = bool(line)
        at += 1
    if blocks and _is_broken_meta(blocks[-1]):
        blocks.pop()
    if blocks:
        yield from _entries_of(blocks, None)


def holds_papers(entries: Sequence[Entry]) -> bool:
    """Return whether most of these entries, read below the page's name, look like papers.

    Meta lines tell a paper; without them, a title and an abstract of a paper's length do. A mail
    that mentions the page begins with a salutation.
    """
    if not entries or any(entry.meta is not None for entry in entries):
        return True
    if _SALUTATION.match(entries[0].title):
        return False
    papers = sum(
        _could_be_title(entry.title) and len(entry.abstract) >= _SHORTEST_ABSTRACT
        for entry in entries
    )
    only_titles = all(not entry.abstract and _could_be_title(entry.title) for entry in entries)
    return only_titles or papers * 2 >= len(entries)


def _cards_follow(lines: Sequence[str], at: int) -> bool:
    return any(map(starts_card, lines[at : at + _SOON]))


def _is_meta(line: str) -> bool:
    return line in DOTS or _AUTHORS.fullmatch(line) is not None


def _is_broken_meta(block: Sequence[str]) -> bool:
    """Return whether the file ends inside a line of the authors' count."""
    return len(block) == 1 and block[0][0] in DOTS and len(block[0]) <= LONGEST_LINE


def _read_meta(lines: Sequence[str], at: int) -> tuple[Meta, int] | None:
    """Return the meta lines that start at `at` and the index after them; None if there are none."""
    meta, start, after = Meta(), at, at
    while at < len(lines):
        line = lines[at]
        if not line or line in DOTS:
            at += 1
        elif meta.author_count is None and (match := _AUTHORS.fullmatch(line)):
            meta = replace(meta, author_count=int(match["count"].replace(",", "")))
            at += 1
        elif meta.day is None and (found := read_day(lines, at)):
            day, at = found
            meta = replace(meta, day=day)
        else:
            break
        after = at if line else after
    return (meta, after) if after > start else None


def _take_organization(blocks: list[list[str]], *, adjacent: bool) -> str:
    """Remove the organisation's line, "slug Display Name", from the end.

    Return its display name or "".
    """
    if not blocks or not _names_organization(blocks[-1][-1]):
        return ""
    if len(blocks[-1]) > 1 and adjacent:
        line = blocks[-1].pop()
    elif len(blocks[-1]) == 1 and len(blocks) > (1 if adjacent else 2):
        line = blocks.pop()[0]
    else:
        return ""
    slug, _, name = line.partition(" ")
    return name or slug


def _names_organization(line: str) -> bool:
    slug, _, name = line.partition(" ")
    return (
        len(line) <= _LONGEST_ORGANIZATION
        and _SLUG.fullmatch(slug) is not None
        and not name.endswith(".")
    )


def _entries_of(blocks: Sequence[Sequence[str]], meta: Meta | None) -> Iterator[Entry]:
    """Yield the entries of a run of blocks; its meta lines, if any, belong to the last."""
    if len(blocks) == 1 and len(blocks[0]) > 1:  # copied without the blank lines between
        texts = list(blocks[0])
    else:
        texts = [" ".join(block) for block in blocks]
    starts = _title_places(texts, at_end=meta is None)
    for start, end in zip(starts, [*starts[1:], len(texts)], strict=True):
        yield Entry(
            title=texts[start] if texts else "",
            abstract="\n\n".join(texts[start + 1 : end]),
            meta=meta if end == len(texts) else None,
        )


def _title_places(texts: Sequence[str], *, at_end: bool) -> list[int]:
    """Return the indices of the blocks that are titles: the first, and others by their shape."""
    if len(texts) % 2 == 0 and all(map(_could_be_title, texts[2::2])):
        return list(range(0, len(texts), 2)) or [0]
    places = [0]
    for at in range(2, len(texts)):
        if at - places[-1] >= 2 and _could_be_title(texts[at]):
            follows = texts[at + 1] if at + 1 < len(texts) else None
            if _could_be_abstract(follows) if follows else at_end:
                places.append(at)
    return places


def _could_be_title(text: str) -> bool:
    return len(text) <= _LONGEST_TITLE and text[-1] not in ".:;," and "://" not in text


def _could_be_abstract(text: str) -> bool:
    return len(text) >= _SHORTEST_ABSTRACT or text.endswith(".")


def _plain(line: str) -> str:
    return line.replace(" ", "").casefold()
