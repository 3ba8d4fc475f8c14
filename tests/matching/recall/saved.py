"""Keywords as they are saved for a reader: the one place where a measurement makes them."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

from digest.expansions.acronym_rule import (
    MOST_A_TERM,
    AcronymWording,
    Capitals,
    JudgedPair,
    Spelling,
    judge,
)
from digest.expansions.possible_wordings import possible_wordings
from digest.ingest.corpus.paper_counts import paper_counts
from digest.matching.index import PaperText
from digest.matching.query import Keyword, expanded, parse

COUNTED = Path(__file__).with_name("counted.json")


class CountedCorpus:
    """Counts of papers: the pairs that they define, judged, and the words that they have."""

    def __init__(
        self,
        definitions: Mapping[tuple[str, str, str], int],
        capitals: Mapping[str, Capitals],
        words: Mapping[str, int],
    ) -> None:
        spellings: dict[str, list[Spelling]] = defaultdict(list)
        for (key, short, long), number in definitions.items():
            spellings[key].append(Spelling(short, long, number))
        self.words = words
        self.pairs: dict[str, list[JudgedPair]] = {
            key: judge(some, capitals.get(key, Capitals())) for key, some in spellings.items()
        }

    @classmethod
    def of(cls, papers: Iterable[PaperText]) -> Self:
        """The counts of these papers, as the ingest stores them."""
        definitions: Counter[tuple[str, str, str]] = Counter()
        in_any: Counter[str] = Counter()
        in_capitals: Counter[str] = Counter()
        words: Counter[str] = Counter()
        for paper in papers:
            counts = paper_counts(paper.title, paper.abstract)
            definitions.update((each.key, each.short, each.long) for each in counts.definitions)
            in_any.update(counts.short_forms)
            in_capitals.update(counts.in_capitals)
            words.update(counts.words)
        capitals = {key: Capitals(in_capitals[key], in_any[key]) for key, *_ in definitions}
        return cls(definitions, capitals, words)

    @classmethod
    def stored(cls) -> Self:
        """The counts of the listed papers, kept for where these are missing: a site has read many
        papers besides the few that are judged."""
        kept = json.loads(COUNTED.read_text(encoding="utf-8"))
        definitions = {
            (short.lower(), short, long): papers for short, long, papers in kept["definitions"]
        }
        capitals = {key: Capitals(*counts) for key, counts in kept["capitals"].items()}
        return cls(definitions, capitals, kept["words"])

    def acronyms_of(self, terms: Collection[str]) -> list[AcronymWording]:
        """The pairs with one of these terms as short or as long form, most defined first."""
        found: dict[AcronymWording, None] = {}
        for term in terms:
            of_term = [
                AcronymWording(pair.short, pair.long, pair.papers, pair.usage, key, pair.spellings)
                for key, some in self.pairs.items()
                for pair in some
                if pair.usage and (key == term or term in pair.spellings)
            ]
            of_term.sort(key=lambda pair: -pair.papers)
            found |= dict.fromkeys(of_term[:MOST_A_TERM])
        return sorted(found, key=lambda pair: -pair.papers)

    def papers_with(self, words: Iterable[str]) -> dict[str, int]:
        """The number of papers with each of these words."""
        return {word: self.words[word] for word in words if word in self.words}


def keywords_for(texts: Sequence[str], corpus: CountedCorpus) -> list[Keyword]:
    """The keywords of these texts, saved by a reader of a site that has counted these papers, who
    leaves the wordings as they are offered."""
    keywords = [parse(text) for text in texts]
    found = possible_wordings(keywords, corpus)
    return [expanded(one, each.usual) for one, each in zip(keywords, found, strict=True)]
