"""What came back about mails; and one page that says why none goes out, with the brakes beside."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_POST

from digest.delivery.standing import examine
from digest.models import Digest, Hold, MailEvent, State

from .base import ReadOnly
from .holds import BACKENDS, HoldForm

WHY = "admin:why-nothing"


@admin.register(MailEvent)
class MailEventAdmin(ReadOnly):
    list_display = ("at", "kind", "provider", "status", "mail")
    list_filter = ("kind", "provider", "at")
    list_select_related = ("digest", "letter")
    fields = ("at", "kind", "provider", "event_id", "status", "mail", "sha256")
    readonly_fields = ("mail",)
    list_per_page = 50
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("why/", view(require_GET(self.why_view)), name="why-nothing"),
            path("why/hold/", view(require_POST(self.hold_view)), name="why-hold"),
            path("why/lift/<int:pk>/", view(require_POST(self.lift_view)), name="why-lift"),
            *super().get_urls(),
        ]

    @admin.display(description="about")
    def mail(self, event: MailEvent) -> str:
        row = event.digest or event.letter
        if row is None:
            return "no mail of ours"
        address = reverse(f"admin:digest_{row._meta.model_name}_change", args=[row.pk])
        return format_html('<a href="{}">{}</a>', address, row)

    def why_view(self, request: HttpRequest) -> HttpResponse:
        """Why is nothing going out? What stands in the way, and how to stop or go on."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        user: Any = request.user
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Why is nothing going out?",
            "found": examine(timezone.now()),
            "holds": Hold.objects.order_by("created_at"),
            "backends": BACKENDS,
            "may_hold": user.has_perm("digest.add_hold"),
            "may_lift": user.has_perm("digest.delete_hold"),
        }
        return TemplateResponse(request, "admin/digest/why_nothing.html", context)

    def hold_view(self, request: HttpRequest) -> HttpResponse:
        """Hold what the button says; a day's digests that still wait are cancelled as well."""
        self._require(request, "digest.add_hold")
        form = HoldForm(request.POST)
        if not form.is_valid():
            first = next(iter(form.errors.values()))
            self.message_user(request, str(first[0]), messages.ERROR)
            return redirect(WHY)
        hold = form.save()
        self.log_addition(request, hold, "Held.")
        self.message_user(request, _held(hold), messages.SUCCESS)
        return redirect(WHY)

    def lift_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a hold back: what it kept goes out at the next turn, if it is still in time."""
        self._require(request, "digest.delete_hold")
        for hold in Hold.objects.filter(pk=pk):
            self.log_deletions(request, Hold.objects.filter(pk=pk))
            hold.delete()
            self.message_user(request, f"Resumed: {hold}.", messages.SUCCESS)
        return redirect(WHY)

    @staticmethod
    def _require(request: HttpRequest, permission: str) -> None:
        user: Any = request.user
        if not user.has_perm(permission):
            raise PermissionDenied


def _held(hold: Hold) -> str:
    """What the hold did, in a sentence."""
    if hold.scope != Hold.Scope.DATE:
        return f"Held: {hold}."
    waiting = Digest.objects.filter(local_date=hold.value, state=State.PLANNED)
    cancelled = waiting.update(state=State.CANCELLED)
    return f"Held: {hold}. {cancelled} digests cancelled; their papers come with the next."
