"""What people type: keywords, their meaning, their limits.

Rules 1-7 of the keyword language are told for readers in the README, section "Keywords".
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from .atom_builders import MAX_TERMS, GrammarError, TooManyWords, phrase
from .atoms import Author, Category, Exact, Near, Phrase, Since
from .description import describe
from .error_position import Range, find_contradiction, find_excess, find_nothing_positive, quoted
from .flat_parser import parse_flat
from .grammar import FIELDS, parse_grammar
from .syntax_tree import Contradiction, NothingPositive, Tree, atoms, canonical, normal_form

MAX_KEYWORD_LENGTH = 200  # characters of one keyword

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
        self.position = place


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
        told = describe(self.tree)
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
        place = None if error.position is None else start + error.position
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
        tree = normal_form(tree)
    except (TooManyWords, Contradiction, NothingPositive) as error:
        raise _refusal(error, _lone_quotes(body), start) from None
    if "*" in body:
        notes += _short_beginnings(tree)
    name = canonical(tree)
    return Keyword(typed, f"-({name})" if excludes else name, excludes, tuple(notes), tree=tree)


def _read(body: str, notes: list[str]) -> Tree:
    if not _OPERATORS.search(body):
        return _plain(body)
    if (flat := parse_flat(body)) is not None:
        return flat
    try:
        tree = parse_grammar(_lone_quotes(body))
    except GrammarError as trouble:
        tree = _plain(_PLAIN_MARKS.sub(" ", body))
        notes.append(f"read as plain text because {trouble}")
        return tree
    notes += _strange_fields(body)
    return tree


def _plain(body: str) -> Tree:
    try:
        return phrase(body)
    except GrammarError:
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
    if len(typed) > MAX_KEYWORD_LENGTH:
        raise KeywordError(
            f"It has {len(typed)} characters; {MAX_KEYWORD_LENGTH} are the most. Split it before "
            f"{quoted(typed[MAX_KEYWORD_LENGTH:])} or sooner into several keywords, one a line.",
            MAX_KEYWORD_LENGTH,
        )


def _check_terms(count: int) -> None:
    if count > MAX_TERMS:
        raise TooManyWords(count)


def _refusal(error: ValueError, body: str, start: int) -> KeywordError:
    """The sentence about a keyword that can be read and not used; it quotes the place, which is
    counted in what stands `start` characters before `body`."""
    find, sentence = _REFUSALS[type(error)]
    first, end = find(body)
    message = sentence.format(*error.args, part=quoted(body[first:end]), most=MAX_TERMS)
    return KeywordError(message, start + first)


_REFUSALS: dict[type[ValueError], tuple[Callable[[str], Range], str]] = {
    TooManyWords: (
        partial(find_excess, most=MAX_TERMS),
        "It has {} words; {most} are the most. Split it before {part} or sooner into several "
        "keywords, one a line.",
    ),
    Contradiction: (
        find_contradiction,
        "It asks for and excludes the same thing, so nothing could ever match. Drop {part} or "
        "what it contradicts.",
    ),
    NothingPositive: (
        find_nothing_positive,
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
