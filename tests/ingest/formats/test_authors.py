"""Lines of author names, as feeds, repositories, tables and exports write them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ingest.formats.fields.authors import split_authors


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Ann Ebb", ["Ann Ebb"]),
        ("Ann Ebb and Bo Flood", ["Ann Ebb", "Bo Flood"]),
        ("Ann Ebb, Bo Flood, and Cy Neap", ["Ann Ebb", "Bo Flood", "Cy Neap"]),
        ("A. Ebb (1), B. Flood (1 and 2) ((1) Harbour, (2) Sea)", ["A. Ebb", "B. Flood"]),
        ("Ann Ebb (Harbour, The Sea); Bo Flood", ["Ann Ebb", "Bo Flood"]),
        ("TIDE Collaboration: A. Ebb, B. Flood", ["TIDE Collaboration", "A. Ebb", "B. Flood"]),
        ("A. Ebb for the TIDE Collaboration", ["A. Ebb for the TIDE Collaboration"]),
        ("A. Ebb, on behalf of the TIDE Collaboration", ["A. Ebb", "TIDE Collaboration"]),
        ("Bo Flood, Jr., Cy Neap III", ["Bo Flood Jr.", "Cy Neap III"]),
        ("A. Ebb et al.", ["A. Ebb"]),
        (r"P. Erd\H{o}s, K. G{\"o}del, Andr\'e \and", ["P. Erdős", "K. Gödel", r"André \and"]),
        ("Sandy Shore", ["Sandy Shore"]),
        ("Rand And, Leander B", ["Rand And", "Leander B"]),
        ("Ann Ebb, Plato", ["Ann Ebb", "Plato"]),
        ("", []),
        (" , and ;", []),
    ],
)
def test_names_in_spoken_order(line: str, expected: list[str]) -> None:
    assert list(split_authors(line, spoken_order=True)) == expected


@pytest.mark.parametrize(
    "line",
    [
        "Ann Ebb; Bo Flood",
        "Ann Ebb;Bo Flood;",
        "Ebb, Ann; Flood, Bo",
        "Ebb, Ann and Flood, Bo",
        "Ebb, Ann; Bo Flood",
        "Ann Ebb, Bo Flood",
        "Ann Ebb, and Bo Flood",
        "Ann Ebb & Bo Flood",
        "Ann Ebb &amp; Bo Flood",
        r"Ann Ebb \& Bo Flood",
        "Ann Ebb und Bo Flood",
        "Ann Ebb et Bo Flood",
        "Ann Ebb|Bo Flood",
        "Ann Ebb: Bo Flood",
        "Ann Ebb · Bo Flood",
        "\nAnn Ebb, \nBo Flood\n",
        "Ann Ebb\nBo Flood",
        "Ebb, Ann\nFlood, Bo",
        "Ann\nEbb, Bo Flood",
        "ann@tide.example (Ann Ebb), bo@tide.example (Bo Flood)",
        "editor@tide.example (Ann Ebb, Bo Flood)",
        "Ann Ebb <ann@tide.example>, Bo Flood <bo@tide.example>",
        '"Ebb, Ann" <ann@tide.example>; "Flood, Bo" <bo@tide.example>',
        "Ann Ebb ann@tide.example, Bo Flood",
        "Ann Ebb<sup>1,2</sup>, Bo Flood<sup><a href='#x'>2</a>,*</sup>",
        "Ann Ebb1,2, Bo Flood2*†",
        "Ann Ebb¹, Bo Flood²‡",
        "Ann Ebb a,b, Bo Flood b",
        "Ann Ebb (a), Bo Flood [b]",
        "Ann Ebb$^{1,2}$, Bo Flood$^2$",
        r"Ann Ebb\inst{1}, Bo Flood\inst{2}",
        "Ann Ebb, MD, Bo Flood, PhD",
        "Ann Ebb 0000-0002-1825-0097; Bo Flood",
        "Ann Ebb (https://orcid.org/0000-0002-1825-009X), Bo Flood",
        "Ann Ebb, Bo Flood, et al.",
        "Ann Ebb, Bo Flood and others",
        "Author(s): Ann Ebb, Bo Flood",
        "By Ann Ebb and Bo Flood.",
        "<b>Ann Ebb</b>, Bo Flood",
    ],
)
def test_two_people(line: str) -> None:
    assert split_authors(line) == ("Ann Ebb", "Bo Flood")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Ann Ebb, Plato, Bo Flood", ["Ann Ebb", "Plato", "Bo Flood"]),
        ("Ann Ebb, Plato and Bo Flood", ["Ann Ebb", "Plato", "Bo Flood"]),
        ("Plato", ["Plato"]),
        ("Ebb A, Flood B.", ["A Ebb", "B Flood"]),
        ("Ebb AB; Flood B; Neap CD.", ["AB Ebb", "B Flood", "CD Neap"]),
        ("Ebb A., Flood B.", ["A. Ebb", "B. Flood"]),
        ("Ebb, Ann", ["Ann Ebb"]),
        ("EBB, Ann", ["Ann EBB"]),
        ("Ebb, A., Flood, B. C.", ["A. Ebb", "B. C. Flood"]),
        ("Ebb, A., Flood, B., & Neap, C.", ["A. Ebb", "B. Flood", "C. Neap"]),
        ("Ebb, A. and Flood, B.", ["A. Ebb", "B. Flood"]),
        ("Ebb, Ann, Flood, Bo", ["Ann Ebb", "Bo Flood"]),
        ("Ebb, Ann B., Flood, Bo", ["Ann B. Ebb", "Bo Flood"]),
        ("García Ebb, Ann", ["Ann García Ebb"]),
        ("García Ebb, Ann María; Flood, Bo", ["Ann María García Ebb", "Bo Flood"]),
        ("van den Ebb, Ann and Flood, Bo", ["Ann van den Ebb", "Bo Flood"]),
        ("Flood, Jr., Bo; Ebb, Ann, III", ["Bo Flood Jr.", "Ann Ebb III"]),
        ("Ebb AB, Flood C", ["AB Ebb", "C Flood"]),
        ("Ebb AB Jr, García Flood C", ["AB Ebb Jr", "C García Flood"]),
        ("Ebb A.B., Flood C.", ["A.B. Ebb", "C. Flood"]),
        ("Ebb AB, Flood C, TIDE Study Group", ["AB Ebb", "C Flood", "TIDE Study Group"]),
        ("Malcolm X", ["Malcolm X"]),
        ("Ann WU", ["Ann WU"]),
        ("Ebb A.B.", ["A.B. Ebb"]),
        ("Ann One, Bo Two; Cy Three, Di Four; Ed G. Five",
         ["Ann One", "Bo Two", "Cy Three", "Di Four", "Ed G. Five"]),
        ("Ebb, Ann; TIDE Collaboration", ["Ann Ebb", "TIDE Collaboration"]),
        ("TIDE Collaboration, Ann Ebb", ["TIDE Collaboration", "Ann Ebb"]),
        ("Ann Ebb and the TIDE Collaboration", ["Ann Ebb", "TIDE Collaboration"]),
        ("Department of Tides and Sea Services", ["Department of Tides and Sea Services"]),
        ("王小明、李四，张三；赵六", ["王小明", "李四", "张三", "赵六"]),
        ("王小明, 李四", ["王小明", "李四"]),
        ("Ann Ebb（港）、Bo Flood", ["Ann Ebb", "Bo Flood"]),
        ("Ann Ebb, Bo Flood1Department of Tides, Port2School of Sand, UK", ["Ann Ebb", "Bo Flood"]),
        ("Ann McEbbBo DiFloodDepartment of Tides", ["Ann McEbb", "Bo DiFlood"]),
        ("Ann Ebb a Department of Tides, University of Sand, Port", ["Ann Ebb"]),
        ("Ann Ebb1University of Sand; Bo Flood", ["Ann Ebb", "Bo Flood"]),
        ("InterUniversity Council of Tides, LaTeX Project", ["InterUniversity Council of Tides",
                                                             "LaTeX Project"]),
        ("O'Neap, Ann; D’Ebb, Bo", ["Ann O'Neap", "Bo D’Ebb"]),
        ("Ebb, A\x00; Flood, Bo", ["Bo Flood"]),
        (f"{'x' * 256}, Ann Ebb, Bo Flood", ["Ann Ebb", "Bo Flood"]),
    ],
)  # fmt: skip
def test_names(line: str, expected: list[str]) -> None:
    assert list(split_authors(line)) == expected


WORDS = st.from_regex(r"[A-Z][a-z]{3,8}", fullmatch=True).filter(lambda word: word != "Team")
NAMES = st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=6)
SEPARATORS = ["; ", ";", ", ", " and ", " & ", ",\n", "\n", "|", "、", "，", "；"]


@settings(max_examples=60)
@given(NAMES, st.sampled_from(SEPARATORS))
def test_names_joined_by_any_separator_come_back(
    names: list[tuple[str, str]], separator: str
) -> None:
    spoken = tuple(" ".join(name) for name in names)
    assert split_authors(separator.join(spoken)) == spoken


@settings(max_examples=60)
@given(NAMES, st.sampled_from(["; ", ";", " and ", "\n", "|", "；"]))
def test_turned_names_joined_by_what_is_no_comma_come_back(
    names: list[tuple[str, str]], separator: str
) -> None:
    turned = separator.join(f"{last}, {first}" for first, last in names)
    assert split_authors(turned) == tuple(" ".join(name) for name in names)


@settings(max_examples=100)
@given(st.text(alphabet="abABJr .,;:&|()[]<>@1*†\n\"'-^$and王、", max_size=120), st.booleans())
def test_any_line_gives_names_of_its_own_letters(line: str, spoken_order: bool) -> None:
    for name in split_authors(line, spoken_order=spoken_order):
        assert name == " ".join(name.split()) != ""
        assert any(map(str.isalpha, name))
        assert all(word in line for word in re.findall(r"[^\W\d_]+", name))


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    ["<sup ", "<a", "(", "[", "a@", "a", "a, ", " and ", "$^{", "a;", "\n,", "0000-", "A.", "A ",
     "et al ", r"\H{", "the ", " x and ", "- ", "<@", "1,", "A B, ", "van ", "&amp;", "“",
     "xDepartment of", "x 1 School", "aB "],
)  # fmt: skip
def test_hostile_lines_end(unit: str) -> None:
    split_authors(unit * (200_000 // len(unit)))
