"""What is known of the clocks, to notice one that is wrong."""

import socket
from datetime import datetime, timedelta
from typing import Self

from django.db import models

FORGOTTEN_AFTER = timedelta(days=7)


class ClockReferenceQuerySet(models.QuerySet["ClockReference"]):
    def newest_trusted(self) -> datetime | None:
        """The newest instant that any machine trusted its clock at."""
        newest: datetime | None = self.aggregate(newest=models.Max("trusted_at"))["newest"]
        return newest

    def note_outside(self, boot_id: str, boot: float, instant: float, source: str) -> None:
        """Write down what an outside clock said: `instant` in seconds since 1970, read at `boot`
        seconds after the machine's start."""
        values = {
            "outside_epoch": instant - boot,
            "outside_read_at": boot,
            "outside_source": source[:255],
        }
        if not self.filter(boot_id=boot_id).update(**values):
            ClockReference.objects.bulk_create(
                [ClockReference(boot_id=boot_id, **values)], ignore_conflicts=True
            )

    def forget(self, at: datetime) -> int:
        """Delete what is known of starts of machines that are long over; return how many."""
        return self.filter(trusted_at__lt=at - FORGOTTEN_AFTER).delete()[0]

    def of(self, boot_id: str) -> Self:
        return self.filter(boot_id=boot_id)


def _host() -> str:
    return socket.gethostname()[:255]


class ClockReference(models.Model):
    """One start of a machine. An *epoch* is a clock's instant minus the seconds since the start: it
    changes only when the clock is set."""

    boot_id = models.CharField(max_length=128, primary_key=True)
    host = models.CharField(max_length=255, default=_host)
    epoch = models.FloatField(null=True, blank=True, help_text="Of the clock that is planned by.")
    trusted_at = models.DateTimeField(null=True, blank=True)
    gap = models.FloatField(
        default=0, help_text="Seconds between the newest instant stored and the first after it."
    )
    gap_noticed_at = models.FloatField(default=0, help_text="Seconds after the start.")
    outside_epoch = models.FloatField(null=True, blank=True)
    outside_read_at = models.FloatField(default=0, help_text="Seconds after the start.")
    outside_source = models.CharField(max_length=255, blank=True)

    objects = ClockReferenceQuerySet.as_manager()

    def __str__(self) -> str:
        return self.host
