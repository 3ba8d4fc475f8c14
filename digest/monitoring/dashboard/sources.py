"""Sources and whether they bring papers in time."""

from dataclasses import dataclass
from datetime import UTC, datetime

from digest.ingest.sources import quiet_reason
from digest.models import Source


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source that is switched on; `late`: why it is late, in a sentence, "" if it is not."""

    name: str
    last_success_at: datetime | None
    late: str


def source_states(at: datetime) -> list[SourceState]:
    """Return the sources that are switched on, those that are late first."""
    today = at.astimezone(UTC).date()
    states = [
        SourceState(
            source.name, source.last_success_at, source.trouble or quiet_reason(source, today)
        )
        for source in Source.objects.filter(enabled=True)
    ]
    return sorted(states, key=lambda state: (not state.late, state.name))
