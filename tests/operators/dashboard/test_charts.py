"""Where the marks of a chart stand."""

from itertools import pairwise

import pytest

from digest.operators.dashboard.charts import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Chart,
    Limit,
    Series,
    percent,
    scale_top,
    short,
    whole,
)

DAYS = [f"{day} Nov" for day in range(1, 31)]


def bars(*values: list[int | None]) -> Chart:
    series = [Series(f"s{number}", "one", some) for number, some in enumerate(values)]
    return Chart("Mail", "Day", DAYS[: len(values[0])], series)


def line(*values: float | None, limits: tuple[Limit, ...] = ()) -> Chart:
    series = [Series("share", "bad", values)]
    columns = DAYS[: len(values)]
    return Chart("Share", "Day", columns, series, stacked=False, limits=limits, shown=percent)


def test_stacked_bars_stand_on_each_other_in_proportion() -> None:
    lower, upper = bars([30], [10]).bars
    assert lower.y + lower.height == BOTTOM
    assert upper.y + upper.height == pytest.approx(lower.y)
    assert lower.height == pytest.approx(3 * upper.height, abs=0.2)
    assert upper.y == TOP


def test_bars_stay_in_the_plot_and_do_not_touch() -> None:
    marks = bars([5] * 30).bars
    assert marks[0].x > LEFT
    assert marks[-1].x + marks[-1].width < RIGHT
    assert all(one.x + one.width < other.x for one, other in pairwise(marks))


def test_a_single_mail_among_thousands_is_seen_and_none_is_not_drawn() -> None:
    marks = bars([90_000, 1, 0, None]).bars
    assert [mark.title for mark in marks] == ["s0, 1 Nov: 90,000", "s0, 2 Nov: 1"]
    assert marks[1].height == 1


def test_a_line_has_gaps_where_nothing_is_known_and_ends_in_a_point() -> None:
    chart = line(0.1, 0.2, None, 0.1)
    (piece,) = chart.pieces
    assert piece.y > piece.y2
    assert piece.x < piece.x2
    (point,) = chart.points
    assert point.title == "share, 4 Nov: 0.10 %"
    assert line(None, None).points == []
    assert chart.bars == []


def test_the_scale_holds_the_limits_too() -> None:
    chart = line(0.01, limits=(Limit(0.1, "low"), Limit(0.3, "high")))
    low, high = chart.limit_lines
    assert TOP < high.y < low.y < BOTTOM
    assert chart.top == 0.4
    assert [label.text for label in chart.scale] == ["0", "0.2 %", "0.4 %"]


@pytest.mark.parametrize(
    ("value", "top"), [(0, 2), (1, 2), (3, 4), (5, 6), (11, 12), (15, 16), (99, 100), (110, 120)]
)
def test_the_scale_of_whole_numbers_has_a_whole_half(value: float, top: float) -> None:
    assert scale_top(value, is_whole=True) == top


def test_numbers_of_the_scale_are_short() -> None:
    assert [short(value, whole) for value in (0, 950, 1_500, 2_000_000)] == [
        "0", "950", "1.5k", "2M",
    ]  # fmt: skip


def test_few_columns_are_named_and_the_last_is_one_of_them() -> None:
    labels = bars([1] * 30).column_labels
    assert [label.text for label in labels] == ["30 Nov", "22 Nov", "14 Nov", "6 Nov"]
    assert labels[0].anchor == "end"
    assert [label.text for label in bars([1, 2]).column_labels] == ["2 Nov", "1 Nov"]


def test_the_table_leaves_out_what_was_not_counted() -> None:
    assert bars([1, None, 1_000]).rows == [("1 Nov", ["1"]), ("3 Nov", ["1,000"])]
    assert bars([None, 2], [3, None]).rows == [("1 Nov", ["–", "3"]), ("2 Nov", ["2", "–"])]


def test_the_chart_is_described_in_a_sentence() -> None:
    assert bars([1, 2]).summary == "Mail: s0, 1 Nov to 2 Nov. The numbers are in the table below."
    assert bars([None, 0]).is_empty
    assert not bars([None, 1]).is_empty
