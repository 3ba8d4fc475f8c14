"""The judged papers and keywords of this folder as values."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from digest.matching.index import PaperText
from tests.matching import samples

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class JudgedKeyword:
    """A keyword as typed, and the numbers of the papers that are relevant to it."""

    text: str
    kind: str
    relevant: frozenset[int]


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Papers, keywords, and the id under which each numbered paper is shown."""

    name: str
    papers: tuple[PaperText, ...]
    keywords: tuple[JudgedKeyword, ...]
    ids: dict[int, str]


@dataclass(frozen=True, slots=True)
class Label:
    """One verdict: whether a listed paper, by its arXiv id, is relevant to a keyword."""

    keyword: str
    arxiv_id: str
    relevant: bool


@cache
def kinds() -> dict[str, str]:
    """The kind of every keyword, in the order of the file."""
    by_kind: dict[str, list[str]] = _read("keywords.json")
    return {text: kind for kind, texts in by_kind.items() for text in texts}


@cache
def invented() -> JudgedSet:
    """The invented papers, which always run."""
    records = _invented_records()
    papers = tuple(
        PaperText(
            id=record["id"],
            seq=record["id"],
            title=record["title"],
            abstract=record["abstract"],
            authors=tuple(record["authors"]),
        )
        for record in records
    )
    labels = {text: {r["id"] for r in records if text in r["relevant"]} for text in kinds()}
    return JudgedSet("invented", papers, _keywords(labels), {p.id: str(p.id) for p in papers})


def unknown_labels() -> set[str]:
    """Labels of invented papers that are no keyword."""
    return {text for record in _invented_records() for text in record["relevant"]} - set(kinds())


@cache
def listed() -> JudgedSet:
    """The listed papers of PAPER_SAMPLES. Raises KeyError where they lack a relevant one."""
    papers = tuple(samples.papers())
    ids = {n: str(record["id"]) for n, record in enumerate(samples.records(), 1)}
    numbers = {arxiv_id: n for n, arxiv_id in ids.items()}
    labels: dict[str, set[int]] = {}
    for label in listed_labels():
        found = labels.setdefault(label.keyword, set())
        if label.relevant:
            found.add(numbers[label.arxiv_id])
    return JudgedSet("listed", papers, _keywords(labels), ids)


@cache
def listed_labels() -> tuple[Label, ...]:
    """Every label of a listed paper."""
    return tuple(
        Label(text, arxiv_id, relevant=verdict == "relevant")
        for text, verdicts in _read("listed.json").items()
        for verdict, lines in verdicts.items()
        for line in lines
        for arxiv_id in line.split()
    )


@cache
def second_look() -> tuple[Label, ...]:
    """Labels of listed papers that were judged a second time."""
    return tuple(Label(*row) for row in _read("second_look.json"))


def agreement() -> tuple[int, int]:
    """How many of the labels judged twice agree, and how many there are."""
    return len(set(second_look()) & set(listed_labels())), len(set(second_look()))


def _keywords(labels: dict[str, set[int]]) -> tuple[JudgedKeyword, ...]:
    return tuple(
        JudgedKeyword(text, kind, frozenset(labels[text]))
        for text, kind in kinds().items()
        if labels.get(text)
    )


def _invented_records() -> list[Any]:
    lines = (_FOLDER / "invented.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def _read(name: str) -> Any:
    """What a JSON file of this folder holds."""
    return json.loads((_FOLDER / name).read_text(encoding="utf-8"))
