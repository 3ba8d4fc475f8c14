"""The metadata snapshot, a part of it at a time."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.ingest.formats import BadDump, NotThisFormat, Record, arxiv_jsonl, detect

FIXTURE = Path(__file__).resolve().parent.parent.parent / "fixtures" / "arxiv_jsonl" / "part.jsonl"
DATA = FIXTURE.read_bytes()
LINES = DATA.splitlines()
RECEIVED = date(2026, 11, 21)


def test_every_field() -> None:
    assert detect(DATA) == "arxiv_jsonl"
    read = arxiv_jsonl.parse(DATA, RECEIVED)
    assert (read.listed_on, read.skipped) == (None, ())
    first, second, third = read.records
    assert first == Record(
        title="Tide Tables for Tokens: Attention and the Moon",
        abstract="Attention rises and falls with the moon.",
        authors=("Zoë Ebb", "Noor Flood Jr."),
        published_on=date(2026, 11, 2),
        arxiv_id="2611.00017",
        doi="10.5555/tide.2026.17",
        categories=("cs.CL", "cs.LG"),
    )
    assert (second.arxiv_id, second.withdrawn_on) == ("math/0309136", date(2004, 2, 1))
    assert (third.authors, third.categories) == (("Ann Brine",), ("cond-mat.mtrl-sci",))
    assert arxiv_jsonl.parse(DATA, RECEIVED, date(2026, 11, 1)).listed_on == date(2026, 11, 1)


@pytest.mark.parametrize(
    "data",
    [b"\xef\xbb\xbf" + DATA, DATA.replace(b"\n", b"\r\n"), DATA.rstrip(), b"\n\n" + DATA + b"\n"],
)
def test_line_ends_and_marks_change_nothing(data: bytes) -> None:
    assert detect(data) == "arxiv_jsonl"
    assert arxiv_jsonl.parse(data, RECEIVED) == arxiv_jsonl.parse(DATA, RECEIVED)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (LINES[0][:-20], "not a JSON object on one line"),
        (b"[1, 2]", "not a JSON object"),
        (b"9" * 5000, "not a JSON object"),
        (b"[" * 100_000, "not a JSON object"),
        (b'{"id": "2611.1"}', "is missing one of id, title"),
        (LINES[0].replace(b"Tide", b"\xff"), "not UTF-8"),
        (LINES[0].replace(b"Tide", b"\\ud800"), "damaged characters"),
        (LINES[0].replace(b"Tide", b"\\u0000"), "damaged characters"),
        (LINES[0].replace(b'"2611.00017"', b"261100017"), "id cannot be read"),
        (LINES[0].replace(b'"id":', b'"id":null,"no":'), "id cannot be read"),
    ],
)
def test_a_bad_line_is_named_and_the_others_stay(line: bytes, reason: str) -> None:
    read = arxiv_jsonl.parse(b"\n".join([*LINES, line]), RECEIVED)
    assert len(read.records) == 3
    assert len(read.skipped) == 1
    assert reason in read.skipped[0].reason
    assert 0 < len(read.skipped[0].entry) <= 81


def test_mostly_bad_lines() -> None:
    with pytest.raises(BadDump, match="4 of 5"):
        arxiv_jsonl.parse(b"\n".join([LINES[0], *[b"{}"] * 4]), RECEIVED)


@pytest.mark.parametrize("data", [b"", b" \n ", b"\xef\xbb\xbf"])
def test_an_empty_part(data: bytes) -> None:
    with pytest.raises(BadDump, match="empty"):
        arxiv_jsonl.parse(data, RECEIVED)


@pytest.mark.parametrize(
    "data", [b"{}", b"not json", b'{"id": 1, "title": "T"}', b'[{"id": "2611.00017"}]', b"{\n"]
)
def test_something_else(data: bytes) -> None:
    assert not arxiv_jsonl.looks_like(data)
    with pytest.raises(NotThisFormat):
        arxiv_jsonl.parse(data, RECEIVED)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=40)
@given(st.sampled_from(sorted(json.loads(LINES[0]))), _JSON)
def test_any_value_in_any_field(name: str, value: Any) -> None:
    changed = json.dumps(json.loads(LINES[0]) | {name: value}).encode()
    read = arxiv_jsonl.parse(b"\n".join([changed, LINES[1]]), RECEIVED)
    entries = [each for each in read.skipped if "its abstract was dropped" not in each.reason]
    assert len(read.records) + len(entries) == 2
    assert all(isinstance(author, str) for record in read.records for author in record.authors)
