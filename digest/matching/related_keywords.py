"""Related keywords: noun phrases that go with a keyword, by the likelihood ratio over papers."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import chain

from .index import PaperIndex
from .query import Keyword, KeywordError, parse
from .query.atoms import Part, Phrase
from .query.syntax_tree import atoms
from .statistics.likelihood import SIGNIFICANT, log_likelihood
from .text.noun_phrases import NounPhrase, noun_phrases
from .work_budget import UNLIMITED, WorkBudget

MAX_RELATED = 5
_READ = 30  # papers whose phrases are counted, the newest hits
_EVALUATED = 16  # phrases whose papers are counted, in all papers
_MIN_READ = 2  # of these papers in which a phrase occurs
_MIN_PAPERS = 3  # in which a related keyword occurs with the keyword
_MIN_LIFT = 2.0  # how many times as often as by chance it does
_EXPLAINED = 0.7  # of the papers with a phrase, in which it is a part of one longer phrase

_Folded = tuple[str, ...]


def related_keywords(
    index: PaperIndex,
    keyword: Keyword,
    *,
    listed: Mapping[int, Iterable[str]] | None = None,
    most: int = MAX_RELATED,
    work: WorkBudget = UNLIMITED,
) -> list[str]:
    """Up to `most` keywords that occur with `keyword` at least twice as often as by chance.

    They are noun phrases of the papers it hits, which may extend the keyword, and, if given, the
    keywords `listed` by the authors (paper id -> keywords). The best has the highest ratio of
    likelihoods (Dunning) between papers that the keyword hits and other papers.
    Counts its steps in `work`; raises TooBroad beyond its limit.
    """
    bits = index.evaluate(keyword, work)
    if not bits or bits.bit_count() * _MIN_LIFT > len(index):
        return []  # nothing can occur that often with a keyword that hits nearly all papers
    hits = index.newest(bits, _READ)
    scores = _phrase_scores(index, keyword, bits, hits, work)
    scores |= _listed_scores(hits, listed or {})
    best = sorted(scores, key=lambda term: (-scores[term], term))
    return _distinct(best, keyword, most)


def _phrase_scores(
    index: PaperIndex, keyword: Keyword, bits: int, hits: list[int], work: WorkBudget
) -> dict[str, float]:
    """Phrase, as it is spelt most often -> its ratio."""
    spellings: dict[_Folded, Counter[str]] = defaultdict(Counter)
    for paper_id in hits:
        work.spend(2 * sum(index.lengths(paper_id)))
        for phrase in _phrases_of(index, keyword, paper_id):
            spellings[phrase.folded][phrase.spelling] += 1
    counts = {folded: spelt.total() for folded, spelt in spellings.items()}
    often = {folded: count for folded, count in counts.items() if count >= _MIN_READ}
    whole = often.keys() - _explained(often)
    weights = _weights(index, set(chain.from_iterable(whole)))
    ranked = sorted(
        whole, key=lambda words: (-often[words] * max(map(weights.__getitem__, words)), words)
    )
    scores = {}
    for folded in ranked[:_EVALUATED]:
        if ratio := _ratio(index, folded, bits, work):
            best = max(spellings[folded].items(), key=lambda each: (each[1], each[0]))
            scores[best[0]] = ratio
    return scores


def _phrases_of(index: PaperIndex, keyword: Keyword, paper_id: int) -> Iterable[NounPhrase]:
    """The distinct noun phrases of a paper."""
    paper, tree = index.paper(paper_id), keyword.tree
    own = tuple(_own_words(keyword)) if isinstance(tree, Phrase) and tree.plain else ()
    read = partial(noun_phrases, own=own, spelt=" ".join(keyword.text.split()))
    found = chain(read(paper.title), read(paper.abstract))
    return {phrase.folded: phrase for phrase in found}.values()


def _weights(index: PaperIndex, words: set[str]) -> dict[str, float]:
    """Word -> its inverse document frequency."""
    papers = len(index)
    return {word: math.log(1 + papers / (1 + index.document_frequency(word))) for word in words}


def _explained(counts: Mapping[_Folded, int]) -> set[_Folded]:
    """The phrases that are nearly always a part of the same longer one."""
    found = set()
    for phrase, count in counts.items():
        for size in range(2, len(phrase)):
            for start in range(len(phrase) - size + 1):
                part = phrase[start : start + size]
                if part in counts and count >= _EXPLAINED * counts[part]:
                    found.add(part)
    return found


def _ratio(index: PaperIndex, folded: _Folded, bits: int, work: WorkBudget) -> float:
    """The ratio of likelihoods of a phrase; 0 if it does not go with the papers of the bits."""
    held = index.papers_with(Phrase(tuple(map(Part, folded))), work)
    return _significant((held & bits).bit_count(), bits.bit_count(), held.bit_count(), len(index))


def _significant(together: int, hits: int, everywhere: int, papers: int) -> float:
    """The ratio of what occurs in so many of the hits, and so many papers; 0 if it is low."""
    if together < _MIN_PAPERS or together * papers < _MIN_LIFT * hits * everywhere:
        return 0.0
    ratio = log_likelihood(together, hits, everywhere - together, papers - hits)
    return ratio if ratio >= SIGNIFICANT else 0.0


def _listed_scores(hits: list[int], listed: Mapping[int, Iterable[str]]) -> dict[str, float]:
    everywhere = Counter(word.casefold() for words in listed.values() for word in set(words))
    together = Counter(word.casefold() for i in hits for word in set(listed.get(i, ())))
    scores = {
        word: _significant(count, len(hits), everywhere[word], len(listed))
        for word, count in together.items()
    }
    return {word: score for word, score in scores.items() if score}


def _own_words(keyword: Keyword) -> list[str]:
    found: list[str] = []
    for atom, _ in atoms(keyword.tree):
        if isinstance(atom, Phrase):
            found += [part.word for part in atom.parts]
        else:
            found += getattr(atom, "words", ())
    return found


def _distinct(best: Iterable[str], keyword: Keyword, most: int) -> list[str]:
    """The first few that repeat neither the keyword nor each other."""
    own, used = set(_own_words(keyword)), set[str]()
    chosen: list[str] = []
    for term in best:
        try:
            other = parse(term)
        except KeywordError:
            continue
        new = set(_own_words(other)) - own
        if not new or new & used or other == keyword:
            continue
        chosen.append(term)
        used |= new
        if len(chosen) == most:
            break
    return chosen
