"""Bytes that are no listing: a message in bounded time, and no crash."""

import os
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.ingest.formats import FORMATS, BadDump, Page, detect
from digest.management.sample_listings import _FOLDER, dated
from tests.ingest.call_counts import assert_linear, count_calls

from .listing_pages import LONG, entry, full_entry, page, parse, titles

MOST_CALLS = 400  # functions, of Python and of C, for one paper
SAMPLE = dated((_FOLDER / "first-listing.txt").read_text(), date(2026, 11, 20)).encode()


def attempt(data: bytes) -> Page | str:
    """The page, or the sentence that says why not."""
    try:
        return FORMATS[detect(data)](data, date(2026, 11, 21), None)
    except BadDump as wrong:
        sentence = str(wrong)
    assert sentence[0].isupper()
    assert sentence[-1] == "."
    return sentence


def text_of(data: bytes) -> str:
    """All words of it, one blank between."""
    return " ".join(data.decode(errors="ignore").split())


@pytest.mark.parametrize("per_cent", range(101))
def test_cut_anywhere(per_cent: int) -> None:
    data = SAMPLE[: len(SAMPLE) * per_cent // 100]
    read = attempt(data)
    if isinstance(read, str):
        assert per_cent < 6
        return
    full = parse(SAMPLE)
    for record, original in zip(read.records, full.records, strict=False):
        assert record.title == original.title
        assert original.abstract.startswith(record.abstract)
    assert len(read.records) + len(read.skipped) >= len(full.records) * (per_cent - 6) // 100


@given(st.integers(0, len(SAMPLE)))
def test_what_is_read_stands_in_the_bytes(end: int) -> None:
    data = SAMPLE[:end]
    read = attempt(data)
    if not isinstance(read, str):
        words = text_of(data)
        for record in read.records:
            assert record.title in words
            assert all(part in words for part in record.abstract.split("\n\n"))


@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), max_size=30))
def test_flipped_bytes(flips: list[tuple[int, int]]) -> None:
    data = bytearray(SAMPLE)
    for place, value in flips:
        data[place] = value
    read = attempt(bytes(data))
    if not isinstance(read, str):
        assert len(read.records) + len(read.skipped) <= 60
        for record in read.records:
            assert "\x00" not in record.title + record.abstract


@given(st.binary(max_size=500))
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbf")
@example(b"\xfe\xff\x00")
def test_any_bytes(data: bytes) -> None:
    attempt(data)
    attempt(b"Daily Papers\n\nFeb 11\n\n" + data)


@given(
    st.lists(
        st.sampled_from(
            ["", "\n", "·", "•", "3 authors", "  • 12 authors", "Feb 11", "May", "10, 2025", "7",
             "gull Gull", "A title", "A sentence.", LONG, "Submitted by", "\u2028", "\x0b", "Next"]
        ),
        max_size=40,
    )
)  # fmt: skip
def test_any_order_of_lines(lines: list[str]) -> None:
    read = attempt(("Daily Papers\n\nFeb 11\n\n" + "\n".join(lines)).encode())
    if not isinstance(read, str):
        assert all(record.title for record in read.records)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b" \n\t\r\n ", "empty"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"PK\x03\x04...", "ZIP"),
        (b"\x1f\x8b\x08...", "gzip"),
        (os.urandom(4096), "This is"),
        (b"<html><body><h1>Log in</h1></body></html>", "an HTML log-in page"),
        (b"502 Bad Gateway\n\nnginx\n", "an error message"),
        (
            b"Dear all,\n\nthe meeting is on Nov 3.\n\nBest,\nA.",
            "a message that begins “Dear all,”",
        ),
        (b"# Notes\n\nNov 20\n\nBought milk.\n\nSold the cow.", "a Markdown text"),
        (b"Daily Papers\n\nNov 20\n", "contains no papers"),
        (b"Daily Papers\n\nNov 20\n\nOne lonely title\n", "no abstract"),
    ],
)
def test_the_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(BadDump, match=sentence):
        FORMATS[detect(data)](data, date(2026, 11, 21), None)


HEAD = b"Daily Papers\n\nFeb 11\n\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [
        lambda: b"word " * 10_000_000,
        lambda: HEAD + b"x" * 50_000_000,
        lambda: HEAD + b" " * 50_000_000 + b"x",
        lambda: b"\n" * 1_000_000,
        lambda: HEAD + b"\n" * 1_000_000 + b"T\n\nAn abstract.",
        lambda: HEAD + b"\n" * 50_000_000 + b"T\n\nAn abstract.",
        lambda: HEAD + b"May\n\n" * 1_000_000,
        lambda: HEAD + "·\n".encode() * 1_000_000,
        lambda: HEAD + b"3 authors\n" * 1_000_000,
        lambda: HEAD + b"a\n" * 1_000_000,
        lambda: HEAD + b"a\n\n" * 1_000_000,
        lambda: HEAD + "\u2028".encode() * 10_000_000,
        lambda: HEAD + b"\xc3" * 10_000_000,
    ],
)
def test_any_size_ends(make: Callable[[], bytes]) -> None:
    """A reader whose work grows faster than the file would not end before the tests' time-out."""
    attempt(make())


def test_an_endless_abstract_is_left_out() -> None:
    read = parse(
        page(full_entry("One"), full_entry("Two", abstract="word " * 50_000), full_entry("Three"))
    )
    assert titles(read) == ["One", "Two", "Three"]
    assert read.records[1].abstract == ""
    assert "more than 20,000 characters" in read.skipped[0].reason


def test_more_bad_entries_than_good_ones_are_no_listing() -> None:
    with pytest.raises(BadDump, match="2 of 3"):
        parse(page(full_entry("One"), full_entry("T\x01"), full_entry("U\x02"), day="Nov 20"))


def test_the_work_grows_with_the_papers() -> None:
    """How long 20,000 papers take is for the bench to say."""

    def reading(count: int) -> Callable[[], object]:
        data = page(*(full_entry(f"Paper {number}", abstract=LONG * 6) for number in range(count)))
        return lambda: parse(data)

    assert_linear(reading, 500)
    assert count_calls(reading(1000)) < 1000 * MOST_CALLS


def test_entries_without_meta_keep_the_count() -> None:
    assert len(parse(page(*(entry(f"Title {number}") for number in range(79)))).records) == 79
