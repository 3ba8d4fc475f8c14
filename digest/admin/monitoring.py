"""Alarms and heartbeats."""

from django.contrib import admin
from django.http import HttpRequest

from digest.models import Alarm, Heartbeat
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
