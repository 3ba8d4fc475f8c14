"""Parsing one keyword, with the error messages for keywords that cannot be used."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from .atom_builders import MAX_TERMS, GrammarError, TooManyWords, phrase
from .atoms import Author, Cased, Category, Exact, Near, Phrase, Since
from .error_position import Range, find_contradiction, find_excess, find_nothing_positive, quoted
from .flat_parser import parse_flat
from .grammar import FIELDS, glued_brackets, parse_grammar
from .keyword import Keyword, KeywordError, Pair
from .syntax_tree import Contradiction, NothingPositive, Tree, atoms, canonical, normal_form
from .translation import Translation, translate
from .translation.shortening import shortened
from .widening.expansions import expanded
from .widening.spellings import either_spelling

MAX_KEYWORD_LENGTH = 200  # characters of one keyword

_OPERATORS = re.compile(r'["()\[\]:]|(?:^|\s)[-+|]|\b(?:AND|OR|NOT|ANDNOT)\b')
_PLAIN_MARKS = re.compile(r'["()\[\]]')
_BULLET = re.compile(r"[-*•]\s+")
_NO_FIELD = re.compile(r"(?<![^\s(])([A-Za-z]{2,12}):(?=[^\s/)])")
_ACCENT = re.compile(r'\\"(?=\{?\\?[A-Za-z])')  # of LaTeX, no quotation mark
_EXCLUDED = re.compile(r"[^\s-]")
_SHORT_PREFIX = re.compile(r"\w{1,2}\*")
_QUOTES = str.maketrans("“”„", '"""')
_FIELDS = "title, abstract, author, org, category, case and since"


def parse(text: str, pairs: Sequence[Pair] = ()) -> Keyword:
    """Parse one keyword; a query of another service is translated, with notes on what is not kept.

    `pairs`: the other wordings stored with it, of which those that apply widen it.

    Bad syntax is read as plain words, with a note. Raises KeywordError if the keyword has no word
    or no positive term, contradicts itself or is too long; the message quotes the position and
    says what to do instead.
    """
    typed = text.strip()
    start = len(text) - len(text.lstrip())
    try:
        return expanded(_parse(typed), pairs) if pairs else _parse(typed)
    except KeywordError as error:
        place = None if error.position is None else start + error.position
        raise KeywordError(error.message, place, instead=error.instead) from None


def _parse(typed: str) -> Keyword:
    _check_length(typed)
    notes: list[str] = []
    bullet = _BULLET.match(typed)
    start = bullet.end() if bullet else 0
    excludes = typed[start : start + 1] == "-" and _EXCLUDED.match(typed, start + 1) is not None
    start += excludes
    body = typed[start:]
    translated = _translated(body, start)
    if translated:
        body = translated.text
    try:
        tree = _read(body, notes)
        if translated and not (notes and body == typed[start:]):
            notes[:0] = translated.notes
        count = sum(size(atom) for atom, _ in atoms(tree))
        if count > MAX_TERMS:
            raise TooManyWords(count)
        tree = normal_form(either_spelling(tree))
    except (TooManyWords, Contradiction, NothingPositive) as error:
        refusal = _refusal(error, _straight_quotes(body), start)
        if body != typed[start:]:  # a translation, whose places are not those of what was typed
            refusal.position = start
        raise refusal from None
    if "*" in body:
        notes += _short_prefix_notes(tree)
    name = canonical(tree)
    own = "" if body == typed[start:] else f"-({body})" if excludes else body
    name = f"-({name})" if excludes else name
    return Keyword(typed, name, excludes, tuple(notes), own, tree=tree)


def _translated(body: str, start: int) -> Translation | None:
    try:
        return translate(body)
    except KeywordError as error:
        raise KeywordError(error.message, start) from None


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
    notes += [
        f"“{glued}” is read as two parts with AND between them; put a blank beside the bracket if "
        "that is meant, or leave the bracket out"
        for glued in glued_brackets(_straight_quotes(body))
    ]
    notes += _unknown_field_notes(body)
    return tree


def _plain(body: str) -> Tree:
    try:
        return phrase(body)
    except GrammarError:
        raise KeywordError(
            "There is no word in it to search for. Enter a word or a phrase, such as diffusion "
            "models.",
            0,
        ) from None


def _straight_quotes(body: str) -> str:
    """The text, at the same length, with straight quotation marks and none in LaTeX accents."""
    return _ACCENT.sub(r"\\¨", body).translate(_QUOTES)


def _unknown_field_notes(body: str) -> list[str]:
    names = [m[1] for m in _NO_FIELD.finditer(body) if m[1].lower() not in {*FIELDS, "case"}]
    notes = []
    for name in names:
        if name == "since":
            if not re.search(r"since:\s?[0-9]{4}(?:-[0-9]{1,2}){0,2}(?![^\s()])", body):
                notes.append("since: needs a date such as since:2024-05; read as plain words")
        else:
            notes.append(
                f"there is no field “{name}:”, so it is read as a plain word; the fields are "
                f"{_FIELDS}"
            )
    return notes


def _words(atom: Tree) -> Iterable[str]:
    if isinstance(atom, (Phrase, Cased)):
        found = atom if isinstance(atom, Phrase) else atom.phrase
        return (part.word for part in found.parts)
    return atom.words if isinstance(atom, (Near, Author)) else ()


def _short_prefix_notes(tree: Tree) -> list[str]:
    """A note for each prefix that is too short and therefore read as a word."""
    words = [word for atom, _ in atoms(tree) for word in _words(atom)]
    return [
        f"“{word}” is read as a whole word: “*” needs at least three letters before it"
        for word in dict.fromkeys(words)
        if _SHORT_PREFIX.fullmatch(word)
    ]


def _check_length(typed: str) -> None:
    if not typed:
        raise KeywordError("The keyword is empty. Enter a word or a phrase.", 0)
    if len(typed) <= MAX_KEYWORD_LENGTH:
        return
    found = shortened(typed, MAX_KEYWORD_LENGTH)
    excess = quoted(typed[MAX_KEYWORD_LENGTH:])
    split = f"Split it before {excess} or earlier into several keywords, one per line."
    cure = found.cure() if found else split
    raise KeywordError(
        f"It has {len(typed)} characters; the limit is {MAX_KEYWORD_LENGTH}. {cure}",
        MAX_KEYWORD_LENGTH,
        instead=found.keywords if found else (),
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
        "It has {} words; the limit is {most}. Split it before {part} or earlier into several "
        "keywords, one per line.",
    ),
    Contradiction: (
        find_contradiction,
        "It asks for and excludes the same thing, so it can never match. Remove {part} or what "
        "contradicts it.",
    ),
    NothingPositive: (
        find_nothing_positive,
        "{part} only says what to exclude, or from when on. Add a word that papers should "
        "contain; to exclude a word from every digest, make -word a separate keyword.",
    ),
}


def size(atom: Tree) -> int:
    """Return how many words an atom counts under MAX_TERMS."""
    match atom:
        case Phrase(parts):
            return len(parts)
        case Exact(words) | Cased(words=words) | Near(words):
            return len(words)
        case Author():
            return len(atom.words)
        case Category() | Since() | _:
            return 1
