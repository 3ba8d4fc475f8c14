"""Charts of bars or lines: where each mark stands, for the template `admin/dashboard/chart.html`.

Across, positions are percentages of the width and, down, pixels of a fixed height, so that a chart
fills any width while its text keeps its size. Percentages go into attributes of SVG: the policy of
the pages forbids styles in the page.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, log10

LEFT, RIGHT = 11.0, 99.0  # of the plot, in percent; labels of the scale stand to the left
TOP, BOTTOM, HEIGHT = 12.0, 150.0, 176  # in pixels; labels of the columns stand below
_BAR = 0.74  # of the width of a column
_LABELS = 4  # of columns
_STEPS = (1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10)  # tops of a scale, whose half is round too

Number = int | float


@dataclass(frozen=True, slots=True)
class Series:
    """Values by column, None where nothing is known. `tone`: a colour of admin.css."""

    name: str
    tone: str
    values: Sequence[Number | None]


@dataclass(frozen=True, slots=True)
class Limit:
    """A value that is drawn across the chart; its name stands in the legend."""

    value: float
    name: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A bar, a piece of a line, or the end of one; `x` and `width` in percent."""

    x: float
    y: float
    tone: str = ""
    width: float = 0
    height: float = 0
    x2: float = 0
    y2: float = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A text in the chart. `anchor`: as SVG's text-anchor."""

    x: float
    y: float
    text: str
    anchor: str = "middle"


def whole(value: Number) -> str:
    return f"{value:,.0f}"


def percent(value: Number) -> str:
    return f"{value:.2f} %"


@dataclass(frozen=True, slots=True)
class Chart:
    """Series over columns, stacked as bars or drawn as lines.

    `heading`: what the columns are, in the table of the numbers; `shown` writes a number.
    """

    title: str
    heading: str
    columns: Sequence[str]
    series: Sequence[Series]
    stacked: bool = True
    limits: Sequence[Limit] = ()
    shown: Callable[[Number], str] = whole
    note: str = ""
    top: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "top", self._scale_top())

    @property
    def is_empty(self) -> bool:
        return not any(value for series in self.series for value in series.values)

    @property
    def height(self) -> int:
        return HEIGHT

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        """The numbers, column by column; those without any are left out."""
        cells = zip(*(series.values for series in self.series), strict=True)
        return [
            (column, ["–" if value is None else self.shown(value) for value in values])
            for column, values in zip(self.columns, cells, strict=True)
            if any(value is not None for value in values)
        ]

    @property
    def bars(self) -> list[Mark]:
        if not self.stacked:
            return []
        marks = []
        for number, column in enumerate(self.columns):
            below = 0.0
            for series in self.series:
                if value := series.values[number]:
                    marks.append(self._bar(number, below, value, series, column))
                    below += value
        return marks

    @property
    def pieces(self) -> list[Mark]:
        """The lines between neighbouring columns that both have a value."""
        if self.stacked:
            return []
        return [
            Mark(self._middle(number), self._y(one), series.tone,
                 x2=self._middle(number + 1), y2=self._y(other))
            for series in self.series
            for number, (one, other) in enumerate(
                zip(series.values, series.values[1:], strict=False)
            )
            if one is not None and other is not None
        ]  # fmt: skip

    @property
    def points(self) -> list[Mark]:
        """The newest value of each line."""
        if self.stacked:
            return []
        marks = []
        for series in self.series:
            known = [at for at, value in enumerate(series.values) if value is not None]
            if known and (value := series.values[known[-1]]) is not None:
                title = f"{series.name}, {self.columns[known[-1]]}: {self.shown(value)}"
                x, y = self._middle(known[-1]), self._y(value)
                marks.append(Mark(x, y, series.tone, title=title))
        return marks

    @property
    def scale(self) -> list[Label]:
        """The lines of the scale, with their labels: nothing, a half, and the top."""
        return [
            Label(LEFT - 1.5, self._y(value), short(value, self.shown), "end")
            for value in (0, self.top / 2, self.top)
        ]

    @property
    def limit_lines(self) -> list[Mark]:
        return [Mark(LEFT, self._y(each.value)) for each in self.limits]

    @property
    def column_labels(self) -> list[Label]:
        """A few of the columns, spread evenly; the last one is always named."""
        count = len(self.columns)
        step = max(1, ceil(count / _LABELS))
        named = range(count - 1, -1, -step)
        return [
            Label(self._middle(at), HEIGHT - 8, self.columns[at], self._anchor(at)) for at in named
        ]

    def _anchor(self, at: int) -> str:
        if len(self.columns) <= _LABELS:
            return "middle"
        return "end" if at == len(self.columns) - 1 else "start" if at == 0 else "middle"

    @property
    def left(self) -> float:
        return LEFT

    @property
    def summary(self) -> str:
        """The chart in a sentence, for those who do not see it."""
        names = ", ".join(series.name for series in self.series)
        if not self.rows:
            return f"{self.title}: no numbers yet."
        first, last = self.rows[0][0], self.rows[-1][0]
        return f"{self.title}: {names}, {first} to {last}. The numbers are in the table below."

    def _bar(self, at: int, below: float, value: Number, series: Series, column: str) -> Mark:
        width = self._slot * _BAR
        y, foot = self._y(below + value), self._y(below)
        height = round(max(foot - y, 1.0), 1)  # so that a single mail is seen
        title = f"{series.name}, {column}: {self.shown(value)}"
        x = self._middle(at) - width / 2
        return Mark(round(x, 3), round(foot - height, 1), series.tone, round(width, 3), height,
                    title=title)  # fmt: skip

    @property
    def _slot(self) -> float:
        return (RIGHT - LEFT) / max(len(self.columns), 1)

    def _middle(self, at: int) -> float:
        return round(LEFT + (at + 0.5) * self._slot, 3)

    def _y(self, value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * min(value / self.top, 1.0), 1)

    def _scale_top(self) -> float:
        columns = zip(*(series.values for series in self.series), strict=True)
        fold = sum if self.stacked else max
        values = [fold(value or 0 for value in column) for column in columns]
        values += [each.value * 1.1 for each in self.limits]
        return scale_top(max(values, default=0), is_whole=self.shown is whole)


def scale_top(value: float, *, is_whole: bool) -> float:
    """Return the first of the scale's steps that is not below `value`; of whole numbers, one whose
    half is a whole number too."""
    value = max(value, 2 if is_whole else 0.1)
    power = 10.0 ** floor(log10(value))
    tops = (round(step * power, 9) for step in _STEPS)
    return next(top for top in tops if top >= value and not (is_whole and top % 2))


def short(value: float, shown: Callable[[Number], str]) -> str:
    """Write a number of the scale in a few letters: 1,500 as 1.5k."""
    if not value:
        return "0"
    if shown is percent:
        return f"{value:g} %"
    if shown is not whole:
        return shown(value)
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
