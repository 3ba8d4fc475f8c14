"""Keywords drawn from real papers, for comparing matchers and for timing."""

import random
import re
from collections import Counter

from .reference import Spec

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]|[A-Za-z]")


class KeywordSampler:
    """Words and neighbours of a corpus, drawn by how many papers hold them."""

    def __init__(self, texts: list[str], seed: int = 7) -> None:
        self.random = random.Random(seed)
        self.rows = [_WORD.findall(text) for text in texts]
        counts = Counter(word for row in self.rows for word in sorted(set(row)))
        self.words, self.weights = list(counts), list(counts.values())

    def word(self) -> str:
        """One word, by document frequency."""
        while (word := self.random.choices(self.words, self.weights)[0]).upper() in _OPERATORS:
            pass
        return word

    def phrase(self, size: int = 0) -> str:
        """Neighbouring words of some paper, with a space between."""
        size = size or self.random.choice((2, 2, 2, 3, 3, 4))
        while True:
            row = self.random.choice(self.rows)
            if len(row) >= size:
                at = self.random.randrange(len(row) - size + 1)
                found = row[at : at + size]
                if not any(word.upper() in _OPERATORS for word in found):
                    return " ".join(found)

    def spec(self) -> Spec:
        """Half words, a quarter phrases, the rest booleans, beginnings, exact and fields."""
        kind = self.random.random()
        if kind < 0.5:
            return "phrase", self.word()
        if kind < 0.75:
            return "phrase", self.phrase()
        return self.rich_spec()

    def rich_spec(self) -> Spec:
        """Something with an operator in it."""
        kind = self.random.randrange(6)
        if kind == 0:
            return "and", [("phrase", self.word()), ("phrase", self.word())]
        if kind == 1:
            return "or", [("phrase", self.word()), ("phrase", self.phrase())]
        if kind == 2:
            return "and", [("phrase", self.phrase(2)), ("not", ("phrase", self.word()))]
        if kind == 3:
            return "title", ("phrase", self.word())
        if kind == 4:
            return "exact", self.phrase()
        return "beginning", self.beginning()

    def beginning(self) -> str:
        """The first letters of some word, three or more."""
        while len(word := re.sub("[^a-z]", "", self.word().lower())) < 4:
            pass
        return word[: max(3, len(word) * 2 // 3)]


_OPERATORS = {"AND", "OR", "NOT", "ANDNOT"}
