"""Failed log-ins of operators."""

from axes.models import AccessAttempt
from django.contrib import admin
from django.http import HttpRequest

from digest.operators.base_admin import ReadOnlyAdmin


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin[AccessAttempt]):
    """Deleting a row ends the delay of that user name and client."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time")
    fields = list_display
    search_fields = ("username", "ip_address")

    def has_delete_permission(self, request: HttpRequest, obj: AccessAttempt | None = None) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")
