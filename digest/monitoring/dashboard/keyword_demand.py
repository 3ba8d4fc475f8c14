"""Which keywords are most wanted, and which find nothing: counted once a day by a worker.

Only texts and numbers are kept. As the text of a rare keyword may still point to somebody, what is
kept is deleted with the next subscriber who is erased (digest.personal_data.erase) and counted
again without them.
"""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from digest.models import Run
from digest.monitoring.demand import demand_report
from digest.personal_data.erase import KEYWORD_RUN

DAYS = 30
MOST_READ = 5_000  # different keywords, those of most people first: seconds of work
SHOWN = 10
_INTERVAL = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class KeywordCount:
    """A keyword, the number of people who have it and the papers it matched."""

    text: str
    people: int
    papers: int = 0


@dataclass(frozen=True, slots=True)
class KeywordFigures:
    """Counts of the `read` keywords over the papers of DAYS days.

    `unmatched`: how many matched none; `without_match`: those of them with most people.
    """

    read: int
    papers: int
    unmatched: int
    top: list[KeywordCount] = field(default_factory=list)
    without_match: list[KeywordCount] = field(default_factory=list)


def is_due(at: datetime) -> bool:
    """Whether they were not counted for most of a day."""
    run = Run.objects.filter(task=KEYWORD_RUN).first()
    return run is None or at - run.ended_at >= _INTERVAL


def count_keywords(at: datetime) -> None:
    """Count and store the figures; exclusions are left out."""
    report = demand_report(DAYS, at.astimezone(UTC).date(), most=MOST_READ)
    wanted = [each for each in report.keywords if not each.keyword.excludes]
    counts = [KeywordCount(each.keyword.text, each.people, each.papers) for each in wanted]
    without = [each for each in counts if not each.papers]
    figures = KeywordFigures(
        read=len(counts),
        papers=report.papers,
        unmatched=len(without),
        top=counts[:SHOWN],
        without_match=without[:SHOWN],
    )
    Run.objects.note(KEYWORD_RUN, at, **asdict(figures))


def stored_figures() -> tuple[KeywordFigures, datetime] | None:
    """Return the figures and when they were counted; None if they have to be counted first."""
    run = Run.objects.filter(task=KEYWORD_RUN).first()
    if run is None:
        return None
    lists = {
        name: [KeywordCount(**each) for each in run.details[name]]
        for name in ("top", "without_match")
    }
    return KeywordFigures(**(run.details | lists)), run.ended_at
