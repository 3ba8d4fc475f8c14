"""Why a paper was sent, or the nearest reason why it was not."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .index import PaperIndex, PaperText, Span
from .index.highlighting import tokenized_text
from .query import Keyword, parse
from .query.atoms import Atom, Author, Category, Exact, Near, Phrase, Since
from .query.syntax_tree import And, Not, Or, Tree, canonical

_MOST_SHOWN = 3


@dataclass(frozen=True)
class Reason:
    """What one keyword made of a paper. `spans` (of a hit) count in the original characters."""

    keyword: Keyword
    hit: bool
    spans: tuple[Span, ...]
    text: str


@dataclass(frozen=True)
class Explanation:
    """Whether a list of keywords selects a paper, the sentence that says why, and the reasons
    keyword by keyword."""

    selected: bool
    text: str
    reasons: tuple[Reason, ...]


def explain(
    paper: PaperText, keywords: Sequence[Keyword], *, after: int | None = None
) -> Explanation:
    """Why `keywords` select `paper` or not.

    `after`: the last listing number the subscriber has been served or had on joining; papers up
    to it, and papers without a number, are not mailed again.
    """
    index = PaperIndex([paper])
    reasons = tuple(_reason(index, paper, keyword) for keyword in keywords)
    wanted = [r for r in reasons if r.hit and not r.keyword.excludes]
    excluding = [r for r in reasons if r.hit and r.keyword.excludes]
    if excluding:
        names = ", ".join(f"`{r.keyword.text}`" for r in excluding)
        return Explanation(False, f"excluded by {names}", reasons)
    if not wanted:
        misses = [f"`{r.keyword.text}`: {r.text}" for r in reasons if not r.keyword.excludes]
        return Explanation(False, "; ".join(misses) or "the list has no keyword", reasons)
    if late := _not_mailed(paper, after):
        return Explanation(False, late, reasons)
    return Explanation(True, "; ".join(f"`{r.keyword.text}`: {r.text}" for r in wanted), reasons)


def _not_mailed(paper: PaperText, after: int | None) -> str:
    if after is None:
        return ""
    if paper.seq is None:
        return "it came with older papers that are searchable but never mailed"
    return "listed before you joined, or already served" if paper.seq <= after else ""


def reason(paper: PaperText, keyword: Keyword) -> Reason:
    """What one keyword makes of a paper."""
    return _reason(PaperIndex([paper]), paper, keyword)


def _reason(index: PaperIndex, paper: PaperText, keyword: Keyword) -> Reason:
    """`index` holds that paper alone: making one costs more than asking it."""
    if index.evaluate(keyword):
        spans = tuple(index.hit_spans(keyword, paper.id))
        return Reason(keyword, True, spans, _hit_text(paper, spans))
    misses = _first(_misses(keyword.tree, paper, index), _MOST_SHOWN)
    return Reason(keyword, False, (), "; ".join(misses))


def _first(told: Iterable[str], most: int) -> list[str]:
    """The first few different ones; what comes after them is not worked out."""
    found: dict[str, None] = {}
    for each in told:
        found[each] = None
        if len(found) == most:
            break
    return list(found)


def _hit_text(paper: PaperText, spans: Sequence[Span]) -> str:
    told: dict[str, None] = {}
    for field, start, end in spans:
        told.setdefault(f"{_named(field)} “{_flat(paper.field(field)[start:end])}”", None)
    shown = list(told)[:_MOST_SHOWN]
    return ", ".join(shown) if shown else "it has nothing that is excluded"


def _named(field: str) -> str:
    names = {"author": "author", "org": "organisation", "category": "category"}
    return names.get(field) or f"the {field} says"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _matches(tree: Tree, index: PaperIndex) -> bool:
    return bool(index.evaluate(Keyword("", canonical(tree), tree=tree)))


def _misses(tree: Tree, paper: PaperText, index: PaperIndex) -> Iterator[str]:
    """Why a tree does not match, one short clause each."""
    match tree:
        case And(parts) | Or(parts):
            for part in parts:
                if not _matches(part, index):
                    yield from _misses(part, paper, index)
        case Not(part):
            spans = index.hit_spans(Keyword("", canonical(part), tree=part), paper.id)
            yield f"{_hit_text(paper, spans)}, which the keyword excludes"
        case _:
            yield _missing(tree, paper, index)


def _missing(atom: Atom, paper: PaperText, index: PaperIndex) -> str:
    match atom:
        case Since(day):
            published = paper.published_on or paper.listed_on
            return f"published {published}, before {day}" if published else "it has no date"
        case Author():
            return f"no author answers to {atom.meaning.split(' among')[0]}"
        case Category(name):
            return f"its categories are {paper.field('category') or 'unknown'}, not {name}"
        case Phrase() | Exact() | Near():
            return _elsewhere(atom, paper, index) or _nearest(atom, paper)


def _words(atom: Phrase | Exact | Near) -> list[str]:
    if isinstance(atom, Phrase):
        return [part.word for part in atom.parts]
    return list(atom.words)


def _elsewhere(atom: Phrase | Exact | Near, paper: PaperText, index: PaperIndex) -> str:
    """Whether the looser spelling, or another field, would have hit."""
    loose = parse(" ".join(_words(atom)))
    spans = index.hit_spans(loose, paper.id)
    if not spans:
        return ""
    told = _hit_text(paper, spans[:1])
    return f"{told}, but not {atom.meaning}"


def _nearest(atom: Phrase | Exact | Near, paper: PaperText) -> str:
    """The words of the text that come closest to those of an atom."""
    words = _words(atom)
    best, told = 0, f"{atom.meaning} does not occur"
    for field in (atom.field,) if atom.field else ("title", "abstract"):
        text = paper.field(field)
        placed = tokenized_text(text)[0]
        for score, first, last in _resemblances(words, placed.tokens.terms):
            if score > best:
                start, end = placed.original(first, last)
                best, told = score, f"{_named(field)} “{_flat(text[start:end])}”"
    return told


def _resemblances(words: list[str], keys: list[str]) -> Iterator[tuple[int, int, int]]:
    """Stretches that begin or end like the phrase, or a word that begins like its one word: how
    much they do, and their tokens [first, last)."""
    size = len(words)
    for at, key in enumerate(keys):
        if size == 1:
            shared = _common_start(words[0], key)
            if shared >= max(4, len(words[0]) // 2):
                yield shared, at, at + 1
        elif key == words[0]:
            yield _run(words, keys[at : at + size]) * 2, at, min(at + size, len(keys))
        elif key == words[-1] and at:
            yield 1, max(at - size + 1, 0), at + 1


def _run(words: list[str], keys: list[str]) -> int:
    same = 0
    for word, key in zip(words, keys, strict=False):
        if word != key:
            break
        same += 1
    return same


def _common_start(one: str, other: str) -> int:
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
