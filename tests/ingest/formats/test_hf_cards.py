"""The visible text of a listing in cards: papers without abstracts."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import BadDump, Page, Record, Skipped, detect
from digest.ingest.formats.daily_page.hf_cards import Card, read_cards, read_number

from .damaged_bytes import assert_survives, result_or_reason
from .listing_pages import HEADER, parse, titles

FIXTURE = Path(__file__).resolve().parent.parent.parent / "fixtures" / "hf_text" / "cards.txt"
ONE = "Submitted by\ngull\n94\nOne\n·\n3 authors\n5\n"


def cards(*texts: str, day: str = "Nov\n20") -> bytes:
    return f"{HEADER}\n{day}\n{''.join(texts)}".encode()


def only(text: str) -> Card:
    (card,) = read_cards(text.split("\n"))
    return card


def test_a_whole_page() -> None:
    data = FIXTURE.read_bytes()
    assert detect(data) == "hf_text"
    read = parse(data)
    assert (read.format, read.listed_on, read.skipped) == ("hf_text", date(2026, 11, 20), ())
    assert read.records == (
        Record(
            title="Tide Tables for Tokens: Scheduling Attention by the Moon",
            author_count=1533,
            upvotes=94,
            comment_count=5,
        ),
        Record(
            title="A Lighthouse for Lost Gradients",
            organization="Salt Lab",
            author_count=1,
            comment_count=12,
        ),
        Record(title="2001: A Space Audit", author_count=3, upvotes=7),
    )


@pytest.mark.parametrize("day", ["Nov 20", "Nov\n20", "Nov\n\n20", "Nov 20, 2026", "Nov\n20, 2026"])
def test_the_day_on_one_line_or_two(day: str) -> None:
    read = parse(cards(ONE, day=day))
    assert (read.listed_on, titles(read)) == (date(2026, 11, 20), ["One"])


def test_a_page_of_cards_without_a_day_asks_for_it() -> None:
    data = cards(ONE, day="")
    assert detect(data) == "hf_text"
    with pytest.raises(BadDump, match="--listed-on"):
        parse(data)
    assert parse(data, date(2026, 11, 5)).listed_on == date(2026, 11, 5)


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("Submitted by gull\n94\nOne\n·\n1 author", Card("One", 94, "", 1, None, True)),
        ("Submitted by\n94\nOne\n3 authors\n7", Card("One", 94, "", 3, 7, True)),
        ("Submitted by\n12\n94\nOne\n· 3 authors", Card("One", 94, "", 3, None, True)),
        ("Submitted by\ngull\n1.2k\nOne\n·\n7", Card("One", None, "", None, 7, True)),
        ("Submitted by\ngull\n-\n1984\n·", Card("1984", None, "", None, None, True)),
        ("Submitted by\ngull\nOne\n·", Card("One", None, "", None, None, True)),
        ("Submitted by\ngull\n1\nTwo\nlines\n·", Card("Two lines", 1, "", None, None, True)),
        (
            "submitted by\ngull\n1\nOne\ngull-ai Gull AI\n·",
            Card("One", 1, "Gull AI", is_whole=True),
        ),
        ("Submitted by\ngull\n1\nTwo\nmore words\n·", Card("Two more words", 1, is_whole=True)),
        ("Submitted by\ngull\n1\nOne", Card("One", 1)),
        ("Submitted by\ngull\n1", Card("1")),
        ("Submitted by\ngull", Card("")),
        ("Submitted by", Card("")),
    ],
)
def test_cards(text: str, card: Card) -> None:
    assert only(text) == card


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        ("1,234", 1234),
        ("12,34", None),
        ("", None),
        ("-", None),
        ("٣", None),
        ("9" * 10, None),
    ],
)
def test_numbers(text: str, number: int | None) -> None:
    assert read_number(text) == number


def test_a_cut_card_is_skipped_and_named() -> None:
    read = parse(cards(ONE, ONE, "Submitted by\ngull\n7\nHalf a ti"))
    assert titles(read) == ["One", "One"]
    assert read.skipped == (Skipped("Half a ti", "the file ends in the middle of its card"),)


def test_a_card_without_a_title_is_skipped() -> None:
    read = parse(cards(ONE, "Submitted by\n", ONE))
    assert titles(read) == ["One", "One"]
    assert read.skipped == (Skipped("card 2", "it has no title"),)


@given(
    st.lists(
        st.sampled_from(["Submitted by", "Submitted by gull", "gull", "94", "-", "One", "·",
                         "3 authors", "· 1 author", "gull-ai Gull AI", "", "Nov", "20"]),
        max_size=30,
    )
)  # fmt: skip
def test_any_order_of_lines(lines: list[str]) -> None:
    read = result_or_reason(lambda: parse(cards(ONE, "\n".join(lines))))
    if isinstance(read, Page):
        assert all(record.title for record in read.records)


def test_damaged_bytes() -> None:
    assert_survives("hf_text", FIXTURE.read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hf_text/cards.txt", "listing.txt"])
def test_damaged_bytes_thoroughly(name: str) -> None:
    data = (FIXTURE.parent.parent / name).read_bytes()
    assert_survives("hf_text", data, thorough=True)


@pytest.mark.slow
@pytest.mark.samples
@pytest.mark.parametrize("number", range(3))
def test_damaged_samples(samples: Path, number: int) -> None:
    for path in sorted((samples / "dumps").glob("*.txt"))[number::3]:
        assert_survives("hf_text", path.read_bytes(), thorough=True)
