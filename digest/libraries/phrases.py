"""Phrases of one to three words in the titles and keywords of a library, and how often they occur.

Time and memory are linear in the words that are read (at most MAX_WORDS a paper): a phrase is
counted only if each of its words occurs often enough.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from .library import Counted
from .words import Stretch, names_a_topic, stretches

LONGEST = 3  # words of a phrase
MAX_WORDS = 80  # of one paper that are read
MAX_PHRASES = 600  # that are returned, the most frequent
_MOST_KEYWORDS = 20  # of one paper
# A word is explained by longer phrases if so much of its papers have one of them, ...
_EXPLAINED_WORD = 0.5
# ... and a phrase by a longer one if so much of its papers have that one.
_EXPLAINED_PHRASE = 0.7
Phrase = tuple[str, ...]
Papers = dict[Phrase, set[int]]


@dataclass(frozen=True, slots=True)
class Paper:
    """What the phrases of a paper are taken from."""

    title: str
    keywords: Sequence[str] = ()


def count_phrases(papers: Iterable[Paper]) -> tuple[Counted, ...]:
    """Return the phrases that may be topics of a library, most frequent first.

    Phrases are left out that name no topic, and those that a longer one explains.
    """
    texts = [_stretches(paper) for paper in papers]
    least = least_papers(len(texts))
    found = _papers_of(texts, least)
    for phrase in _explained(found):
        del found[phrase]
    topics = [phrase for phrase in found if names_a_topic(phrase)]
    best = sorted(topics, key=lambda phrase: (-len(found[phrase]), -len(phrase), phrase))
    best = best[:MAX_PHRASES]
    spelt = _spellings(texts, frozenset(best))
    return tuple(Counted(spelt[phrase], len(found[phrase]), phrase) for phrase in best)


def least_papers(count: int) -> int:
    """Return in how many papers of a library of that size something must occur to be suggested."""
    return 1 if count < 4 else 2 if count < 500 else 3


def _stretches(paper: Paper) -> list[Stretch]:
    """Return the stretches of a paper's title and keywords, up to MAX_WORDS words in all."""
    found, left = [], MAX_WORDS
    texts = (_stretches_of_keyword(text) for text in paper.keywords[:_MOST_KEYWORDS])
    for text in chain([stretches(paper.title)], texts):
        for stretch in text:
            found.append(stretch[:left])
            left -= len(found[-1])
            if not left:
                return found
    return found


@lru_cache(maxsize=20_000)  # many papers have the same
def _stretches_of_keyword(text: str) -> tuple[Stretch, ...]:
    return tuple(stretches(text))


def _papers_of(texts: Sequence[list[Stretch]], least: int) -> Papers:
    """Phrase -> the papers, by number, in which it occurs; of phrases in at least that many."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update({word.folded for stretch in text for word in stretch})
    often = {word for word, count in counts.items() if count >= least}
    found: Papers = defaultdict(set)
    for number, text in enumerate(texts):
        for stretch in text:
            for start, end in _ranges(stretch):
                words = tuple(word.folded for word in stretch[start:end])
                if often.issuperset(words):
                    found[words].add(number)
    return {phrase: papers for phrase, papers in found.items() if len(papers) >= least}


def _ranges(stretch: Stretch) -> Iterator[tuple[int, int]]:
    """Yield first and last of each phrase; none cuts a word with hyphens, or its number off."""
    ends = [at for at in range(1, len(stretch) + 1) if at == len(stretch) or not stretch[at].joined]
    for start, word in enumerate(stretch):
        if not word.joined:
            yield from ((start, end) for end in ends if start < end <= start + LONGEST)


def _explained(found: Mapping[Phrase, set[int]]) -> set[Phrase]:
    """Return the phrases that say nothing which longer or better phrases do not say."""
    explained = set()
    with_longer: dict[Phrase, set[int]] = defaultdict(set)
    for phrase, papers in found.items():
        for part in _parts(phrase):
            if len(part) == 1:
                with_longer[part] |= papers
            elif part in found and len(papers) >= _EXPLAINED_PHRASE * len(found[part]):
                explained.add(part)
    for word, papers in with_longer.items():
        if word in found and len(papers) >= _EXPLAINED_WORD * len(found[word]):
            explained.add(word)
    return explained | _cut_off(found, explained)


def _parts(phrase: Phrase) -> Iterator[Phrase]:
    for size in range(1, len(phrase)):
        for start in range(len(phrase) - size + 1):
            yield phrase[start : start + size]


def _cut_off(found: Mapping[Phrase, set[int]], explained: set[Phrase]) -> set[Phrase]:
    """Return the phrases that are the beginning of a row of words whose end is a phrase, too.

    Of "variational graph auto encoder" the last three words are kept: they name the thing.
    """
    ends: dict[Phrase, list[Phrase]] = defaultdict(list)
    for phrase in found:
        if len(phrase) == LONGEST and phrase not in explained:
            ends[phrase[:-1]].append(phrase)
    cut = set()
    for phrase in found:
        if len(phrase) == LONGEST and phrase not in explained:
            for other in ends[phrase[1:]]:
                shared = len(found[phrase] & found[other])
                if other != phrase and shared >= _EXPLAINED_PHRASE * len(found[phrase]):
                    cut.add(phrase)
    return cut


def _spellings(texts: Iterable[list[Stretch]], wanted: frozenset[Phrase]) -> dict[Phrase, str]:
    """Phrase -> its most frequent spelling."""
    counts: dict[Phrase, Counter[str]] = defaultdict(Counter)
    for stretch in chain.from_iterable(texts):
        folded = [word.folded for word in stretch]
        for start, end in _ranges(stretch):
            if (phrase := tuple(folded[start:end])) in wanted:
                counts[phrase][_spelling(stretch[start:end])] += 1
    return {phrase: spelt.most_common(1)[0][0] for phrase, spelt in counts.items()}


def _spelling(words: Stretch) -> str:
    """Return the words as they are spelt, without the capitals of a title."""
    first, *others = (_without_capital(word.spelling) for word in words)
    signs = ("-" if word.joined else " " for word in words[1:])
    return "".join([first, *map("".join, zip(signs, others, strict=True))])


def _without_capital(word: str) -> str:
    return word.lower() if word[1:].islower() else word
