"""Parsing one keyword, with the error messages for keywords that cannot be used."""

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
_ACCENT = re.compile(r'\\"(?=\{?\\?[A-Za-z])')  # of LaTeX; replaced by another, all are dropped
_EXCLUDED = re.compile(r"[^\s-]")
_SHORT_PREFIX = re.compile(r"\w{1,2}\*")
_QUOTES = str.maketrans("“”„", '"""')
_FIELDS = "title, abstract, author, org, category and since"


class KeywordError(ValueError):
    """A keyword that cannot be used.

    `message` says why and what to do instead; `position` is the 0-based offset of the error in the
    text, None if the error is about a whole list.
    """

    def __init__(self, message: str, place: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.position = place


@dataclass(frozen=True, slots=True)
class Keyword:
    """A parsed keyword. Keywords with equal meanings are equal, whatever their `text` (as typed).

    `excludes`: it starts with "-", so the papers it matches are left out for the subscriber.
    `notes`: clauses that say what is not read as an operator although it looks like one.
    """

    text: str = field(compare=False)
    canonical: str
    excludes: bool = False
    notes: tuple[str, ...] = field(default=(), compare=False)
    tree: Tree = field(compare=False, repr=False, kw_only=True)

    def meaning(self) -> str:
        """What it matches, in plain words."""
        text = describe(self.tree)
        return f"leaves out papers with {text}" if self.excludes else text


def parse(text: str) -> Keyword:
    """Parse one keyword.

    Bad syntax is read as plain words, with a note. Raises KeywordError if the keyword has no word
    or no positive term, contradicts itself or is too long; the message quotes the position and
    says what to do instead.
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
        count = sum(_size(atom) for atom, _ in atoms(tree))
        if count > MAX_TERMS:
            raise TooManyWords(count)
        tree = normal_form(tree)
    except (TooManyWords, Contradiction, NothingPositive) as error:
        raise _refusal(error, _straight_quotes(body), start) from None
    if "*" in body:
        notes += _short_prefix_notes(tree)
    name = canonical(tree)
    return Keyword(typed, f"-({name})" if excludes else name, excludes, tuple(notes), tree=tree)


def _read(body: str, notes: list[str]) -> Tree:
    if not _OPERATORS.search(body):
        return _plain(body)
    if (flat := parse_flat(body)) is not None:
        return flat
    try:
        tree = parse_grammar(_straight_quotes(body))
    except GrammarError as trouble:
        tree = _plain(_PLAIN_MARKS.sub(" ", body))
        notes.append(f"read as plain text because {trouble}")
        return tree
    notes += _unknown_field_notes(body)
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


def _straight_quotes(body: str) -> str:
    """The text, at the same length, with straight quotation marks and none in LaTeX accents."""
    return _ACCENT.sub(r"\\'", body).translate(_QUOTES)


def _unknown_field_notes(body: str) -> list[str]:
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


def _short_prefix_notes(tree: Tree) -> list[str]:
    """A note for each prefix that is too short and therefore read as a word."""
    words = [word for atom, _ in atoms(tree) for word in _words(atom)]
    return [
        f"“{word}” is read as it stands: the beginning of a word needs three letters"
        for word in dict.fromkeys(words)
        if _SHORT_PREFIX.fullmatch(word)
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


def _refusal(error: ValueError, body: str, start: int) -> KeywordError:
    """The error message for a keyword that parses but cannot be used.

    `start`: offset of `body` in the keyword as typed.
    """
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
