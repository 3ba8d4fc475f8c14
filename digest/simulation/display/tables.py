"""The days of a simulation as a table and a plot, in text."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from digest.simulation.plan import DayResult, Stage

_WIDTH = 60  # characters of the longest bar
# In order of time, each with its character in the plot.
BARS = {
    Stage.INGEST: "·",
    Stage.PLANNING: "░",
    Stage.MATCHING: "▒",
    Stage.SENDING: "█",
}


class Column(NamedTuple):
    """A column: its title in two lines, and the text of its cells."""

    title: str
    unit: str
    text: Callable[[DayResult], str]


COLUMNS = (
    Column("day", "", lambda day: f"{day.day:%d %b}"),
    Column("papers", "", lambda day: f"{day.papers:,}"),
    Column("due", "", lambda day: f"{day.due:,}"),
    Column("sent", "", lambda day: f"{day.sent:,}"),
    Column("empty", "", lambda day: f"{day.empty:,}"),
    Column("median", "papers", lambda day: f"{day.median_papers:g}"),
    Column("ingest", "s", lambda day: f"{day.stages[Stage.INGEST]:.1f}"),
    Column("plan", "s", lambda day: f"{day.stages[Stage.PLANNING]:.1f}"),
    Column("match", "s", lambda day: f"{day.stages[Stage.MATCHING]:.1f}"),
    Column("send", "s", lambda day: f"{day.stages[Stage.SENDING]:.1f}"),
    Column("day", "s", lambda day: f"{day.seconds:.1f}"),
    Column("digests", "a second", lambda day: f"{day.rate:,.0f}"),
    Column("memory", "MB", lambda day: f"{day.peak:.0f}"),
    Column("rows", "", lambda day: f"{day.rows:,}"),
    Column("size", "MB", lambda day: f"{day.database_bytes / 1e6:,.1f}"),
    Column("WAL", "MB", lambda day: f"{day.wal_bytes / 1e6:,.1f}" if day.wal_bytes else "-"),
)


def head(expected: Sequence[int]) -> str:
    """The two lines above the table; `expected`: the widths of `widths`."""
    titles = _line([column.title for column in COLUMNS], expected)
    return f"{titles}\n{_line([column.unit for column in COLUMNS], expected)}"


def row(day: DayResult, expected: Sequence[int]) -> str:
    """The line of a day."""
    return _line([column.text(day) for column in COLUMNS], expected)


def widths(largest: DayResult) -> list[int]:
    """Widths of the columns for days that are not larger than this one."""
    return [max(len(c.title), len(c.unit), len(c.text(largest))) for c in COLUMNS]


def _line(cells: Sequence[str], expected: Sequence[int]) -> str:
    padded = zip(cells, expected, strict=True)
    return "  ".join(cell.rjust(width) for cell, width in padded).rstrip()


def processor_lines(days: Sequence[DayResult]) -> list[str]:
    """Milliseconds of the processor for each digest that ended, by who spent them."""
    ended = sum(day.sent + day.empty for day in days)
    if not ended:
        return []
    names = dict.fromkeys(name for day in days for name in day.processor)
    spent = {name: sum(day.processor.get(name, 0.0) for day in days) for name in names}
    parts = ", ".join(f"{name} {seconds / ended * 1e3:.2f}" for name, seconds in spent.items())
    total = sum(spent.values()) / ended * 1e3
    return [f"Processor time a digest: {total:.2f} ms ({parts})."]


def plot(days: Sequence[DayResult]) -> str:
    """A bar for each day, as long as its seconds; within it the shares of the stages."""
    longest = max(day.seconds for day in days) or 1.0
    lines = [f"{day.day:%d %b} {_bar(day, longest)} {day.seconds:.1f} s" for day in days]
    key = "  ".join(f"{character} {stage.value}" for stage, character in BARS.items())
    return "\n".join([f"Seconds a day: {key}", *lines])


def _bar(day: DayResult, longest: float) -> str:
    total = sum(day.stages.values()) or 1.0
    room = day.seconds / longest * _WIDTH
    bar, end = "", 0.0
    for stage, character in BARS.items():
        end += day.stages[stage] / total * room
        bar += character * (round(end) - len(bar))
    return bar
