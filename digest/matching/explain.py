"""Explaining why keywords select a paper, or what comes closest to a hit."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .index import PaperIndex, PaperText, Span
from .index.highlighting import tokenized_text
from .query import Keyword, parse
from .query.atoms import Atom, Author, Cased, Category, Exact, Near, Phrase, Since, TextAtom
from .query.syntax_tree import And, Not, Or, Tree, canonical

_MAX_CLAUSES = 3


@dataclass(frozen=True)
class Reason:
    """Whether one keyword hits a paper, and why; `spans` are what it hit."""

    keyword: Keyword
    hit: bool
    spans: tuple[Span, ...]
    text: str


@dataclass(frozen=True)
class Explanation:
    """Whether a list of keywords selects a paper, why, and the reason of each keyword."""

    selected: bool
    text: str
    reasons: tuple[Reason, ...]


def explain(
    paper: PaperText, keywords: Sequence[Keyword], *, after: int | None = None
) -> Explanation:
    """Explain why `keywords` select `paper` or not.

    `after`: the subscriber's watermark; papers up to it, and papers without a number, are not
    mailed. None leaves the watermark out of account.
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
        return Explanation(False, "; ".join(misses) or "there are no keywords", reasons)
    if late := _not_mailed(paper, after):
        return Explanation(False, late, reasons)
    return Explanation(True, "; ".join(f"`{r.keyword.text}`: {r.text}" for r in wanted), reasons)


def _not_mailed(paper: PaperText, after: int | None) -> str:
    if after is None:
        return ""
    if paper.seq is None:
        return "it was added with older papers, which are searchable but never mailed"
    return "listed before the sign-up, or already covered by a digest" if paper.seq <= after else ""


def reason(paper: PaperText, keyword: Keyword) -> Reason:
    """Explain why one keyword hits a paper or not."""
    return _reason(PaperIndex([paper]), paper, keyword)


def _reason(index: PaperIndex, paper: PaperText, keyword: Keyword) -> Reason:
    """`index` has that paper alone; building one costs more than evaluating a keyword."""
    if index.evaluate(keyword):
        spans = tuple(index.hit_spans(keyword, paper.id))
        return Reason(keyword, True, spans, _hit_text(paper, spans))
    misses = _first(_misses(keyword.tree, paper, index), _MAX_CLAUSES)
    return Reason(keyword, False, (), "; ".join(misses))


def _first(clauses: Iterable[str], most: int) -> list[str]:
    """The first few distinct clauses; later ones are not generated."""
    found: dict[str, None] = {}
    for each in clauses:
        found[each] = None
        if len(found) == most:
            break
    return list(found)


def _hit_text(paper: PaperText, spans: Sequence[Span]) -> str:
    clauses: dict[str, None] = {}
    for field, start, end in spans:
        clauses.setdefault(f"{_named(field)} “{_flat(paper.field(field)[start:end])}”", None)
    shown = list(clauses)[:_MAX_CLAUSES]
    return ", ".join(shown) if shown else "nothing in it is excluded"


def _named(field: str) -> str:
    names = {"author": "author", "org": "organisation", "category": "category"}
    return names.get(field) or f"the {field} says"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _matches(tree: Tree, index: PaperIndex) -> bool:
    return bool(index.evaluate(Keyword("", canonical(tree), tree=tree)))


def _misses(tree: Tree, paper: PaperText, index: PaperIndex) -> Iterator[str]:
    """Why a tree does not match, in short clauses."""
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
            return f"no author named “{atom.text}”"
        case Category(name):
            known = paper.field("category")
            return f"in {known}, not in {name}" if known else f"no category known, so not {name}"
        case Phrase() | Exact() | Cased() | Near():
            return _elsewhere(atom, paper, index) or _nearest(atom, paper)


def _words(atom: TextAtom) -> list[str]:
    if isinstance(atom, (Phrase, Cased)):
        phrase = atom if isinstance(atom, Phrase) else atom.phrase
        return [part.word for part in phrase.parts]
    return list(atom.words)


def _elsewhere(atom: TextAtom, paper: PaperText, index: PaperIndex) -> str:
    """What a looser spelling, or another field, would have hit, as a clause; else empty."""
    loose = parse(" ".join(_words(atom)))
    spans = index.hit_spans(loose, paper.id)
    if not spans:
        return ""
    return f"{_hit_text(paper, spans[:1])}, but not {atom.meaning}"


def _nearest(atom: TextAtom, paper: PaperText) -> str:
    """A clause with the words of the text that are most similar to those of an atom."""
    words = _words(atom)
    best, clause = 0, f"not found: {atom.meaning}"
    for field in (atom.field,) if atom.field else ("title", "abstract"):
        text = paper.field(field)
        placed = tokenized_text(text)[0]
        for score, first, last in _resemblances(words, placed.tokens.terms):
            if score > best:
                start, end = placed.original(first, last)
                best, clause = score, f"{_named(field)} “{_flat(text[start:end])}”"
    return clause


def _resemblances(words: list[str], keys: list[str]) -> Iterator[tuple[int, int, int]]:
    """Ranges that begin or end like the phrase, or words that begin like its single word.

    Yields the similarity (higher is better) and the token range [first, last).
    """
    size = len(words)
    for at, key in enumerate(keys):
        if size == 1:
            shared = _common_start(words[0], key)
            if shared >= max(4, len(words[0]) // 2):
                yield shared, at, at + 1
        elif key == words[0]:
            yield _common_words(words, keys[at : at + size]) * 2, at, min(at + size, len(keys))
        elif key == words[-1] and at:
            yield 1, max(at - size + 1, 0), at + 1


def _common_words(words: list[str], keys: list[str]) -> int:
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
