"""Which other wordings keywords may have, given what is counted of the papers.

An acronym and its long form come from the papers, forms of a word from rules and from how many
papers have each form (`digest.matching.text.word_families`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from digest.matching.query import Expansions, Keyword, Pair
from digest.matching.query.widening.expansions import (
    MAX_PAIRS,
    RULE_VERSION,
    terms_of,
    wanted_phrases,
)
from digest.matching.text.word_families import MIN_LETTERS, candidates, other_wordings

from .acronym_rule import AcronymWording, Usage

MIN_ACRONYM = 3  # letters of an acronym that a long form finds
NO_CHOICES: Mapping[Pair, bool] = {}


@dataclass(frozen=True, slots=True)
class Wordings:
    """The other wordings that a keyword may have now.

    usual: in force unless the owner declines them. offered: in force only if the owner accepts
    them, because the papers use them for something else too.
    """

    usual: tuple[Pair, ...] = ()
    offered: tuple[Pair, ...] = ()

    def chosen(self, choices: Mapping[Pair, bool] = NO_CHOICES) -> Expansions:
        """What is stored with the keyword, given what its owner has switched on or off."""
        known = dict.fromkeys((*self.usual, *self.offered))
        accepted = [pair for pair in known if choices.get(pair)]
        usual = [pair for pair in self.usual if pair not in choices]
        on = (*accepted, *usual)
        return Expansions(
            pairs=on[:MAX_PAIRS],
            declined=tuple(pair for pair, is_on in choices.items() if pair in known and not is_on),
            offers=(*on[MAX_PAIRS:], *(pair for pair in self.offered if pair not in choices)),
            version=RULE_VERSION,
        )


class Corpus(Protocol):
    """What is counted of the papers."""

    def acronyms_of(self, terms: Collection[str]) -> Iterable[AcronymWording]:
        """Return the pairs that have one of these terms as short or as long form."""

    def papers_with(self, words: Iterable[str]) -> Mapping[str, int]:
        """Map words to the number of papers with them."""


def possible_wordings(keywords: Sequence[Keyword], corpus: Corpus) -> list[Wordings]:
    """Return the other wordings of each keyword, in their order, asking the corpus twice."""
    trees = [keyword.typed.tree for keyword in keywords]
    terms = [
        [] if keyword.excludes else terms_of(tree)
        for keyword, tree in zip(keywords, trees, strict=True)
    ]
    distinct = list(dict.fromkeys(term for some in terms for term in some))
    acronyms = _by_term(corpus.acronyms_of(distinct)) if distinct else {}
    forms = _word_forms([key for key, some in zip(keywords, terms, strict=True) if some], corpus)
    return [
        _wordings(some, acronyms, forms.get(keyword, ()))
        for keyword, some in zip(keywords, terms, strict=True)
    ]


def _by_term(found: Iterable[AcronymWording]) -> dict[str, list[tuple[Pair, Usage]]]:
    """Term -> its pairs: an acronym's long forms, and the acronym of a long form."""
    pairs: dict[str, list[tuple[Pair, Usage]]] = {}
    for each in found:
        pairs.setdefault(each.key, []).append((Pair(each.key, each.long), each.usage))
        for spelling in sorted(each.spellings) if len(each.key) >= MIN_ACRONYM else ():
            pairs.setdefault(spelling, []).append((Pair(spelling, each.key), each.usage))
    return pairs


def _word_forms(keywords: Sequence[Keyword], corpus: Corpus) -> dict[Keyword, list[Pair]]:
    """Keyword -> pairs of a phrase and the same with another form of a word."""
    phrases = {
        keyword: [
            tuple(part.word for part in phrase.parts)
            for phrase in wanted_phrases(keyword.typed.tree)
            if phrase.plain
        ]
        for keyword in keywords
    }
    words: set[str] = set()
    for phrase in chain.from_iterable(phrases.values()):
        words.update(phrase)
        if len(phrase) == 2:  # which may be written as one word
            words.add("".join(phrase))
    families = {word: candidates(word) for word in words if len(word) >= MIN_LETTERS}
    spellings = {word for word, others in families.items() if others}
    papers = corpus.papers_with(sorted(spellings.union(*families.values())))
    return {
        keyword: [
            Pair(" ".join(words), " ".join(other))
            for words in some
            for other in other_wordings(words, papers)
        ]
        for keyword, some in phrases.items()
    }


def _wordings(
    terms: Iterable[str],
    acronyms: Mapping[str, Sequence[tuple[Pair, Usage]]],
    forms: Iterable[Pair],
) -> Wordings:
    found = [each for term in terms for each in acronyms.get(term, ())]
    usual = [pair for pair, usage in found if usage is Usage.ON]
    offered = [pair for pair, usage in found if usage is not Usage.ON]
    return Wordings(_first([*usual, *forms]), _first(offered))


def _first(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    return tuple(dict.fromkeys(pairs))[:MAX_PAIRS]
