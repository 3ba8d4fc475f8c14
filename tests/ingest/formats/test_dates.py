"""The year of days that name none; the day of receipt is always given."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import BadDump
from digest.ingest.formats.fields.dates import WrittenDay, page_day, read_day

from .listing_pages import entry, page, parse

DAYS = st.dates(date(2000, 1, 1), date(2199, 12, 31))


@pytest.mark.parametrize(
    ("header", "years", "received", "expected"),
    [
        # The header's own year, whatever else is there.
        (WrittenDay(2, 11, 2024), [2025], date(2026, 11, 21), date(2024, 2, 11)),
        # The newest year named, plus one.
        (WrittenDay(2, 11), [2020, 2025], date(2026, 11, 21), date(2026, 2, 11)),
        (WrittenDay(12, 11), [2024], date(2026, 11, 21), date(2025, 12, 11)),
        (WrittenDay(11, 21), [2025], date(2026, 11, 21), date(2026, 11, 21)),
        # It is tomorrow already in the Far East.
        (WrittenDay(11, 22), [2025], date(2026, 11, 21), date(2026, 11, 22)),
        (WrittenDay(1, 1), [], date(2026, 12, 31), date(2027, 1, 1)),
        # That would be after the day of receipt: the latest year that is not.
        (WrittenDay(11, 23), [2025], date(2026, 11, 21), date(2025, 11, 23)),
        (WrittenDay(12, 11), [2026], date(2026, 11, 21), date(2025, 12, 11)),
        (WrittenDay(12, 11), [9999], date(2026, 11, 21), date(2025, 12, 11)),
        # No year named.
        (WrittenDay(8, 11), [], date(2026, 11, 21), date(2026, 8, 11)),
        (WrittenDay(12, 11), [], date(2026, 11, 21), date(2025, 12, 11)),
        # A leap day is in a leap year.
        (WrittenDay(2, 29), [2025], date(2026, 11, 21), date(2024, 2, 29)),
        (WrittenDay(2, 29), [2023], date(2026, 11, 21), date(2024, 2, 29)),
        (WrittenDay(2, 29), [], date(2103, 11, 21), date(2096, 2, 29)),
    ],
)
def test_the_year_of_a_page(
    header: WrittenDay, years: list[int], received: date, expected: date
) -> None:
    assert page_day(header, years, received, None) == expected


@given(DAYS, st.lists(st.integers(1990, 2200)), DAYS)
def test_a_guessed_page_is_never_of_the_future(day: date, years: list[int], received: date) -> None:
    written = WrittenDay(day.month, day.day)
    tomorrow = received + timedelta(days=1)
    found = page_day(written, years, received, None)
    assert (found.month, found.day) == (day.month, day.day)
    assert found <= tomorrow
    following = written.within(max(years) + 1) if years else None
    if following and date(1991, 1, 1) <= following <= tomorrow:
        assert found == following
    else:
        assert tomorrow - found < timedelta(days=366 if (day.month, day.day) != (2, 29) else 2922)


def test_listed_on_overrides_the_header() -> None:
    assert page_day(WrittenDay(2, 11, 2024), [], date(2026, 1, 1), date(2025, 5, 5)) == date(
        2025, 5, 5
    )


@pytest.mark.parametrize("written", [None, WrittenDay(2, 30), WrittenDay(2, 29, 2025)])
def test_no_day_or_none_in_any_calendar(written: WrittenDay | None) -> None:
    with pytest.raises(BadDump, match="--listed-on"):
        page_day(written, [], date(2026, 11, 21), None)


def test_records_take_the_year_of_the_page() -> None:
    meta = ["  • 3 authors", "·"]
    data = page(
        entry("One", "A.", *meta, "Dec 30, 2025"),
        entry("Two", "B.", *meta, "Jan 2"),
        day="Jan 5",
    )
    read = parse(data)
    assert read.listed_on == date(2026, 1, 5)
    assert [record.published_on for record in read.records] == [
        date(2025, 12, 30),
        date(2026, 1, 2),
    ]
    assert [record.year_inferred for record in read.records] == [False, True]
    assert parse(data, date(2024, 1, 5)).records[1].published_on == date(2024, 1, 2)


@given(DAYS, st.booleans(), st.none() | st.integers(0, 9999))
def test_reads_what_the_site_writes(day: date, with_year: bool, count: int | None) -> None:
    text = f"{day:%b} {day.day}" + (f", {day.year}" if with_year else "")
    text += "" if count is None else f" {count}"
    if not with_year and count is not None and 1900 <= count <= 2099:
        return  # "Jul 10 2025" is read as a year
    expected = WrittenDay(day.month, day.day, day.year if with_year else None, count)
    assert read_day([text, "", "Next title"], 0) == (expected, 1)


@pytest.mark.parametrize(
    "lines",
    [["May"], ["May", "be"], ["Mar 100"], ["Marvels 10"], ["Jul 10, 2025 15 16"], ["Jul 10th"],
     ["Jul ١٠"], ["May", "", "Title"]],
)  # fmt: skip
def test_what_is_no_day(lines: list[str]) -> None:
    assert read_day(lines, 0) is None
