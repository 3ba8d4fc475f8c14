"""The keyword preview: what each keyword of a list means and would have found lately.

The page is public, so the work is bounded. A phrase, an AND or OR of terms and one prefix are
always evaluated: looking up and searching cost little however common the words are. Keywords for
which texts are read word by word (words near each other, several prefixes, ANDs of ORs of phrases)
share the remaining steps; beyond its share a keyword is "too broad to preview". A ceiling far above
what 10,000 papers take limits all of them, however many papers there are.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import TypeVar

from .index import PaperIndex
from .query import MAX_KEYWORDS, Keyword, KeywordError, parse
from .query.atoms import Author, Category, Exact, Phrase, Since
from .query.syntax_tree import And, Not, Or, Tree
from .ranking import rank
from .suggestions import Suggestions, suggestions_for
from .work_budget import TooBroad, WorkBudget

MAX_STEPS = 450_000  # of one preview
_CEILING = 4_000_000  # steps for what is always evaluated: about a second
_SAMPLING = 80_000  # of MAX_STEPS, reserved for ranking hits
_SUGGESTING = 120_000  # of MAX_STEPS, reserved for suggestions
_MIN_SHARE = 1_000  # steps that any keyword may take
_QUOTES = 4  # quoted terms of an AND or OR that is always evaluated: texts are searched for them
SAMPLES = 3
NEWEST_RANKED = 40  # newest hits of a keyword, of which the best are shown
_ALL_NEWEST_RANKED = 1_200  # of all keywords
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One keyword of a preview.

    `count`: papers hit. `samples`: titles of the best. `all_words_count`: papers with all its
    words anywhere, None if that is the same query. `spelling` and `related`: see Suggestions.
    `too_broad`: it was not evaluated. `error`: it cannot be used; nothing else is set but `text`.
    """

    text: str
    meaning: str = ""
    notes: tuple[str, ...] = ()
    error: str = ""
    excludes: bool = False
    too_broad: bool = False
    count: int = 0
    samples: tuple[str, ...] = ()
    all_words_count: int | None = None
    spelling: str | None = None
    related: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeywordPreview:
    """The lines of a preview, and the number of papers that the whole list selects.

    `total` is None if the list cannot be used or a keyword is too broad. `steps`: the work spent.
    """

    lines: tuple[PreviewLine, ...]
    total: int | None
    steps: int


def preview_keywords(
    texts: Sequence[str], index: PaperIndex, within: int, today: date, *, steps: int = MAX_STEPS
) -> KeywordPreview:
    """Preview a list of keywords, of which the first 100 count, over the papers `within` (bits).

    `steps` bounds the work on keywords that are not always evaluated.
    """
    read = [_parsed(text) for text in texts[:MAX_KEYWORDS]]
    keywords = list(dict.fromkeys(each for each in read if isinstance(each, Keyword)))
    work = WorkBudget()
    bits = _evaluated(index, keywords, work, steps - _SAMPLING - _SUGGESTING)
    typed = {text.casefold() for text in texts}
    maker = _Lines(index, within, today, work, steps, bits)
    lines = maker.with_suggestions([maker.line(each) for each in read], read)
    lines = [replace(one, related=tuple(w for w in one.related if w not in typed)) for one in lines]
    usable = len(read) == len(texts) and len(bits) == len(keywords)
    usable = usable and all(isinstance(each, Keyword) for each in read)
    total = _total(bits, within) if usable else None
    return KeywordPreview(tuple(lines), total, work.spent)


def _parsed(text: str) -> "Keyword | _Unusable":
    try:
        return parse(text)
    except KeywordError as wrong:
        return _Unusable(text, wrong.message)


@dataclass(frozen=True, slots=True)
class _Unusable:
    text: str
    message: str


def _evaluated(
    index: PaperIndex, keywords: Sequence[Keyword], work: WorkBudget, steps: int
) -> dict[Keyword, int]:
    """The bits of each keyword that is not too broad."""
    found: dict[Keyword, int] = {}
    rest = [each for each in keywords if not always_answered(each.tree)]
    for keyword in keywords:
        if always_answered(keyword.tree):
            bits = _limited(work, _CEILING - work.spent, partial(index.evaluate, keyword))
            if bits is not None:
                found[keyword] = bits
    for number, keyword in enumerate(rest):
        share = max((steps - work.spent) // (len(rest) - number), _MIN_SHARE)
        bits = _limited(work, share, partial(index.evaluate, keyword))
        if bits is not None:
            found[keyword] = bits
    return found


def _limited(work: WorkBudget, limit: int, call: Callable[[WorkBudget], T]) -> T | None:
    """The result of a call, or None if it takes more steps than the limit."""
    own = WorkBudget(limit)
    try:
        return call(own)
    except TooBroad:
        return None
    finally:
        work.spend(own.spent)


def always_answered(tree: Tree) -> bool:
    """Whether a keyword is cheap to evaluate however many papers it hits.

    True for a phrase, a prefix, and an AND or OR of terms, of which one may be a prefix and four
    may be quoted.
    """
    parts = tree.parts if isinstance(tree, (And, Or)) else (tree,)
    terms = [part.part if isinstance(part, Not) else part for part in parts]
    beginnings = sum(isinstance(term, Phrase) and term.parts[-1].kind == "*" for term in terms)
    quotes = sum(isinstance(term, Exact) and len(term.words) > 1 for term in terms)
    return beginnings <= 1 and quotes <= _QUOTES and all(map(_is_term, terms))


def _is_term(tree: Tree) -> bool:
    match tree:
        case Phrase(parts):
            return tree.plain or len(parts) == 1
        case Author(words):
            return len(words) == 1
        case Exact() | Category() | Since():
            return True
        case _:
            return False


class _Lines:
    """Builds the lines of one preview."""

    def __init__(
        self,
        index: PaperIndex,
        within: int,
        today: date,
        work: WorkBudget,
        steps: int,
        bits: dict[Keyword, int],
    ) -> None:
        self._index, self._within, self._today = index, within, today
        self._work, self._steps, self._bits = work, steps, bits

    def line(self, keyword: Keyword | _Unusable) -> PreviewLine:
        """The line of a keyword, without suggestions."""
        if isinstance(keyword, _Unusable):
            return PreviewLine(keyword.text, error=keyword.message)
        line = PreviewLine(
            keyword.text,
            meaning=keyword.meaning(),
            notes=keyword.notes,
            excludes=keyword.excludes,
        )
        if keyword not in self._bits:
            return replace(line, too_broad=True)
        bits = self._bits[keyword] & self._within
        return replace(
            line,
            count=bits.bit_count(),
            samples=() if keyword.excludes else self._samples(keyword, bits),
            all_words_count=self._all_words_count(keyword),
        )

    def with_suggestions(
        self, lines: Iterable[PreviewLine], read: Sequence[Keyword | _Unusable]
    ) -> list[PreviewLine]:
        """The lines with suggestions, as far as steps are left."""
        return [
            replace(line, spelling=found.spelling, related=found.related)
            if isinstance(each, Keyword) and (found := self._suggestions(each))
            else line
            for line, each in zip(lines, read, strict=True)
        ]

    def _samples(self, keyword: Keyword, bits: int) -> tuple[str, ...]:
        """Titles of the best of the newest hits; of the newest ones if ranking takes too long."""
        newest = self._index.newest(bits, min(NEWEST_RANKED, _ALL_NEWEST_RANKED // len(self._bits)))
        left = self._steps - _SUGGESTING - self._work.spent
        hits = dict.fromkeys(newest, (keyword,))
        best = _limited(
            self._work, left, lambda work: rank(self._index, hits, today=self._today, work=work)
        )
        chosen = newest[: -SAMPLES - 1 : -1] if best is None else [m.paper_id for m in best]
        return tuple(self._index.paper(paper_id).title for paper_id in chosen[:SAMPLES])

    def _suggestions(self, keyword: Keyword) -> Suggestions | None:
        if keyword.excludes or keyword not in self._bits:
            return None
        left = self._steps - self._work.spent
        return _limited(self._work, left, lambda work: suggestions_for(self._index, keyword, work))

    def _all_words_count(self, keyword: Keyword) -> int | None:
        """The number of papers with all words of a plain phrase, anywhere; None if not plain."""
        words = keyword.text.split()
        if len(words) < 2 or keyword.excludes or not all(word.isalnum() for word in words):
            return None
        try:
            apart = parse(" AND ".join(words))
        except KeywordError:
            return None
        if apart.canonical == keyword.canonical or not always_answered(apart.tree):
            return None
        return (self._index.evaluate(apart, self._work) & self._within).bit_count()


def _total(bits: dict[Keyword, int], within: int) -> int | None:
    """The number of papers selected; None for a list that only excludes, 0 for an empty one."""
    wanted = unwanted = 0
    for keyword, found in bits.items():
        if keyword.excludes:
            unwanted |= found
        else:
            wanted |= found
    if bits and all(keyword.excludes for keyword in bits):
        return None
    return (wanted & ~unwanted & within).bit_count()
