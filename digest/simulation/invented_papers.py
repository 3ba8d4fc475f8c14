"""Invented papers and keywords: nonsense terms whose frequencies fall as in real text.

A term is one word or two. A paper is drawn from all terms; a keyword is a term that is neither so
common that it says nothing nor so rare that it never comes.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from random import Random

TERMS, RESERVED = 20_000, {"and", "or", "not", "near"}
TITLE_TERMS, ABSTRACT_TERMS = 6, 120  # of a paper
MOST_COMMON_KEYWORD = 500  # its rank among the terms: in about 3 % of the papers
_FLAT = 5  # added to a rank, so that the first few terms are not all of a text
_LETTERS = "abcdefghijklmnop"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The terms, most frequent first, and the sums of their weights."""

    terms: Sequence[str]
    sums: Sequence[float]

    @classmethod
    def invent(cls, random: Random) -> "Vocabulary":
        """TERMS distinct terms, a third of them of two words."""
        found: dict[str, None] = {}
        while len(found) < TERMS:
            words = [_word(random) for _ in range(2 if random.random() < 1 / 3 else 1)]
            if not RESERVED & set(words):
                found[" ".join(words)] = None
        weights = (1 / (rank + _FLAT) for rank in range(TERMS))
        return cls(list(found), list(accumulate(weights)))

    def text(self, random: Random, terms: int) -> str:
        return " ".join(random.choices(self.terms, cum_weights=self.sums, k=terms))

    def keywords(self, random: Random) -> list[str]:
        """The terms that people ask for, the most popular first."""
        chosen = list(self.terms[MOST_COMMON_KEYWORD:])
        random.shuffle(chosen)
        return chosen


def _word(random: Random) -> str:
    return "".join(random.choices(_LETTERS, k=random.randint(4, 9)))


def dump(vocabulary: Vocabulary, random: Random, papers: int, day: date, after: int) -> bytes:
    """A listing of `papers` papers of that day, numbered from `after` + 1, in the format jsonl."""
    return b"".join(_lines(vocabulary, random, papers, day, after))


def _lines(
    vocabulary: Vocabulary, random: Random, papers: int, day: date, after: int
) -> Iterator[bytes]:
    for number in range(after + 1, after + papers + 1):
        paper = {
            "title": vocabulary.text(random, TITLE_TERMS).capitalize(),
            "abstract": vocabulary.text(random, ABSTRACT_TERMS).capitalize() + ".",
            "authors": [f"{_word(random).capitalize()} {_word(random).capitalize()}"],
            "doi": f"10.5555/simulated.{number}",
            "url": f"https://papers.example.org/{number}",
            "published_on": day.isoformat(),
            "listed_on": day.isoformat(),
        }
        yield json.dumps(paper).encode() + b"\n"
