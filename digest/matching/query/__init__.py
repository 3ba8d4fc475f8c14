"""What people type: keywords, their meaning, their limits.

Rules 1-7 of the keyword language are told for readers in the README, section "Keywords".
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from .atoms import Author, Category, Exact, Near, Phrase, Since
from .description import meaning
from .error_position import Range, excess, nothing_asked, opposed, shown
from .grammar import FIELDS, read_grammar
from .simple_queries import read_flat
from .syntax_tree import Contradiction, NothingPositive, Tree, atoms, canonical, normal
from .words import MOST_TERMS, TooManyWords, Unreadable, phrase

LONGEST = 200  # characters of one keyword
MOST_KEYWORDS = 100  # keywords of one list

_OPERATORS = re.compile(r'["()\[\]:]|(?:^|\s)[-+|]|\b(?:AND|OR|NOT|ANDNOT)\b')
_PLAIN_MARKS = re.compile(r'["()\[\]]')
_BULLET = re.compile(r"[-*•]\s+")
_NO_FIELD = re.compile(r"(?<![^\s(])([A-Za-z]{2,12}):(?=[^\s/)])")
_ACCENT = re.compile(r'\\"(?=\{?\\?[A-Za-z])')  # LaTeX's: any accent will do, it is dropped
_EXCLUDED = re.compile(r"[^\s-]")
_SHORT_BEGINNING = re.compile(r"\w{1,2}\*")
_QUOTES = str.maketrans("“”„", '"""')
_FIELDS = "title, abstract, author, org, category and since"


class KeywordError(ValueError):
    """A keyword that cannot be used. `message` says why and what to do instead; `place` is the
    0-based offset of the trouble in the text, where there is one."""

    def __init__(self, message: str, place: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = place


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword as understood. Equal meanings are equal; `text` (as typed) does not count.

    `excludes`: it started with "-", so what it matches is left out for the whole subscriber.
    `notes` say what was read otherwise than it looks.
    """

    text: str = field(compare=False)
    canonical: str
    excludes: bool = False
    notes: tuple[str, ...] = field(default=(), compare=False)
    tree: Tree = field(compare=False, repr=False, kw_only=True)

    def meaning(self) -> str:
        """What it matches, in plain words."""
        told = meaning(self.tree)
        return f"leaves out papers with {told}" if self.excludes else told


def parse(text: str) -> Keyword:
    """Reads one keyword.

    Bad syntax is read as plain words and noted. Raises KeywordError for what has no word, asks for
    nothing, contradicts itself or is too long; the message quotes the place and holds the cure.
    """
    typed = text.strip()
    start = len(text) - len(text.lstrip())
    try:
        return _parse(typed)
    except KeywordError as error:
        place = None if error.place is None else start + error.place
        raise KeywordError(error.message, place) from None


def _parse(typed: str) -> Keyword:
    _check_length(typed)
    notes: list[str] = []
    bullet = _BULLET.match(typed)
    start = bullet.end() if bullet else 0
    excludes = typed[start : start + 1] == "-" and _EXCLUDED.match(typed, start + 1) is not None
    start += excludes
    body = typed[start:]
    try:
        tree = _read(body, notes)
        _check_terms(sum(_size(atom) for atom, _ in atoms(tree)))
        tree = normal(tree)
    except (TooManyWords, Contradiction, NothingPositive) as error:
        raise _refusal(error, _lone_quotes(body), start) from None
    if "*" in body:
        notes += _short_beginnings(tree)
    name = canonical(tree)
    return Keyword(typed, f"-({name})" if excludes else name, excludes, tuple(notes), tree=tree)


def _read(body: str, notes: list[str]) -> Tree:
    if not _OPERATORS.search(body):
        return _plain(body)
    if (flat := read_flat(body)) is not None:
        return flat
    try:
        tree = read_grammar(_lone_quotes(body))
    except Unreadable as trouble:
        tree = _plain(_PLAIN_MARKS.sub(" ", body))
        notes.append(f"read as plain text because {trouble}")
        return tree
    notes += _strange_fields(body)
    return tree


def _plain(body: str) -> Tree:
    try:
        return phrase(body)
    except Unreadable:
        raise KeywordError(
            "There is no word to look for in it. Write a word or a phrase, such as "
            "diffusion models.",
            0,
        ) from None


def _lone_quotes(body: str) -> str:
    """The same characters, with one kind of quotation mark and none that is a LaTeX accent."""
    return _ACCENT.sub(r"\\'", body).translate(_QUOTES)


def _strange_fields(body: str) -> list[str]:
    names = [m[1] for m in _NO_FIELD.finditer(body) if m[1].lower() not in FIELDS]
    notes = []
    for name in names:
        if name == "since":
            if not re.search(r"since:\s?[0-9]{4}(?:-[0-9]{1,2}){0,2}(?![^\s()])", body):
                notes.append("since: needs a date such as since:2024-05; read as plain words")
        else:
            notes.append(f"{name}: is read as a plain word; the fields are {_FIELDS}")
    return notes


def _words(atom: Tree) -> Iterable[str]:
    if isinstance(atom, Phrase):
        return (part.word for part in atom.parts)
    return atom.words if isinstance(atom, (Near, Author)) else ()


def _short_beginnings(tree: Tree) -> list[str]:
    """A note for each start of a word that is too short to be one: it is read as it stands."""
    words = [word for atom, _ in atoms(tree) for word in _words(atom)]
    return [
        f"“{word}” is read as it stands: the beginning of a word needs three letters"
        for word in dict.fromkeys(words)
        if _SHORT_BEGINNING.fullmatch(word)
    ]


def _check_length(typed: str) -> None:
    if not typed:
        raise KeywordError("The keyword is empty. Write a word or a phrase.", 0)
    if len(typed) > LONGEST:
        raise KeywordError(
            f"It has {len(typed)} characters; {LONGEST} are the most. Split it before "
            f"{shown(typed[LONGEST:])} or sooner into several keywords, one a line.",
            LONGEST,
        )


def _check_terms(count: int) -> None:
    if count > MOST_TERMS:
        raise TooManyWords(count)


def _refusal(error: ValueError, body: str, start: int) -> KeywordError:
    """The sentence about a keyword that can be read and not used; it quotes the place, which is
    counted in what stands `start` characters before `body`."""
    find, sentence = _REFUSALS[type(error)]
    first, end = find(body)
    message = sentence.format(*error.args, part=shown(body[first:end]), most=MOST_TERMS)
    return KeywordError(message, start + first)


_REFUSALS: dict[type[ValueError], tuple[Callable[[str], Range], str]] = {
    TooManyWords: (
        partial(excess, most=MOST_TERMS),
        "It has {} words; {most} are the most. Split it before {part} or sooner into several "
        "keywords, one a line.",
    ),
    Contradiction: (
        opposed,
        "It asks for and excludes the same thing, so nothing could ever match. Drop {part} or "
        "what it contradicts.",
    ),
    NothingPositive: (
        nothing_asked,
        "{part} names nothing to look for, only what to leave out or since when. Add a word that "
        "papers should have; to exclude a word from every mail, make -word a keyword of its own.",
    ),
}


def _size(atom: Tree) -> int:
    match atom:
        case Phrase(parts):
            return len(parts)
        case Exact(words) | Near(words) | Author(words):
            return len(words)
        case Category() | Since() | _:
            return 1


def split_list(text: str) -> list[str]:
    """The keywords in a text field: one a line, also parted by commas and semicolons outside
    quotes and parentheses. Blanks and repeats (whatever their capitals) are dropped."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        for item in _split_line(line):
            if item:
                found.setdefault(item, item)
    return list(found.values())


def _split_line(line: str) -> list[str]:
    """A quote or bracket that is never closed does not swallow the rest of the line."""
    items, start, at = [], 0, 0
    closing = _closings(line)
    while at < len(line):
        if line[at] in ",;，；、":
            items.append(line[start:at].strip())
            start = at + 1
        at = closing.get(at, at) + 1
    return [*items, line[start:].strip()]


def _closings(line: str) -> dict[int, int]:
    """Where each closed quote or outermost bracket ends."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    at = 0
    while at < len(line):
        if line[at] in '"“' and (end := _quote_end(line, at)) > at:
            ends[at] = at = end
        elif line[at] == "(":
            opened.append(at)
        elif line[at] == ")" and opened:
            ends[opened.pop()] = at
        at += 1
    return ends


def _quote_end(line: str, at: int) -> int:
    ends = [line.find(mark, at + 1) for mark in ('"', "”")]
    return min((end for end in ends if end > at), default=-1)


def parse_list(texts: Iterable[str], *, may_ask_nothing: bool = False) -> tuple[Keyword, ...]:
    """A subscriber's whole list: repeats (equal meanings) dropped, the first kept.

    Raises KeywordError, naming the keyword, for one that cannot be used, for more than 100 and,
    unless `may_ask_nothing`, for a list without any keyword that papers should match.
    """
    found: dict[Keyword, Keyword] = {}
    for text in texts:
        if text.strip():
            keyword = _parse_named(text)
            found.setdefault(keyword, keyword)
    keywords = tuple(found)
    if len(keywords) > MOST_KEYWORDS:
        raise KeywordError(
            f"These are {len(keywords)} keywords; {MOST_KEYWORDS} are the most. "
            "Join some with OR, or drop some."
        )
    if not may_ask_nothing and all(keyword.excludes for keyword in keywords):
        raise KeywordError(
            "The list only leaves papers out. Add a keyword that papers should match."
            if keywords
            else "There is no keyword. Write at least one, such as diffusion models."
        )
    return keywords


def _parse_named(text: str) -> Keyword:
    try:
        return parse(text)
    except KeywordError as error:
        name = text.strip()
        name = name if len(name) <= 60 else f"{name[:60]}…"
        raise KeywordError(f"“{name}”: {error.message}", error.place) from None
