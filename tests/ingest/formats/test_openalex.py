"""OpenAlex's works: abstracts put together from their index, addresses that hold an arXiv id."""

import json
import tracemalloc
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import BadDump, Page, detect, openalex

from .damaged_bytes import assert_survives
from .listing_pages import RECEIVED, titles

FOLDER = Path(__file__).resolve().parent.parent.parent / "fixtures" / "openalex"
WORKS = (FOLDER / "works.json").read_bytes()


def work(**fields: Any) -> dict[str, Any]:
    return {"id": "https://openalex.org/W9", "title": "A spring", **fields}


def answer(*works: Any, **fields: Any) -> bytes:
    meta = {"count": len(works), "db_response_time_ms": 7}
    return json.dumps({"meta": meta, "results": list(works), **fields}).encode()


def parse(data: bytes, listed_on: date | None = None) -> Page:
    return openalex.parse(data, RECEIVED, listed_on)


def test_every_field() -> None:
    read = parse(WORKS)
    first = read.records[0]
    assert read.listed_on is None
    assert first.title == "The gauge at the spring & the sea"
    assert first.abstract == (
        "Two gauges, one at the spring, one at the sea: where the water leaves the river."
    )
    assert (first.authors, first.author_count) == (("Ada Author", "Ben Berg"), 2)
    assert first.organization == "Institute of Invented Rivers"
    assert first.published_on == date(2026, 11, 18)
    assert (first.doi, first.arxiv_id, first.url) == ("10.9999/gauges.1", "", "")
    assert first.keywords == ("Gauge (instrument)", "spring")
    assert first.categories == ("Environmental Science", "Water Science and Technology")
    assert first.withdrawn_on is None


def test_a_paper_of_the_arxiv() -> None:
    paper = parse(WORKS, date(2026, 11, 19)).records[1]
    assert (paper.arxiv_id, paper.doi, paper.url) == ("2611.01234", "", "")
    assert paper.categories == ()
    assert paper.withdrawn_on == date(2026, 11, 19)
    # The list of authors was cut, and two houses are no organization.
    assert (paper.author_count, paper.organization) == (None, "")


def test_without_a_name_the_address_stays() -> None:
    paper = parse(WORKS).records[2]
    assert paper.url == "https://rivers.example/masz"
    assert (paper.published_on, paper.abstract) == (None, "Naïve Größe zählt.")
    assert parse(answer(work())).records[0].url == "https://openalex.org/W9"


def test_what_is_left_out_is_named() -> None:
    assert [(each.entry, each.reason) for each in parse(WORKS).skipped] == [
        ("Front Cover", "not a paper but a part of its journal, like a cover"),
    ]


def test_an_abstract_that_cannot_be_put_together_is_left_out_and_noted() -> None:
    read = parse(WORKS)
    title = "Words that stand in each other's place"
    assert next(each.abstract for each in read.records if each.title == title) == ""
    assert read.notes == (
        f"“{title}”: the words of its abstract cannot be put in order; it was skipped.",
    )


@given(st.lists(st.sampled_from(["a", "b", "the", "Gauge.", "Größe", "<", "p<n"]), max_size=40))
def test_the_index_of_any_text_gives_the_text(words: list[str]) -> None:
    index: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        index.setdefault(word, []).append(place)
    for order in (sorted, lambda found: sorted(found, reverse=True)):
        assert openalex.rebuilt({key: index[key] for key in order(index)}) == " ".join(words)


def test_places_may_be_missing() -> None:
    assert openalex.rebuilt({"two": [9], "one": [3]}) == "one two"


@pytest.mark.parametrize(
    "index",
    [
        [],
        "text",
        7,
        {"a": 1},
        {"a": ["0"]},
        {"a": [-1]},
        {"a": [0.5]},
        {"a": [0, 0]},
        {"a": [None]},
    ],
)
def test_what_is_no_index(index: Any) -> None:
    with pytest.raises(ValueError, match="its abstract"):
        openalex.rebuilt(index)
    read = parse(answer(work(abstract_inverted_index=index), work()))
    assert (len(read.records), len(read.notes)) == (2, 1)


def test_a_long_word_in_many_places_takes_no_memory() -> None:
    index = {"w" * 1_000_000: list(range(1_000_000))}
    tracemalloc.start()
    with pytest.raises(ValueError, match="too long"):
        openalex.rebuilt(index)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200_000_000  # written out it would be a TB


def test_mark_up_that_is_split_between_words() -> None:
    index = {"An": [0], "<jats:italic": [1], 'id="x">E.': [2], "coli</jats:italic>": [3]}
    index |= {"<mml:math><mml:mi>x</mml:mi></mml:math>": [4], "&lt;": [5], "3": [6]}
    read = parse(answer(work(abstract_inverted_index=index)))
    assert read.records[0].abstract == "An E. coli x < 3"


@pytest.mark.parametrize("works", [[], [work(), work(title="A sea")]])
def test_a_list(works: list[Any]) -> None:
    data = answer(*works)
    assert detect(data) == "openalex"
    assert titles(parse(data)) == [each["title"] for each in works]


def test_one_work_and_one_without_its_id() -> None:
    data = json.dumps(work()).encode()
    assert detect(data) == "openalex"
    assert titles(parse(data)) == ["A spring"]
    assert titles(parse(b'{"title": "A sea", "authorships": []}')) == ["A sea"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b'{"error": "Invalid filter", "message": "Unknown field: x"}', "“Unknown field: x”"),
        (b'{"error": "Rate limit exceeded"}', "“Rate limit exceeded”"),
        (answer({"id": "https://openalex.org/A1", "display_name": "Ada"}), "it is not a work"),
        (answer(group_by=[{"key": "2026", "count": 7}]), "counts instead of works"),
        (b'{"results": 7}', "neither a list"),
        (b"[]", "neither a list"),
        (b"", "empty"),
        (WORKS[:3000], "cut off|broken"),
        (answer(work(title=None), 7), "it has no title"),
    ],
)
def test_what_is_no_list_of_works(data: bytes, sentence: str) -> None:
    with pytest.raises(BadDump, match=sentence):
        parse(data)


def test_signs_that_no_database_holds() -> None:
    author = {"author": {"display_name": "A\x00"}, "raw_author_name": "Ada"}
    paper = parse(answer(work(doi="10.9999/\ud800", authorships=[author]))).records[0]
    assert (paper.doi, paper.authors) == ("", ("Ada",))


def test_damaged() -> None:
    assert_survives("openalex", WORKS, rebuilt=True)


@pytest.mark.slow
def test_damaged_everywhere() -> None:
    assert_survives("openalex", WORKS, rebuilt=True, thorough=True)
