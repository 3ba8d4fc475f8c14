"""What a section of the dashboard consists of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .charts import Chart


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its name; `is_bad`: it asks for attention."""

    name: str
    value: str
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts, the first of each its heading. `is_folded`: shown on demand."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A section as of `at`; one without a title only reports problems.

    `pages`: names of admin pages it links to, with their texts. `blank`: what is said if there is
    nothing to draw.
    """

    at: datetime
    title: str = ""
    problems: Sequence[str] = ()
    figures: Sequence[Figure] = ()
    sentences: Sequence[str] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    pages: Sequence[tuple[str, str]] = ()
    blank: str = ""

    @property
    def drawn(self) -> list[Chart]:
        return [chart for chart in self.charts if not chart.is_empty]

    @property
    def filled(self) -> list[Table]:
        return [table for table in self.tables if table.rows]

    @property
    def is_blank(self) -> bool:
        return not self.drawn and not self.filled
