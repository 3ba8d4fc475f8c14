"""Models of monitoring: machines, heartbeats of processes, alarms, and references of clocks."""

import socket
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models.functions import Now

FORGOTTEN_AFTER = timedelta(days=1)


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def beat(self, kind: "Heartbeat.Kind", host: str) -> None:
        """Store a heartbeat at the database's time, in one row per kind and host."""
        if not self.filter(kind=kind, host=host).update(at=Now()):
            Heartbeat.objects.bulk_create([Heartbeat(kind=kind, host=host)], ignore_conflicts=True)

    def newest(self) -> dict[str, "Heartbeat"]:
        """Return the row with the newest heartbeat of each kind."""
        return {row.kind: row for row in self.order_by("at")}

    def forget(self, at: datetime) -> int:
        """Delete rows older than a day, except the newest of each kind; return how many."""
        kept = [row.pk for row in self.newest().values()]
        return self.filter(at__lt=at - FORGOTTEN_AFTER).exclude(pk__in=kept).delete()[0]


class Heartbeat(models.Model):
    """The last heartbeat of a kind of process on a host."""

    class Kind(models.TextChoices):
        WORKER = "worker", "worker"
        SCHEDULER = "scheduler", "scheduler"
        BOUNCE_READER = "bounces", "bounce reader"
        WEB = "web", "web server"

    kind = models.CharField(max_length=12, choices=Kind)
    host = models.CharField(max_length=255)
    at = models.DateTimeField(db_default=Now())
    since = models.DateTimeField(db_default=Now(), help_text="When it was first seen.")

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "host"], name="one_heartbeat_a_kind_and_host")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.host}"


MACHINES_FORGOTTEN_AFTER = timedelta(days=7)


class MachineQuerySet(models.QuerySet["Machine"]):
    def tick(self, pk: str, kind: "Heartbeat.Kind", **facts: Any) -> None:
        """Store what is known of a machine at the database's time, and that a process of this kind
        runs there."""
        facts |= {"seen_at": Now()} | {name: Now() for name in _ROLES if kind == _ROLES[name]}
        if not self.filter(pk=pk).update(**facts):
            self.bulk_create([self.model(pk=pk, **facts)], ignore_conflicts=True)

    def forget(self, at: datetime) -> int:
        """Delete machines not seen for MACHINES_FORGOTTEN_AFTER; return how many."""
        return self.filter(seen_at__lt=at - MACHINES_FORGOTTEN_AFTER).delete()[0]


class Machine(models.Model):
    """A machine that runs processes of the service, with its own data folder.

    The inbox, the outbox and the journals of replies are files of that folder: other machines
    cannot read them.
    """

    id = models.CharField(
        max_length=32, primary_key=True, help_text="From the file machine_id in its DATA_DIR."
    )
    host = models.CharField(max_length=255)
    version = models.CharField(max_length=64, help_text="Of the code that runs there.")
    clock_offset = models.FloatField(
        null=True, blank=True, help_text="Seconds ahead of the database’s clock; none on SQLite."
    )
    suppression_key_check = models.CharField(
        max_length=16, blank=True, help_text="Equal on machines with the same key."
    )
    secret_key_check = models.CharField(
        max_length=16, blank=True, help_text="Equal on machines with the same key."
    )
    worker_at = models.DateTimeField("worker", null=True, blank=True)
    scheduler_at = models.DateTimeField("scheduler", null=True, blank=True)
    web_at = models.DateTimeField("web server", null=True, blank=True)
    inbox_files = models.PositiveIntegerField(default=0, help_text="Waiting in its inbox.")
    outbox_files = models.PositiveIntegerField(default=0, help_text="E-mails in its outbox.")
    journal_files = models.PositiveIntegerField(
        default=0, help_text="Journals of replies on its disk, those in use among them."
    )
    free_bytes = models.BigIntegerField(null=True, blank=True, help_text="On the disk of DATA_DIR.")
    seen_at = models.DateTimeField("last tick", db_default=Now())
    since = models.DateTimeField(db_default=Now(), help_text="When it was first seen.")

    objects = MachineQuerySet.as_manager()

    class Meta:
        ordering = ["host", "id"]

    def __str__(self) -> str:
        return f"{self.host} ({self.pk[:8]})"

    def roles(self, since: datetime) -> list[str]:
        """Return the kinds of process that have run here since then."""
        times = ((kind, getattr(self, name)) for name, kind in _ROLES.items())
        return [str(kind.label) for kind, at in times if at and at >= since]


_ROLES = {
    "web_at": Heartbeat.Kind.WEB,
    "worker_at": Heartbeat.Kind.WORKER,
    "scheduler_at": Heartbeat.Kind.SCHEDULER,
}


class AlarmKind(models.TextChoices):
    """What operators are alarmed about, each once a day; DAILY is no alarm, but says whether there
    were any."""

    NOTHING_SENT = "nothing_sent", "nothing is sent although e-mails are due"
    REFUSED = "refused", "too many e-mails are refused"
    PUT_OFF = "put_off", "too many e-mails are deferred"
    NO_REPLY = "no_reply", "too many e-mails got no reply"
    HEARTBEAT = "heartbeat", "a process sends no heartbeat"
    STORAGE = "storage", "files cannot be written"
    DATABASE = "database", "the database cannot be used"
    CLOCK = "clock", "the clock is wrong"
    AUTOMATIC_HOLD = "automatic_hold", "sending was stopped automatically"
    DAILY = "daily", "the daily report"
    RESTORED = "restored", "the database was restored, and sending waits"


class AlarmQuerySet(models.QuerySet["Alarm"]):
    def without_reports(self) -> Self:
        """Leave out the daily reports, which are no alarms."""
        return self.exclude(kind=AlarmKind.DAILY)

    def to_post(self, at: datetime) -> Self:
        """Return alarms of the last day whose webhook is to be called now."""
        recent = self.filter(raised_at__gt=at - timedelta(days=1), posted_at__isnull=True)
        return recent.filter(post_after__lte=at).order_by("pk")


class Alarm(models.Model):
    """An alarm for operators. Mails about it are letters; the webhook is called once."""

    kind = models.CharField(max_length=16, choices=AlarmKind)
    day = models.DateField(help_text="UTC.")
    summary = models.CharField(max_length=200)
    details = models.JSONField(default=list, blank=True, help_text="Sentences.")
    raised_at = models.DateTimeField()
    post_after = models.DateTimeField(help_text="When the webhook may be called, or called again.")
    post_attempts = models.PositiveSmallIntegerField(default=0)
    post_error = models.CharField(max_length=255, blank=True)
    posted_at = models.DateTimeField(null=True, blank=True)

    objects = AlarmQuerySet.as_manager()

    class Meta:
        ordering = ["-raised_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "day"], name="one_alarm_a_kind_and_day")
        ]

    def __str__(self) -> str:
        return self.summary


CLOCKS_FORGOTTEN_AFTER = timedelta(days=7)


class ClockReferenceQuerySet(models.QuerySet["ClockReference"]):
    def newest_trusted(self) -> datetime | None:
        """Return the newest time at which any machine trusted its clock."""
        newest: datetime | None = self.aggregate(newest=models.Max("trusted_at"))["newest"]
        return newest

    def note_outside(self, boot_id: str, boot: float, instant: float, source: str) -> None:
        """Store the time of an outside clock: `instant` in seconds since 1970, read at `boot`
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
        """Delete references older than CLOCKS_FORGOTTEN_AFTER; return how many."""
        return self.filter(trusted_at__lt=at - CLOCKS_FORGOTTEN_AFTER).delete()[0]

    def of(self, boot_id: str) -> Self:
        return self.filter(boot_id=boot_id)


def _host() -> str:
    return socket.gethostname()[:255]


class ClockReference(models.Model):
    """One start of a machine. An *epoch* is a clock's instant minus the seconds since the start: it
    changes only when the clock is set."""

    boot_id = models.CharField(max_length=128, primary_key=True)
    host = models.CharField(max_length=255, default=_host)
    epoch = models.FloatField(null=True, blank=True, help_text="Of the clock used for planning.")
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
