"""Near misses: papers that no keyword hit, though it came close."""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from digest.matching.explain import reason
from digest.matching.index import PaperIndex
from digest.matching.query import Keyword, KeywordError, parse
from digest.matching.query.atoms import Cased, Exact, Near, Phrase
from digest.matching.query.syntax_tree import Or, Tree, atoms
from digest.matching.query.variants import words_anywhere
from digest.matching.ranking import rank
from digest.models.digest_contents import NearMiss

from .window import Window

MOST = 3
# What bounds the search: newest papers a keyword, keywords looked at word by word, explanations.
_PAPERS = 200
_KEYWORDS = 20
_EXPLAINED = 30
_CLOSE = 10  # other words among those of a phrase
_SHORTEST = 5  # letters that two words must share: speech is not near speed
_ENOUGH = 0.5  # of the weight of a keyword's words


class _Candidate(NamedTuple):
    """A paper that a keyword nearly hits; `widen`: the wider keyword that does, if any."""

    paper: int
    keyword: Keyword
    widen: str = ""


def near_misses(window: Window, keywords: Sequence[Keyword], today: date) -> tuple[NearMiss, ...]:
    """At most three papers of the window that no keyword hits or excludes, the nearest first.

    Nearest are papers with all words of a phrase somewhere: its wider form hits them. Then those
    with the rarer of the words, or with a word that begins like a keyword of one word.
    """
    index, bits = window.index, window.bits
    assert isinstance(index, PaperIndex), "near misses ask for words that no keyword has"
    for keyword in keywords:
        bits &= ~index.evaluate(keyword)
    if not bits:
        return ()
    wanted = [keyword for keyword in keywords if not keyword.excludes]
    found: dict[int, NearMiss] = {}
    for miss in _candidates(index, bits, wanted, today):
        if miss.paper not in found and (says := _says(index, miss)):
            found[miss.paper] = NearMiss(miss.paper, miss.keyword.text, says, miss.widen)
        if len(found) == MOST:
            break
    return tuple(found.values())


def _says(index: PaperIndex, miss: _Candidate) -> str:
    """The paper's words that come nearest to the keyword, "" if none do."""
    text = reason(index.paper(miss.paper), miss.keyword).text
    return text if miss.widen or text.startswith(("the title says", "the abstract says")) else ""


def _candidates(
    index: PaperIndex, bits: int, wanted: Sequence[Keyword], today: date
) -> Iterator[_Candidate]:
    yield from _wider(index, bits, wanted, today)
    scored = [
        (score, miss)
        for keyword in wanted[:_KEYWORDS]
        for words in _word_lists(keyword.tree)
        for score, miss in _partial(index, bits, keyword, words)
    ]
    scored.sort(key=lambda each: (-each[0], -(index.metadata(each[1].paper).seq or 0)))
    yield from (miss for _, miss in scored[:_EXPLAINED])


def _wider(
    index: PaperIndex, bits: int, wanted: Sequence[Keyword], today: date
) -> Iterator[_Candidate]:
    """Papers with all words of a phrase: those where they stand close together first."""
    narrow: dict[Keyword, Keyword] = {}
    hits: dict[int, list[Keyword]] = {}
    close = 0
    for keyword in wanted:
        if not (wide := words_anywhere(keyword)):
            continue
        narrow.setdefault(wide, keyword)
        close |= _bits(index, f'"{keyword.in_our_language}"~{_CLOSE}')
        for paper_id in index.ids(index.evaluate(wide) & bits)[-_PAPERS:]:
            hits.setdefault(paper_id, []).append(wide)
    near = set(index.ids(close & bits))
    ranked = rank(index, hits, today=today)
    for match in sorted(ranked, key=lambda each: each.paper_id not in near):
        wide = match.keywords[0]
        yield _Candidate(match.paper_id, narrow[wide], wide.text)


def _word_lists(tree: Tree) -> Iterator[list[str]]:
    """The words that a paper should have, branch by branch."""
    if isinstance(tree, Or):
        for part in tree.parts:
            yield from _word_lists(part)
        return
    words = [word for atom, no in atoms(tree) if not no for word in _words(atom)]
    if words:
        yield words


def _words(atom: object) -> Iterable[str]:
    if isinstance(atom, Phrase):
        return [part.word for part in atom.parts]
    if isinstance(atom, Cased):
        return _words(atom.phrase)
    return atom.words if isinstance(atom, (Exact, Near)) else ()


def _partial(
    index: PaperIndex, bits: int, keyword: Keyword, words: list[str]
) -> Iterator[tuple[float, _Candidate]]:
    """Papers with a part of the words, and the share of them they have (0 to 1)."""
    if len(words) == 1:
        return _with_similar_word(index, bits, keyword, words[0])
    return _with_some_words(index, bits, keyword, words)


def _with_similar_word(
    index: PaperIndex, bits: int, keyword: Keyword, word: str
) -> Iterator[tuple[float, _Candidate]]:
    """Papers with a word that begins most like this one."""
    for size in range(len(word), max(_SHORTEST, len(word) // 2) - 1, -1):
        if found := _bits(index, f"{word[:size]}*") & bits:
            for paper_id in index.ids(found)[-_PAPERS:]:
                yield size / (len(word) + 1), _Candidate(paper_id, keyword)
            return


def _with_some_words(
    index: PaperIndex, bits: int, keyword: Keyword, words: list[str]
) -> Iterator[tuple[float, _Candidate]]:
    """Papers with words of a phrase that weigh half of it or more; a rare word weighs most."""
    held = {word: _bits(index, word) for word in words}
    weight = {word: math.log(1 + len(index) / (1 + held[word].bit_count())) for word in held}
    rarest = max((word for word in held if held[word]), key=weight.__getitem__, default=None)
    if rarest is None:
        return
    for paper_id in index.ids(held[rarest] & bits)[-_PAPERS:]:
        here = index.mask([paper_id])
        share = sum(weight[word] for word in held if held[word] & here) / sum(weight.values())
        if share >= _ENOUGH:
            yield share, _Candidate(paper_id, keyword)


def _bits(index: PaperIndex, text: str) -> int:
    """The papers a keyword hits; none where it is no keyword."""
    try:
        return index.evaluate(parse(text))
    except KeywordError:
        return 0
