"""Papers found by author keywords: in the index, in the stored documents, and in what is shown."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.matching.explain import reason
from digest.matching.index import PaperIndex, PaperText
from digest.matching.query import parse
from digest.matching.work_budget import WorkBudget
from tests.matching import samples
from tests.matching.full_text.test_verification import agrees

from .ways import Person, ways

PEOPLE = [
    Person("Quell", ("John", "Albert")), Person("Mühlbach", ("Hans",)), Person("Ørvig", ("Søren",)),
    Person("Zhuquan", ("Xiao", "Ming"), is_joined=True), Person("O'Quill", ("Pat",)),
    Person("Berk", ("Jan", "Piet"), "van der"), Person("Quinta", ("Ana",), "de la"),
]  # fmt: skip
LISTED = [(person, way) for person in PEOPLE for way in sorted(ways(person))]
INDEX = PaperIndex(
    [PaperText(n, n, f"Paper {n}", "", ("A. Nother", way)) for n, (_, way) in enumerate(LISTED, 1)],
    through=len(LISTED),
)
SAMPLES = samples.FOLDER.parent / "cases/keywords"


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.family)
def test_each_way_finds_the_papers_of_one_person(person: Person) -> None:
    wanted = [n for n, (each, _) in enumerate(LISTED, 1) if each is person]
    for way in sorted(ways(person))[::4]:
        for text in (f"author:({way})", f'author:"{way}"', f"{way}[au]"):
            assert INDEX.ids(INDEX.evaluate(parse(text))) == wanted, text


def test_the_family_name_alone_finds_them_all() -> None:
    for typed in ("OQuill", "O’Quill", "o'quill", "Muehlbach", "Oervig", "van der Berk", "Zhuquan"):
        count = INDEX.evaluate(parse(f"author:{typed}")).bit_count()
        assert count == max(len(ways(each)) for each in PEOPLE if _is_of(typed, each)), typed


def _is_of(typed: str, person: Person) -> bool:
    return typed[-3:].lower() == person.family[-3:].lower()


NAMES = st.lists(st.sampled_from([way for _, way in LISTED] + ["李明", "QUILL Group"]), max_size=4)
TYPED = st.sampled_from(
    [way for _, way in LISTED] + ["明", "Quill", "J", "J A", "Ming", "QUILL group"]
)


@given(TYPED, NAMES)
def test_the_search_finds_what_the_index_finds(typed: str, names: list[str]) -> None:
    agrees(parse(f'author:"{typed}"'), PaperText(1, 1, "A title", "", tuple(names)))


@pytest.mark.parametrize(
    ("keyword", "shown"),
    [
        ("author:Quell JA", "John Albert Quell"), ("author:quell", "Quell"),
        ("author:Muehlbach", r"M\"uhlbach"), ("author:Quill", "QUILL"), ("author:李", "李明"),
        ("author:van der Berk", "Jan van der Berk"), ("author:ming", "Xiao-Ming"),
    ],
)  # fmt: skip
def test_what_is_marked(keyword: str, shown: str) -> None:
    names = (
        "John Albert Quell", r"Hans M\"uhlbach", "QUILL Group", "李明", "Jan van der Berk",
        "Xiao-Ming Zhuquan",
    )  # fmt: skip
    paper = PaperText(1, 1, "A title", "", names)
    found = reason(paper, parse(keyword))
    assert [paper.field("author")[span.start : span.end] for span in found.spans] == [shown]
    assert found.text == f"author “{shown}”"


def test_a_name_that_nobody_has_is_said_as_typed() -> None:
    paper = PaperText(1, 1, "A title", "", ("John Quell",))
    assert reason(paper, parse("author:Quell  KB")).text == "no author named “Quell KB”"
    assert parse('author:"Quell, J. A."').meaning() == "author “Quell, J. A.”"


def test_a_replaced_paper_is_found_by_its_new_authors() -> None:
    index = PaperIndex([PaperText(1, 1, "A title", "", ("John Quell",))], through=1)
    index.refresh([PaperText(1, 1, "A title", "", ("Ann Quell",))], through=1, change=1)
    assert [index.evaluate(parse(f"author:Quell {x}")) for x in "AJ"] == [1, 0]
    assert [index.evaluate(parse(f"author:{x} Quell")) for x in ("Ann", "John")] == [1, 0]


def test_nothing_is_kept_of_a_paper_without_authors() -> None:
    index = PaperIndex([PaperText(1, 1, "A title", "", ("John Quell", "Ann Roe"))], through=1)
    index.refresh([PaperText(1, 1, "A title", "")], through=1, change=1)
    assert index._blocks[0]._name_rows == {}
    assert index.evaluate(parse("author:John Quell")) == 0


def test_a_rare_name_takes_few_steps() -> None:
    papers = [PaperText(n, n, "A title", "", (f"Name{n} Wang", "Y. Wang")) for n in range(1, 900)]
    index = PaperIndex(papers, through=900)
    work = WorkBudget()
    assert index.evaluate(parse("author:Xaver Quell"), work) == 0
    assert work.spent < 30
    assert index.evaluate(parse("author:Y. Wang"), work).bit_count() == 899
    assert work.spent < 3 * 899


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLES.exists(), reason=f"no cases at {SAMPLES}")
def test_the_cases_handed_in() -> None:
    listed = [json.loads(line)["authors"] for line in _lines("10-author-names-each-way*.jsonl")]
    index = PaperIndex(
        [PaperText(n, n, "A title", "", tuple(names)) for n, names in enumerate(listed, 1)],
        through=len(listed),
    )
    found = [
        index.evaluate(parse(text)).bit_count() for text in _lines("10-author-names-keywords.txt")
    ]
    assert found == [9, 9, 9, 4, 4, 2, 3, 2]


def _lines(pattern: str) -> list[str]:
    (path,) = SAMPLES.glob(pattern)
    return Path(path).read_text(encoding="utf-8").splitlines()
