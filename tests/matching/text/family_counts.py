"""The word families of the real corpus: pairs with their counts, and judged papers.

`python -m tests.matching.text.family_counts` counts again and writes the pairs.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from digest.matching.index import PaperText
from digest.matching.text import tokenize
from digest.matching.text.word_families import family

PAIRS = Path(__file__).with_name("word_family_pairs.txt")
LABELS = Path(__file__).with_name("word_family_labels.txt")


class Label(NamedTuple):
    """One judged paper: the keyword, the wording found in it, and whether it means the keyword."""

    keyword: str
    form: str
    right: bool


def rows(file: Path) -> Iterator[str]:
    """The lines of a data file without comments."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return (line for line in lines if line and not line.startswith("#"))


def stored_counts() -> dict[str, int]:
    """In how many papers each word with a family occurred."""
    counts: dict[str, int] = {}
    for row in rows(PAIRS):
        left, left_count, right, right_count = row.split()
        counts |= {left: int(left_count), right: int(right_count)}
    return counts


def labels() -> tuple[list[Label], list[Label]]:
    """The judged papers: those drawn while the rules were made, and those of other keywords."""
    drawn, check = LABELS.read_text(encoding="utf-8").split("\n# check:")
    return _read_labels(drawn), _read_labels(check)


def _read_labels(text: str) -> list[Label]:
    parts = [line.split(" | ") for line in text.splitlines() if line.count(" | ") == 2]
    verdicts = {"right": True, "noise": False}
    return [Label(part[0], part[1], verdicts[part[2]]) for part in parts if part[2] in verdicts]


def noise(judged: list[Label]) -> float:
    """The share of judged papers in which the form means something else."""
    return sum(not label.right for label in judged) / len(judged)


def count_words(papers: Iterable[PaperText]) -> Counter[str]:
    """In how many papers each folded word occurs, joined spellings included."""
    counts: Counter[str] = Counter()
    for paper in papers:
        texts = tokenize(paper.title), tokenize(paper.abstract)
        counts.update(
            {word for text in texts for word in text.terms}
            | {joined.term for text in texts for joined in text.alternatives}
        )
    return counts


def pairs(counts: Mapping[str, int]) -> set[tuple[str, str]]:
    """Each two words of one family that occur, in alphabetical order."""
    return {
        (min(word, form), max(word, form))
        for word in counts
        for form in family(word, counts)
        if counts[word] and counts.get(form)
    }


def main() -> None:
    from tests.matching import samples

    counts = count_words(samples.papers())
    found = sorted(pairs(counts))
    head = "# Words of one family among 7,794 papers: word, papers, word, papers.\n"
    PAIRS.write_text(head + "".join(f"{a} {counts[a]} {b} {counts[b]}\n" for a, b in found))
    print(f"{len(found)} pairs")
    for name, judged in zip(("drawn", "check"), labels(), strict=True):
        print(f"{name}: noise {noise(judged):.1%} of {len(judged)} judged papers")


if __name__ == "__main__":
    main()
