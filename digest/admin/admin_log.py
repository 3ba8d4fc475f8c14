"""What operators did in the admin, whose mail they read, and failed log-ins."""

from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest

from digest.operators.base_admin import ReadOnlyAdmin
from digest.operators.read_log import READ


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin[LogEntry]):
    list_display = ("action_time", "user", "what", "row", "change")
    list_filter = ("action_time",)
    list_select_related = ("user", "content_type")
    search_fields = ("user__username", "object_id")
    search_help_text = "The operator’s user name, or the number of the row."
    fields = ("action_time", "user", "what", "content_type", "object_id", "row", "change")
    readonly_fields = ("what", "row", "change")
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description="what")
    def what(self, entry: LogEntry) -> str:
        if entry.action_flag == READ:
            return "read"
        return str(entry.get_action_flag_display()).lower()

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
