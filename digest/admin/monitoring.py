"""Alarms, heartbeats and machines."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from digest.models import Alarm, Heartbeat, Machine
from digest.monitoring.health.machine_comparison import is_silent, local_files
from digest.monitoring.heartbeats import MISSING_AFTER
from digest.operators.base_admin import WITH_DIAGNOSIS, ReadOnlyAdmin


@admin.register(Alarm)
class AlarmAdmin(ReadOnlyAdmin[Alarm]):
    change_list_template = WITH_DIAGNOSIS
    list_display = ("summary", "kind", "day", "raised_at", "posted_at", "post_error")
    list_filter = ("kind", "day")
    fields = (
        "summary", "details", "kind", "day", "raised_at", "posted_at", "post_attempts",
        "post_error",
    )  # fmt: skip


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin[Heartbeat]):
    list_display = ("kind", "host", "at", "since")
    list_filter = ("kind",)

    def has_delete_permission(self, request: HttpRequest, obj: Heartbeat | None = None) -> bool:
        """Deleting the row of a process that was shut down for good ends the alarms about it."""
        return request.user.has_perm("digest.delete_heartbeat")


@admin.register(Machine)
class MachineAdmin(ReadOnlyAdmin[Machine]):
    """The files that are counted here are on the disk of their machine alone."""

    list_display = (
        "host", "runs", "version", "seen_at", "clock_offset", "local_files", "free_space",
    )  # fmt: skip
    fields = (
        "host", "id", "version", "runs", "seen_at", "since", "clock_offset",
        "suppression_key_check", "secret_key_check", "inbox_files", "outbox_files",
        "journal_files", "free_space",
    )  # fmt: skip

    def has_delete_permission(self, request: HttpRequest, obj: Machine | None = None) -> bool:
        """Deleting a machine that was shut down for good ends the warnings about it."""
        return request.user.has_perm("digest.delete_machine")

    @admin.display(description="runs")
    def runs(self, machine: Machine) -> str:
        at = timezone.now()
        if is_silent(machine, at):
            return "nothing: it is silent"
        return ", ".join(machine.roles(at - MISSING_AFTER)) or "commands"

    @admin.display(description="files that only it can read")
    def local_files(self, machine: Machine) -> str:
        return local_files(machine)

    @admin.display(description="free space")
    def free_space(self, machine: Machine) -> str:
        return "" if machine.free_bytes is None else f"{machine.free_bytes / 1e6:,.0f} MB"
