"""What a simulation is to do, and what one of its days was."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum

from digest.process_facts.stage_times import take_sums


class Stage(StrEnum):
    """A stage that the result of a day shows."""

    INGEST = "ingest"
    PLANNING = "planning"
    MATCHING = "matching"
    SENDING = "sending"


# As they are measured; "select" is a part of "drain".
_MEASURED = {
    "ingest": Stage.INGEST,
    "plan": Stage.PLANNING,
    "select": Stage.MATCHING,
    "drain": Stage.SENDING,
}


def add_stages(before: Mapping[str, float]) -> dict[str, float]:
    """Return seconds by stage: those of before and what this process has measured since."""
    total = {stage.value: before.get(stage, 0.0) for stage in Stage}
    for name, measured in take_sums().items():
        if name in _MEASURED:
            total[_MEASURED[name]] += measured.seconds
    return total


@dataclass(frozen=True, slots=True)
class Plan:
    """So many subscribers with so many keywords each, and so many papers on each of the days."""

    subscribers: int
    keywords: int
    papers: int
    days: int
    seed: int = 1
    workers: int = 2

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        return cls(**json.loads(text))


@dataclass(slots=True)
class DayResult:
    """What was measured of one simulated day.

    `due`, `sent`, `empty` and `others` are digests; `accepted` the mails that the mail server
    counted. `seconds` are of the whole day and, by stage, those that the stage took: the workers'
    added up. `processor`: seconds of the processor, by who spent them. `peak`: MB of the largest
    process. `rows` and `database_bytes` are those of the whole database after the day, `wal_bytes`
    what the day wrote to PostgreSQL's log.
    """

    day: date
    papers: int = 0
    due: int = 0
    sent: int = 0
    empty: int = 0
    others: int = 0
    accepted: int = 0
    seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)
    peak: float = 0.0
    rows: int = 0
    database_bytes: int = 0
    wal_bytes: int = 0
    median_papers: float = 0.0

    @property
    def rate(self) -> float:
        """Digests that ended, a second."""
        return (self.sent + self.empty) / self.seconds if self.seconds else 0.0

    @property
    def problem(self) -> str:
        """What must not have happened, "" if nothing did."""
        if self.others:
            return f"{self.day}: {self.others:,} digests were neither sent nor empty."
        if self.sent + self.empty != self.due:
            return f"{self.day}: {self.due:,} digests were due, {self.sent + self.empty:,} ended."
        if self.accepted != self.sent:
            return (
                f"{self.day}: {self.sent:,} digests are SENT, the mail server counted "
                f"{self.accepted:,}."
            )
        return ""

    def as_json(self) -> str:
        return json.dumps(asdict(self) | {"day": self.day.isoformat()})

    @classmethod
    def from_json(cls, text: str) -> "DayResult":
        found = json.loads(text)
        return cls(**found | {"day": date.fromisoformat(found["day"])})
