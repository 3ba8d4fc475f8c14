"""What an entry must be to count as a paper, and a page to be accepted, in every format."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from .fields.front_matter import is_front_matter
from .records import BadDump, Page, Record, Skipped
from .text.markup import plain_text
from .text.mojibake import WRONG_ENCODING, is_garbled

# Reasons for leaving an entry out that say nothing against the page.
REPLACEMENT = "a replacement of a paper listed before"
DELETED = "deleted at its source"
# How reasons begin that say what an entry of a library is instead of a paper; nothing against it.
NOT_A_PAPER = "not a paper but "
FRONT_MATTER = f"{NOT_A_PAPER}front matter of an issue"
ABSTRACT_DAMAGED = "its abstract was dropped, because it contains damaged characters"
# Reasons that say that what was taken for a title is none.
MENU_WORD = "its title is a word of the page’s menu"
_ADDRESS = "its title is only an address"
_NUMBER = "its title is only a number"
_MARKUP = "its title is only mark-up"
NO_TITLES = frozenset({MENU_WORD, _ADDRESS, _NUMBER, _MARKUP})
_SHAPES = (
    (_ADDRESS, re.compile(r"[<(]?(?:(?:https?|ftp)://|www\.|mailto:|(?:doi:\s?)?10\.\d{4,9}/)\S+")),
    (_ADDRESS, re.compile(r"!?\[[^\[\]]*\]\([^()\s]*\)")),
    (_NUMBER, re.compile(r"\W*(?:\[[-xX ]?\]\s?)?[0-9.,]+\s?[kK]?\W*")),
    (_MARKUP, re.compile(r"(?:\s*<[^<>]*>)+\s*|[\W_]+")),
)
LONGEST_TITLE = 500
LONGEST_ABSTRACT = 20_000
ABSTRACT_TOO_LONG = (
    f"its abstract was dropped, because it has more than {LONGEST_ABSTRACT:,} characters"
)
_ON_PURPOSE = frozenset({REPLACEMENT, DELETED, ABSTRACT_DAMAGED, ABSTRACT_TOO_LONG})
_LONGEST_SUMMARY = 300
# Neither PostgreSQL nor a mail can hold these: controls, and halves of a UTF-16 pair.
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
_LOST = "\ufffd"
_TEXTS = ("title", "abstract", "journal", "organization", "ai_summary")
_MOST_NOTES = 5
_MANY_GARBLED = 3
_LISTS = ("authors", "keywords", "categories")


def one_line(value: object) -> str:
    """Return the text with each run of white space made one space; "" if the value is no text."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def paragraphs(value: object) -> str:
    """Return the text with its paragraphs kept, each on one line; "" if the value is no text."""
    if not isinstance(value, str):
        return ""
    return "\n\n".join(filter(None, map(one_line, re.split(r"\n[ \t\r]*\n", value))))


def why_no_title(text: str) -> str:
    """Return why this text cannot be a title, from its shape alone; "" if it can."""
    if len(text) > LONGEST_TITLE:
        return ""
    return next((reason for reason, shape in _SHAPES if shape.fullmatch(text)), "")


def title_rejection(title: str, abstract: str, *, damaged: bool) -> str:
    """Return why an entry cannot be a paper, whatever becomes of its abstract; "" if it can.

    `damaged`: bytes of the dump were lost, so a replacement character is damage and not a citation.
    """
    if not title:
        return "it has no title"
    if not is_storable(title) or (damaged and _LOST in title):
        return "it contains damaged characters"
    if reason := why_no_title(title):
        return reason
    if len(title) > LONGEST_TITLE:
        return f"its title has more than {LONGEST_TITLE} characters"
    return FRONT_MATTER if is_front_matter(title, abstract) else ""


def abstract_rejection(abstract: str, *, damaged: bool) -> str:
    """Return why the abstract cannot be kept; "" if it can."""
    if not is_storable(abstract) or (damaged and _LOST in abstract):
        return ABSTRACT_DAMAGED
    return ABSTRACT_TOO_LONG if len(abstract) > LONGEST_ABSTRACT else ""


def with_sound_abstract(result: Record | Skipped, *, damaged: bool) -> Iterator[Record | Skipped]:
    """Yield the record; an abstract that cannot be kept is taken from it and named behind it."""
    if isinstance(result, Skipped):
        yield result
        return
    reason = abstract_rejection(result.abstract, damaged=damaged)
    yield replace(result, abstract="") if reason else result
    if reason:
        yield Skipped(excerpt(result.title), reason)


def is_storable(text: str) -> bool:
    """Return whether PostgreSQL and a mail can hold the text."""
    return _UNFIT.search(text) is None


def excerpt(text: str) -> str:
    """Return the first 80 characters, printable, for a message about the entry."""
    text = "".join(character if character.isprintable() else "�" for character in text[:81])
    return text if len(text) <= 80 else f"{text[:80]}…"


def short_summary(value: object) -> str:
    """Return a model's summary of a paper on one line, of at most 300 characters.

    A longer one is cut behind a word and ends with an ellipsis. Returns "" if it is no text, or one
    that a database cannot hold.
    """
    text = one_line(value)
    if not is_storable(text):
        return ""
    if len(text) <= _LONGEST_SUMMARY:
        return text
    start = text[: _LONGEST_SUMMARY - 1]
    if text[len(start)] != " ":
        start = start.rpartition(" ")[0] or start
    return f"{start.rstrip(' ,;:')}…"


def build_page(
    name: str,
    day: date | None,
    results: Iterable[Record | Skipped],
    cure: str,
    *,
    damaged: bool = False,
    is_backfill: bool = False,
) -> Page:
    """Return the page of format `name` with these entries, in their order.

    An abstract that cannot be kept costs a paper its abstract only, and is named among the entries
    left out. Whatever clearly is mark-up in their texts becomes readable text, if the reader left
    any; their notes become the page's.
    `damaged`: bytes of the dump were lost; `is_backfill`: see Page. Raises BadDump, which ends with
    the sentence `cure`, if more entries are unreadable than readable; those left out on purpose
    (REPLACEMENT, DELETED, NOT_A_PAPER) do not count.
    """
    results = [part for each in results for part in with_sound_abstract(each, damaged=damaged)]
    plain = [_without_markup(result) for result in results if isinstance(result, Record)]
    _check_encoding(plain)
    records = tuple(map(_without_garbled, plain))
    skipped = tuple(result for result in results if isinstance(result, Skipped))
    unreadable = [each for each in skipped if is_unreadable(each)]
    if unreadable:
        check_readable(len(records), len(unreadable), unreadable[0], cure)
    notes = RecordNotes()
    records = tuple(map(notes.taken_from, records))
    return Page(name, day, records, skipped, notes.sentences(), is_backfill)


def _check_encoding(records: Sequence[Record]) -> None:
    """Raise BadDump if most abstracts are garbled."""
    garbled = sum(is_garbled(record.abstract) for record in records)
    if garbled >= _MANY_GARBLED and garbled * 2 > sum(bool(each.abstract) for each in records):
        raise BadDump(WRONG_ENCODING)


class RecordNotes:
    """Collects the notes of a page's records: the first few, and how many there are more."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._more = 0

    def taken_from(self, record: Record) -> Record:
        """Return the record without its note, which is kept here."""
        if not record.note:
            return record
        if len(self._first) < _MOST_NOTES:
            self._first.append(record.note)
        else:
            self._more += 1
        return replace(record, note="")

    def sentences(self) -> tuple[str, ...]:
        """Return what to note on the page."""
        more = f"The same is true of {self._more:,} more of its papers."
        return (*self._first, more) if self._more else tuple(self._first)


def is_unreadable(skipped: Skipped) -> bool:
    """Return whether the entry was left out because it could not be read, not on purpose."""
    is_on_purpose = skipped.reason in _ON_PURPOSE or skipped.reason.startswith(NOT_A_PAPER)
    return not is_on_purpose


def check_readable(readable: int, unreadable: int, first: Skipped, cure: str) -> None:
    """Raise BadDump, which names the first unreadable entry, if most entries are unreadable."""
    if unreadable > readable:
        raise BadDump(
            f"Most entries cannot be read ({unreadable} of {readable + unreadable}). The first "
            f"is “{first.entry}”: {first.reason}. {cure}"
        )


def readable(record: Record) -> Record:
    """Return the record with texts free of mark-up, and without an abstract that is garbled."""
    return _without_garbled(_without_markup(record))


def _without_markup(record: Record) -> Record:
    """Return the record with texts free of mark-up; the matcher would find the names of tags.

    Only unmistakable tags go: the arXiv's texts are TeX, in which `a<b` is no tag.
    """
    changed: dict[str, object] = {}
    for name in _TEXTS:
        written = getattr(record, name)
        if (read := plain_text(written, is_html=False)) is not written:
            read = paragraphs(read) if name == "abstract" else one_line(read)
            if read != written and (read or name != "title"):
                changed[name] = read
    for name in _LISTS:
        names = getattr(record, name)
        if any("&" in each or "<" in each or not each.isascii() for each in names):
            read_names = (one_line(plain_text(each, is_html=False)) for each in names)
            if (read_all := tuple(filter(None, read_names))) != names:
                changed[name] = read_all
    return replace(record, **changed) if changed else record  # type: ignore[arg-type]


def _without_garbled(record: Record) -> Record:
    """Return the record; its abstract is left out, with a note, if characters of it are lost."""
    if not is_garbled(record.abstract):
        return record
    said = (
        f"The abstract of “{excerpt(record.title)}” was saved in the wrong encoding and has lost "
        "characters (“â€”), so it was dropped."
    )
    return replace(record, abstract="", note=f"{record.note} {said}".strip())
