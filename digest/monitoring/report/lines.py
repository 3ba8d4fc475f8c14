"""Lines of the report: a fact, how bad it is, and what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One fact found by the check of this name; `cure` says what to do, "" for OK."""

    check: str
    level: Level
    fact: str
    cure: str = ""

    def __str__(self) -> str:
        return f"{self.level:<7} {self.check}: {' '.join(filter(None, (self.fact, self.cure)))}"
