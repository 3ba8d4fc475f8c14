"""The papers and keywords of the bench: from the real sample, or invented where it is missing."""

import random
import re
from collections import Counter
from datetime import date

from digest.matching.index import PaperText
from tests.matching import samples

_WORD = re.compile(r"[a-z][a-z0-9]*")
_RESERVED = {"and", "or", "not", "near"}
_PHRASES = ("phrase",) * 4 + ("exact",)
_OTHERS = ("and",) * 5 + ("or", "not") * 2 + ("title", "prefix")


def papers(count: int) -> list[PaperText]:
    """`count` papers, the sample repeated under new numbers where it is too small."""
    known = samples.papers() if samples.LISTED.exists() else _invented(2000)
    found = []
    for number in range(count):
        source = known[number % len(known)]
        # The clean lower-case words let every engine see the same tokens.
        found.append(
            PaperText(
                id=number + 1,
                seq=number + 1,
                title=" ".join(_WORD.findall(source.title.lower())),
                abstract=" ".join(_WORD.findall(source.abstract.lower())),
                listed_on=source.listed_on,
                published_on=source.published_on,
                comment_count=source.comment_count,
            )
        )
    return found


def _invented(count: int) -> list[PaperText]:
    """Papers of nonsense words whose frequencies fall as in real text."""
    drawn = random.Random(3)
    words = [
        "".join(drawn.choices("abcdefghijklmnop", k=drawn.randint(3, 9))) for _ in range(20_000)
    ]
    weights = [1 / (rank + 5) for rank in range(len(words))]
    return [
        PaperText(
            id=number,
            seq=number,
            title=" ".join(drawn.choices(words, weights, k=9)),
            abstract=" ".join(drawn.choices(words, weights, k=180)),
            listed_on=date(2026, 1, 1),
        )
        for number in range(1, count + 1)
    ]


class Queries:
    """Distinct keywords of the mix: each is (kind, words)."""

    def __init__(self, texts: list[str], seed: int = 11) -> None:
        self.random = random.Random(seed)
        self.rows = [[w for w in text.split() if w not in _RESERVED] for text in texts]
        counts = Counter(word for row in self.rows for word in sorted(set(row)))
        # "by document frequency": common words come first and run out last.
        self.words = [word for word, _ in counts.most_common()]

    def draw(self, count: int) -> list[tuple[str, tuple[str, ...]]]:
        """Half words, a quarter phrases (a fifth of them quoted), the rest operators, beginnings
        and fields; where the corpus has too few distinct words, two words with an operator take
        their place."""
        found = dict.fromkeys(("word", (word,)) for word in self.words[: count // 2])
        for wanted, kinds in ((count // 4, _PHRASES), (count, _OTHERS)):
            full = min(len(found) + wanted, count)
            while len(found) < full:
                kind = self.random.choice(kinds)
                found.setdefault((kind, self._words(kind)), None)
        mixed = list(found)
        self.random.shuffle(mixed)
        return mixed

    def _words(self, kind: str) -> tuple[str, ...]:
        row = self.random.choice(self.rows)
        if kind == "title":
            return tuple(self._neighbours(row[:12], 2))
        if kind == "prefix":
            word = self.random.choice(row)
            return (word[: max(3, len(word) - self.random.randrange(3))],)
        if kind in ("phrase", "exact"):
            return tuple(self._neighbours(row, self.random.choice((2, 2, 3, 3, 4))))
        one, other = self.random.sample(row, 2)
        # `a NOT as` would ask for and exclude one thing.
        return (one, other) if one[:3] != other[:3] else self._words(kind)

    def _neighbours(self, row: list[str], size: int) -> list[str]:
        at = self.random.randrange(max(1, len(row) - size))
        return row[at : at + size]


def typed(kind: str, words: tuple[str, ...]) -> str:
    """A query in our language."""
    match kind:
        case "and" | "or":
            return f" {kind.upper()} ".join(words)
        case "not":
            return " NOT ".join(words)
        case "title":
            return f"title:{' '.join(words)}"
        case "prefix":
            return f"{words[0]}*"
        case "exact":
            return f'"{" ".join(words)}"'
        case _:
            return " ".join(words)
