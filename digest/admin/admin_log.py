"""The audit log (what operators did and whose mail they read), and failed log-ins."""

from typing import Any

from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from digest.operators.base_admin import ReadOnlyAdmin
from digest.operators.generic_classes import ModelAdmin
from digest.operators.read_log import READ

_WHAT = {ADDITION: "added", CHANGE: "changed", DELETION: "deleted", READ: "read"}


class WhatFilter(admin.SimpleListFilter):
    """By what was done. (Django's own choices do not have readings.)"""

    title = parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("acts", "all but readings"), *((word, word) for word in _WHAT.values())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
        if self.value() == "acts":
            return queryset.exclude(action_flag=READ)
        flags = [flag for flag, word in _WHAT.items() if word == self.value()]
        return queryset.filter(action_flag__in=flags) if flags else queryset


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin[LogEntry]):
    list_display = ("action_time", "user", "what", "row", "change")
    list_filter = (
        "action_time",
        WhatFilter,
        ("user", admin.RelatedOnlyFieldListFilter),
        ("content_type", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("user", "content_type")
    search_fields = ("user__username", "object_id")
    search_help_text = "The operator’s user name, or the number of the row."
    fields = ("action_time", "user", "what", "content_type", "object_id", "row", "change")
    readonly_fields = ("what", "row", "change")
    list_per_page = 50
    show_full_result_count = False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": "Audit log", **(extra_context or {})})

    @admin.display(description="what")
    def what(self, entry: LogEntry) -> str:
        return _WHAT.get(entry.action_flag, "")

    @admin.display(description="row")
    def row(self, entry: LogEntry) -> str:
        return entry.object_repr

    @admin.display(description="more")
    def change(self, entry: LogEntry) -> str:
        return entry.get_change_message()


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin[AccessAttempt]):
    """Deleting a row ends the delay of that user name and client."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time")
    fields = list_display
    search_fields = ("username", "ip_address")

    def has_delete_permission(self, request: HttpRequest, obj: AccessAttempt | None = None) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")
