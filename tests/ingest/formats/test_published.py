"""Dates of publication in the styles of journals, databases and programs, with their precision."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.ingest.formats.fields.date_words import last_day, period_of, shown_period
from digest.ingest.formats.fields.dates import PublishedOn, published, published_parts

DAYS = st.dates(date(1500, 1, 1), date(2199, 12, 31))
STYLES: tuple[Callable[[date], str], ...] = (
    date.isoformat,
    lambda day: f"{day:%Y%m%d}" if day.year >= 1900 else day.isoformat(),
    lambda day: f"{day.year}/{day.month}/{day.day}",
    lambda day: f"{day.day}.{day.month}.{day.year}",
    lambda day: f"{day.day} {day:%B} {day.year}",
    lambda day: f"{day.day} {day:%b}. {day.year}",
    lambda day: f"{day:%b} {day.day}, {day.year}",
    lambda day: f"{day:%B} {day.day}th, {day.year}".upper(),
    lambda day: f"{day:%A, %d %B} {day.year}",
    lambda day: f"{day.year} {day:%b} {day.day}",
    lambda day: f"{day.day}-{day:%b}-{day.year}".lower(),
    lambda day: f"{day:%a, %d %b} {day.year} 09:17:32 -0400".upper(),
    lambda day: f"{day:%a %b %e} 09:17:32 {day.year}",
    lambda day: f"{day}T09:17:32.123456789+02:00",
    lambda day: f"{day} 09:17:32 UTC",
    lambda day: f"{day.year}年{day.month}月{day.day}日",
)
MONTH_STYLES: tuple[Callable[[date], str], ...] = (
    lambda day: f"{day:%B} {day.year}",
    lambda day: f"{day:%b}. {day.year}".upper(),
    lambda day: f"{day.year} {day:%b}",
    lambda day: f"{day:%b}-{day.year}",
    lambda day: f"{day.year}-{day.month:02}",
    lambda day: f"{day.year}-{day.month:02}-00",
    lambda day: f"{day.year}年{day.month}月",
)
SEASONS = {"Spring": 3, "summer": 6, "AUTUMN": 9, "Fall": 9, "Winter": 12}


@given(DAYS, st.sampled_from(STYLES))
def test_a_day_in_each_style(day: date, style: Callable[[date], str]) -> None:
    assert published(style(day)) == PublishedOn(day)


@given(DAYS, st.sampled_from(MONTH_STYLES))
def test_a_month_in_each_style(day: date, style: Callable[[date], str]) -> None:
    if not 21 <= (day.year + 1) % 100 <= 24:
        assert published(style(day)) == PublishedOn(day.replace(day=1), "month")


@given(DAYS)
def test_numbers_are_a_day_where_they_can_be_only_one(day: date) -> None:
    found = {
        published(f"{day.day}/{day.month}/{day.year}"),
        published(f"{day.month}-{day.day}-{day.year}"),
    }
    is_clear = day.day > 12 or day.day == day.month
    assert found == {PublishedOn(day) if is_clear else PublishedOn(date(day.year, 1, 1), "year")}


@given(DAYS, st.sampled_from(sorted(SEASONS)))
def test_a_season_is_its_first_month(day: date, season: str) -> None:
    expected = PublishedOn(date(day.year, SEASONS[season], 1), "season")
    assert published(f"{season} {day.year}") == published(f"{day.year} {season}") == expected


@pytest.mark.parametrize(
    ("text", "day", "precision"),
    [
        ("Winter 2026/27", date(2026, 12, 1), "season"),
        ("Winter 2026–2027", date(2026, 12, 1), "season"),
        ("2026 Fall-Winter", date(2026, 9, 1), "season"),
        ("2026-23", date(2026, 9, 1), "season"),
        ("2026 Nov-Dec", date(2026, 11, 1), "month"),
        ("Nov/Dec 2026", date(2026, 11, 1), "month"),
        ("2026 Dec-2027 Jan", date(2026, 12, 1), "month"),
        ("December 2026 - January 2027", date(2026, 12, 1), "month"),
        ("Dec-Jan 2027", date(2027, 1, 1), "year"),  # December of which year?
        ("2026 Nov 19-25", date(2026, 11, 1), "month"),
        ("28 Nov - 4 Dec 2026", date(2026, 11, 1), "month"),
        ("2026", date(2026, 1, 1), "year"),
        ("2026.0", date(2026, 1, 1), "year"),
        ("2026/27", date(2026, 1, 1), "year"),
        ("2026-2027", date(2026, 1, 1), "year"),
        ("2026-00-00", date(2026, 1, 1), "year"),
        ("(November, 2026)", date(2026, 11, 1), "month"),
        ("Fri, 27 Nov 2026 23:17:32 -0400", date(2026, 11, 28), "day"),
        ("Nov 19, 2026, 10:00 AM", date(2026, 11, 19), "day"),
        ("19.11.2026", date(2026, 11, 19), "day"),
        ("19. März 2026", date(2026, 3, 19), "day"),
        ("1er février 2026", date(2026, 2, 1), "day"),
        ("19 de noviembre de 2026", date(2026, 11, 19), "day"),
        ("Été 2026", date(2026, 6, 1), "season"),
    ],
)
def test_periods_and_other_languages(text: str, day: date, precision: str) -> None:
    found = published(text)
    assert found
    assert (found.day, found.precision) == (day, precision)


@pytest.mark.parametrize(
    "text",
    ["", "n.d.", "in press", "May", "may be", "Mar 100", "2026-02-30", "February 30, 2026",
     "13/13/2026", "0/0/2026", "2026 Nov-", "Nov 2026 pages 3", "Volume 3, 2026", "0000", "99999",
     "2026-13", "2026x", "٢٠٢٦", "10:00", "1 2 3", "Nov 19", "Nov 2026 10:00 and more", "2026-W47",
     "12 2026", None, 3.5, True, [2026]],
)  # fmt: skip
def test_what_is_no_date(text: object) -> None:
    assert published(text) is None


def test_a_number_is_a_year() -> None:
    assert published(2026) == PublishedOn(date(2026, 1, 1), "year")
    assert published(26) is None


@given(st.text(alphabet="0123456789 -/.,:TZNovDecWinter年月", max_size=40) | st.text(max_size=100))
@example("2026 " * 20)
@example("Nov-" * 1_000_000)
def test_junk_gives_no_date_that_is_not_written(text: str) -> None:
    found = published(text)
    if found and len(digits := "".join(filter(str.isdigit, text))) >= 4 and ":" not in text:
        assert str(found.day.year) in digits


def test_parts() -> None:
    assert published_parts(2026, 11, 19) == published_parts("2026", "Nov", "19")
    assert published_parts(2026, 11, 19) == PublishedOn(date(2026, 11, 19))
    assert published_parts(2026, 11) == PublishedOn(date(2026, 11, 1), "month")
    assert published_parts(2026, "Winter") == PublishedOn(date(2026, 12, 1), "season")
    assert published_parts(2026, None, 3) == PublishedOn(date(2026, 1, 1), "year")
    assert published_parts(None, 11) is None


@pytest.mark.parametrize(
    ("day", "precision", "short", "whole", "last"),
    [
        (date(2026, 11, 8), "day", "8 Nov 2026", "8 November 2026", date(2026, 11, 8)),
        (date(2024, 2, 1), "month", "Feb 2024", "February 2024", date(2024, 2, 29)),
        (date(2026, 9, 1), "season", "Autumn 2026", "Autumn 2026", date(2026, 11, 30)),
        (date(2026, 12, 1), "season", "Winter 2026/27", "Winter 2026/27", date(2027, 2, 28)),
        (date(2026, 1, 1), "season", "Winter 2025/26", "Winter 2025/26", date(2026, 3, 31)),
        (date(2026, 1, 1), "year", "2026", "2026", date(2026, 12, 31)),
        (date(9999, 12, 1), "season", "Winter 9999/00", "Winter 9999/00", date.max),
    ],
)
def test_periods_as_they_are_shown(
    day: date, precision: str, short: str, whole: str, last: date
) -> None:
    assert shown_period(day, precision) == short
    assert shown_period(day, precision, whole_words=True) == whole
    assert last_day(day, precision) == last


@given(st.dates(), st.sampled_from(["day", "month", "season", "year"]))
def test_a_period_holds_its_days(day: date, precision: str) -> None:
    first = period_of(day, precision)
    assert first <= day <= last_day(first, precision)
    if day.year > 1500 and first.year < 2199 and first.year > 1500:
        assert published(shown_period(first, precision)) == PublishedOn(first, precision)
