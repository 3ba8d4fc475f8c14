"""The keyword preview: what each keyword of a list means and would have found lately.

The page is public, so the work is bounded. A phrase, an AND or OR of terms and one prefix are
always evaluated: looking up and searching cost little however common the words are. Keywords for
which texts are read word by word (words near each other, several prefixes, ANDs of ORs of phrases)
share the remaining steps; beyond its share a keyword is "too broad to preview". A ceiling far above
what 10,000 papers take limits all of them, however many papers there are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from typing import TypeVar

from .index import PaperIndex
from .keyword_cost import always_answered
from .keyword_offers import offered_in_capitals, point_releases
from .query import MAX_KEYWORDS, Keyword, KeywordError, Pair, parse
from .query.atoms import Category
from .query.syntax_tree import atoms
from .query.variants import as_author, comma_parts, narrowed, with_operators, words_anywhere
from .ranking import rank
from .suggestions import Suggestions, suggestions_for
from .work_budget import TooBroad, WorkBudget

MAX_STEPS = 450_000  # of one preview
_CEILING = 4_000_000  # steps for what is always evaluated: about a second
_SAMPLING = 80_000  # of MAX_STEPS, reserved for ranking hits
_SUGGESTING = 120_000  # of MAX_STEPS, reserved for suggestions
_MIN_SHARE = 1_000  # steps that any keyword may take
SAMPLES = 3
NEWEST_RANKED = 40  # newest hits of a keyword, of which the best are shown
_ALL_NEWEST_RANKED = 1_200  # of all keywords
_NEWEST_SEEN = 200  # newest papers of which one should have a category
AS_TYPED: Mapping[str, Sequence[Pair]] = {}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Alternative:
    """A keyword that may replace another, and how many papers it hits."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One keyword of a preview.

    `translation`: a query of another service in our language. `count`: papers hit. `samples`:
    titles of the best. `cased`: it in the capitals typed, if they are rare. `wider`: all its words
    anywhere, for a plain phrase. `operators`: its “and” and “or” as operators. `narrower`: it and a
    related keyword, if it hits more than `many` papers. `instead`: keywords that may replace it, if
    it hits none or cannot be used. `spelling`: see Suggestions. `related`: releases of a product,
    then see Suggestions. `author`: it as an author, if it hits none and the author does.
    `lacks_categories`: it asks for a category, which none of the newest papers has. `too_broad`: it
    was not evaluated. `error`: it cannot be used; the rest is unset.
    """

    text: str
    meaning: str = ""
    translation: str = ""
    notes: tuple[str, ...] = ()
    error: str = ""
    excludes: bool = False
    too_broad: bool = False
    count: int = 0
    samples: tuple[str, ...] = ()
    cased: Alternative | None = None
    wider: Alternative | None = None
    operators: Alternative | None = None
    author: Alternative | None = None
    narrower: Alternative | None = None
    instead: tuple[str, ...] = ()
    lacks_categories: bool = False
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
    texts: Sequence[str],
    index: PaperIndex,
    within: int,
    today: date,
    *,
    pairs: Mapping[str, Sequence[Pair]] = AS_TYPED,
    many: int | None = None,
    steps: int = MAX_STEPS,
) -> KeywordPreview:
    """Preview a list of keywords, of which the first 100 count, over the papers `within` (bits).

    `pairs`: keyword as typed -> its other wordings. A keyword that hits more than `many` papers
    gets a narrower one. `steps` bounds the work on keywords that are not always evaluated.
    """
    read = [_parsed(text, pairs.get(text, ())) for text in texts[:MAX_KEYWORDS]]
    keywords = list(dict.fromkeys(each for each in read if isinstance(each, Keyword)))
    work = WorkBudget()
    bits = _evaluated(index, keywords, work, steps - _SAMPLING - _SUGGESTING)
    typed = {text.casefold() for text in texts}
    maker = _Lines(index, within, today, work, steps, bits)
    lines = maker.with_suggestions([maker.line(each) for each in read], read, many)
    lines = [replace(one, related=tuple(w for w in one.related if w not in typed)) for one in lines]
    usable = len(read) == len(texts) and len(bits) == len(keywords)
    usable = usable and all(isinstance(each, Keyword) for each in read)
    total = _total(bits, within) if usable else None
    return KeywordPreview(tuple(lines), total, work.spent)


def _parsed(text: str, pairs: Sequence[Pair]) -> "Keyword | _Unusable":
    try:
        return parse(text, pairs)
    except KeywordError as wrong:
        return _Unusable(text, wrong.message, wrong.instead)


@dataclass(frozen=True, slots=True)
class _Unusable:
    text: str
    message: str
    instead: tuple[str, ...]


def _evaluated(
    index: PaperIndex, keywords: Sequence[Keyword], work: WorkBudget, steps: int
) -> dict[Keyword, int]:
    """The bits of each keyword that is not too broad."""
    found: dict[Keyword, int] = {}
    rest = [each for each in keywords if not always_answered(each.tree)]
    for keyword in keywords:
        if always_answered(keyword.tree):
            bits = _limited(work, _CEILING - work.spent, partial(index.evaluate, keyword))
            found |= {} if bits is None else {keyword: bits}
    for number, keyword in enumerate(rest):
        share = max((steps - work.spent) // (len(rest) - number), _MIN_SHARE)
        if (bits := _limited(work, share, partial(index.evaluate, keyword))) is not None:
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
            return PreviewLine(keyword.text, error=keyword.message, instead=keyword.instead)
        line = PreviewLine(
            keyword.text,
            meaning=keyword.meaning(),
            translation=keyword.translation,
            notes=keyword.notes,
            excludes=keyword.excludes,
        )
        if keyword not in self._bits:
            return replace(line, too_broad=True)
        bits = self._bits[keyword] & self._within
        operators = with_operators(keyword)
        return replace(
            line,
            count=bits.bit_count(),
            samples=() if keyword.excludes else self._samples(keyword, bits),
            wider=None if operators else self._alternative(words_anywhere(keyword)),
            operators=self._alternative(operators),
            author=None if bits else self._author(keyword),
            instead=() if bits else tuple(comma_parts(keyword.text)),
            lacks_categories=not bits and asks_for_category(keyword) and not self._has_categories,
        )

    def _author(self, keyword: Keyword) -> Alternative | None:
        found = self._alternative(as_author(keyword))
        return found if found and found.count else None

    @cached_property
    def _has_categories(self) -> bool:
        newest = map(self._index.paper, self._index.newest(self._within, _NEWEST_SEEN))
        return not self._within or any(paper.categories for paper in newest)

    def with_suggestions(
        self, lines: Iterable[PreviewLine], read: Sequence[Keyword | _Unusable], many: int | None
    ) -> list[PreviewLine]:
        """The lines with suggestions, as far as steps are left."""
        return [
            self._with_suggestions(line, each, found, many is not None and line.count > many)
            if isinstance(each, Keyword) and (found := self._suggestions(each))
            else line
            for line, each in zip(lines, read, strict=True)
        ]

    def _with_suggestions(
        self, line: PreviewLine, keyword: Keyword, found: Suggestions, is_broad: bool
    ) -> PreviewLine:
        narrower = narrowed(keyword, found.related) if is_broad else None
        cased = self._within_steps(keyword, partial(offered_in_capitals, within=self._within))
        return replace(
            line,
            spelling=found.spelling,
            related=(*(self._within_steps(keyword, point_releases) or ()), *found.related),
            narrower=self._alternative(narrower),
            cased=Alternative(*cased) if cased else None,
        )

    def _within_steps(self, keyword: Keyword, call: Callable[..., T]) -> T | None:
        rest = self._steps - self._work.spent
        return _limited(self._work, rest, lambda work: call(keyword, self._index, work=work))

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
        return self._within_steps(keyword, lambda k, index, work: suggestions_for(index, k, work))

    def _alternative(self, keyword: Keyword | None) -> Alternative | None:
        if keyword is None or not always_answered(keyword.tree):
            return None
        found = self._index.evaluate(keyword, self._work) & self._within
        return Alternative(keyword.text, found.bit_count())


def asks_for_category(keyword: Keyword) -> bool:
    """Whether papers without categories may not match for that reason."""
    asked = (atom for atom, is_unwanted in atoms(keyword.tree) if not is_unwanted)
    return not keyword.excludes and any(isinstance(atom, Category) for atom in asked)


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
