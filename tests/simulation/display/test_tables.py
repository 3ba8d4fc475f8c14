"""What a simulation prints, and what it calls a failure."""

from dataclasses import replace
from datetime import date
from xml.etree import ElementTree

import pytest

from digest.simulation.display import svg_plot, tables
from digest.simulation.plan import DayResult, Plan

DAY = DayResult(
    day=date(2026, 11, 20), papers=1000, due=500, sent=480, empty=20, accepted=480, seconds=10.0,
    stages={"ingest": 1.0, "planning": 1.0, "matching": 2.0, "sending": 4.0},
    processor={"program": 1.5, "mail server": 0.5}, peak=120.0, rows=4321,
    database_bytes=6_300_000, median_papers=7,
)  # fmt: skip
NEXT = replace(DAY, day=date(2026, 11, 21), seconds=5.0, wal_bytes=2_000_000)


def test_a_line_a_day() -> None:
    widths = tables.widths(DAY)
    names = tables.head(widths).splitlines()[0].split()
    cells = tables.row(DAY, widths).replace("20 Nov", "20-Nov").split()
    found = dict(zip(names[1:], cells[1:], strict=True)) | {"first": cells[0]}
    assert found["first"] == "20-Nov"
    assert (found["papers"], found["due"], found["sent"], found["empty"]) == (
        "1,000", "500", "480", "20",
    )  # fmt: skip
    assert (found["plan"], found["match"], found["send"]) == ("1.0", "2.0", "4.0")
    assert (found["digests"], found["rows"], found["size"], found["WAL"]) == (
        "50", "4,321", "6.3", "-",
    )  # fmt: skip


def test_a_bar_is_as_long_as_its_day() -> None:
    key, first, second = tables.plot([DAY, NEXT]).splitlines()
    assert "▒ matching" in key
    assert (first.count("█"), first.count("▒"), first.count("░")) == (30, 15, 7)
    assert len(first.split()[2]) == 60
    assert len(second.split()[2]) == 30


def test_the_processor_time_of_a_digest() -> None:
    (line,) = tables.processor_lines([DAY, NEXT])
    assert line == "Processor time a digest: 4.00 ms (program 3.00, mail server 1.00)."
    assert tables.processor_lines([replace(DAY, sent=0, empty=0)]) == []


def test_the_file_is_an_image_with_its_numbers() -> None:
    image = ElementTree.fromstring(svg_plot.svg("Ada & Bob", [DAY, NEXT]))
    texts = [element.text for element in image.iter() if element.text and element.text.strip()]
    assert "Ada & Bob" in texts
    assert "10.0 s, 50 digests/s" in texts
    bars = [float(each.get("width", "0")) for each in image.iter() if each.get("height") == "22"]
    assert (sum(bars[:4]), sum(bars[4:])) == (pytest.approx(480), pytest.approx(240))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, ""),
        ({"others": 2}, "2 digests were neither"),
        ({"due": 501}, "501 digests were due, 500 ended"),
        ({"accepted": 481}, "480 digests are SENT, the mail server counted 481"),
    ],
)
def test_what_must_not_happen(changed: dict[str, int], sentence: str) -> None:
    problem = replace(DAY, **changed).problem  # type: ignore[arg-type]
    assert problem.removeprefix("2026-11-20: ").startswith(sentence)
    assert bool(problem) == bool(sentence)


def test_plans_and_results_pass_between_processes() -> None:
    plan = Plan(10, 3, 100, 2, seed=9)
    assert Plan.from_json(plan.as_json()) == plan
    assert DayResult.from_json(NEXT.as_json()) == NEXT
