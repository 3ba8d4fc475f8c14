"""A title alone: what joins by it, what contradicts, and the same answer in every order."""

from datetime import date
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ingest.formats import Record
from digest.ingest.papers.identity.title_names import is_generic, word_count

from .known_records import ONE, TITLE, as_one, in_order, parted, record

HERE, THERE = "https://here.example/7", "https://there.example/9"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({"url": HERE}, {}),
        ({"url": HERE}, {"authors": ("Ada Lamp",)}),
        ({"url": HERE}, {"url": "http://www.here.example/7/?utm_source=x#top"}),
        ({"url": HERE}, {"url": "https://here.example/8"}),  # moved on the same site
        ({"authors": ONE}, {"authors": ("Lamp, A.", "Wick, B.")}),
        ({"authors": ONE, "url": HERE}, {"authors": ONE, "url": THERE}),
        ({"url": HERE}, {"url": "https://arxiv.org/abs/2611.00001"}),  # where all papers are
        ({"url": HERE}, {"arxiv_id": "2611.00001"}),
        ({"authors": ONE}, {"arxiv_id": "2611.00001", "authors": ONE[1:]}),
        ({"journal": "Rivers"}, {"journal": "Lakes"}),
        ({"authors": ONE, "url": HERE}, {"authors": ONE, "url": THERE, "doi": "10.1000/gauge"}),
        ({"authors": ("admin",), "url": HERE}, {"authors": ONE, "url": HERE, "doi": "10.1000/x"}),
    ],
)
def test_nothing_contradicts(one: dict[str, object], other: dict[str, object]) -> None:
    assert as_one(record(**one), record(**other))
    assert as_one(record(**other), record(**one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"url": HERE}, {"url": THERE}),
        ({"authors": ONE}, {"authors": ("Di Flame", "Ed Spark")}),
        ({"authors": ONE}, {"authors": ("Di Flame",), "arxiv_id": "2611.00001"}),
        ({"url": HERE}, {"url": THERE, "doi": "10.1000/gauge"}),
        ({"authors": ONE, "url": HERE}, {"authors": ONE[::-1], "url": THERE}),
    ],
)
def test_something_contradicts(one: dict[str, object], other: dict[str, object]) -> None:
    assert not as_one(record(**one), record(**other))
    assert not as_one(record(**other), record(**one))


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        ({}, {}, True),
        ({}, {"arxiv_id": "2611.00001", "authors": ONE, "url": HERE}, True),
        ({"url": HERE}, {"url": "https://here.example/8"}, False),
        ({"journal": "Rivers"}, {"journal": "Lakes"}, False),
        ({"published_on": "2025-11-20"}, {"published_on": "2026-11-20"}, False),
        ({"authors": ONE, "url": HERE}, {"authors": ONE, "url": THERE}, False),
        ({"authors": ONE}, {"authors": ONE, "url": THERE}, True),
    ],
)
def test_one_or_two_words_are_a_weak_name(
    one: dict[str, object], other: dict[str, object], joined: bool
) -> None:
    records = [_dated("Tidal gauges", **fields) for fields in (one, other)]
    assert as_one(*records) is joined


def _dated(title: str, **fields: object) -> Record:
    day = fields.pop("published_on", None)
    given = {"published_on": date.fromisoformat(str(day))} if day else {}
    return record(title, **fields, **given)


@pytest.mark.parametrize("title", ["Introduction", "Editorial.", "Reply to Lamp and Wick",
                                   "Correction to: Gauges that read rivers by night"])  # fmt: skip
def test_a_generic_title_is_no_name(title: str) -> None:
    """Only what cannot be told apart, or has the same address, is one paper."""
    rivers, lakes = (f"https://sciencedirect.example/pii/{number}" for number in (1, 2))
    assert not as_one(record(title, url=rivers), record(title, url=lakes))
    assert not as_one(record(title, url=rivers), record(title))
    assert not as_one(record(title), record(title, doi="10.1000/other"))
    assert not as_one(record(title, journal="Rivers"), record(title, journal="Lakes"))
    assert not as_one(record(title, authors=ONE), record(title, authors=ONE, journal="Lakes"))
    assert as_one(record(title, url=rivers), record(title, url=f"{rivers}?rss=yes"))
    assert as_one(record(title, url=rivers), record(title, url=rivers, doi="10.1000/gauge"))
    assert as_one(record(title, journal="Rivers"), record(title, journal="Rivers"))


def test_each_joins_the_paper_it_fits_best() -> None:
    """Two papers with ids share a title; a bare entry goes to the lower, one with authors to its
    own.
    """
    first = record(arxiv_id="2611.00001", authors=("Di Flame",))
    second = record(arxiv_id="2611.00002", authors=ONE)
    assert parted([first, second, record(authors=ONE[:1]), record()]) == [{0, 3}, {1, 2}]


def test_a_bare_entry_joins_no_two_that_contradict() -> None:
    records = [record(url=HERE), record(url=THERE), record(), record(authors=ONE)]
    found = {str(in_order(records, order)) for order in permutations(range(4))}
    assert len(found) == 1
    assert len(parted(records)) == 2


@pytest.mark.parametrize(
    ("title", "generic"),
    [
        ("Éditorial", True),
        ("Guest Editors’ Introduction", True),
        ("Introduction to the Special Issue on Rivers", True),
        ("Authors' reply: rivers", True),
        ("Comment on “Gauges that read rivers by night”", True),
        ("Erratum: Gauges that read rivers", True),
        ("Introduction to tidal gauges", False),
        ("Reviews of rivers", False),
        ("Response to comments on rivers", True),
        ("Response to rain in northern rivers", False),
        ("Corrections of gauges by night", False),
        (TITLE, False),
    ],
)
def test_generic_titles(title: str, generic: bool) -> None:
    assert is_generic(title) is generic


@pytest.mark.parametrize(
    ("title", "count"),
    [("", 0), (TITLE, 6), ("Night-time gauges’ end", 3), ("夜に川を測る計器", 4)],
)
def test_words(title: str, count: int) -> None:
    assert word_count(title) == count


RECORDS = st.builds(
    Record,
    title=st.sampled_from([TITLE, TITLE.upper(), "Gauges", "Introduction"]),
    url=st.sampled_from(["", "", HERE, THERE, "https://here.example/8", "https://hf.co/papers/1"]),
    authors=st.sampled_from([(), (), ONE, ONE[::-1], ("Di Flame",), ("Flame, Di", "Ada Lamp")]),
    journal=st.sampled_from(["", "", "Rivers", "Lakes"]),
    arxiv_id=st.sampled_from(["", "", "", "2611.00001", "2611.00002"]),
    doi=st.sampled_from(["", "", "", "10.1000/a", "10.1000/b", "10.1101/2026.11.01.700001"]),
    year_inferred=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(RECORDS, max_size=5), st.randoms())
def test_every_order_gives_the_same_papers(records: list[Record], random: object) -> None:
    whole = parted(records)
    for order in list(permutations(range(len(records))))[::7]:
        assert in_order(records, order) == whole


@settings(max_examples=60, deadline=None)
@given(st.lists(RECORDS, max_size=6))
def test_what_is_there_twice_changes_nothing(records: list[Record]) -> None:
    """A record and its copy are one paper, and the copies part nothing and join nothing."""
    count = len(records)
    twice = parted(records * 2)
    assert [{number % count for number in paper} for paper in twice] == parted(records)


@pytest.mark.slow
def test_many_of_one_title_take_linear_time() -> None:
    """Ten thousand of one title, all on hosts of their own, and all on one."""
    alone = [record(url=f"https://h{number}.example/") for number in range(5_000)]
    together = [record(url=f"https://h.example/{number}", authors=(f"A B{'x' * (number % 99)}",))
                for number in range(5_000)]  # fmt: skip
    assert len(parted(alone)) == 5_000
    assert parted(together)
