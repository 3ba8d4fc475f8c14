"""Celery beat with a heartbeat. A module of its own: the setting CELERY_BEAT_SCHEDULER names it."""

import celery.beat
from django.db import connections

from .heartbeats import EVERY_SECONDS, Kind, record_heartbeat


class Scheduler(celery.beat.Scheduler):
    """Records a heartbeat at each tick, at least every EVERY_SECONDS.

    The schedule is kept in memory, not in a file: each entry is due again within a minute of the
    start, and the database decides what there is to do.
    """

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)
        self.max_interval: float = min(self.max_interval, EVERY_SECONDS)

    def tick(self, *arguments: object, **options: object) -> float:
        """Send what is due; return the seconds until the next tick."""
        seconds: float = super().tick(*arguments, **options)
        record_heartbeat(Kind.SCHEDULER)
        # A connection that breaks between two ticks must not be reused.
        connections.close_all()
        return seconds
