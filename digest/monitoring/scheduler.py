"""Celery beat with a heartbeat."""

import celery.beat
from django.db import connections

from .heartbeats import EVERY_SECONDS, Kind, record_heartbeat


class Scheduler(celery.beat.Scheduler):
    """Gives a sign of life as it ticks: each time something is due, and every 20 s at least.

    It keeps its schedule in memory, not in a file: each entry is due again within a minute of the
    start, and the database decides what there is to do.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self.max_interval: float = min(self.max_interval, EVERY_SECONDS)

    def tick(self, *arguments: object, **options: object) -> float:
        """Send what is due; the seconds until the next time."""
        seconds: float = super().tick(*arguments, **options)
        record_heartbeat(Kind.SCHEDULER)
        # It is used every 20 seconds: a connection that broke meanwhile must not be met again.
        connections.close_all()
        return seconds
