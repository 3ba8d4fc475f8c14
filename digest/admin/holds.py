"""Holds: what they cover is not sent while the row exists."""

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from digest import tasks
from digest.epochs.checking import current
from digest.epochs.resuming import (
    GapFigures,
    NothingToResume,
    Resumed,
    gap_figures,
    gap_papers,
    paper_lines,
    resume,
)
from digest.mail.smtp.paths import UnsupportedAddress, ascii_domain
from digest.models import Digest, Hold, Letter
from digest.operators.base_admin import PermittedAdmin
from digest.operators.generic_classes import ModelForm
from digest.operators.mass_actions import (
    Question,
    confirmation_page,
    confirmed_action,
    is_confirmed,
)
from digest.sending import refusals
from digest.sending.automatic_holds import lift

Scope = Hold.Scope
UNDO_EFFECT = (
    "The refusals behind it are treated as wrong: the same addresses get e-mails again, "
    "including what they missed."
)
BACKENDS = ("outbox", *(relay.name for relay in settings.MAIL_RELAYS or ()))


class HoldForm(ModelForm[Hold]):
    class Meta:
        model = Hold
        fields = ("scope", "value", "reason")
        help_texts = {
            "value": f"A domain, a backend ({', '.join(BACKENDS)}) or a date (2026-11-20). Empty "
            "for everything."
        }
        error_messages = {NON_FIELD_ERRORS: {"unique_together": "This is already held."}}

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        scope, value = cleaned.get("scope"), cleaned.get("value", "").strip().lower()
        if message := _fault(scope, value):
            self.add_error("value", ValidationError(message))
        elif scope == Scope.DOMAIN:
            value = ascii_domain(value)
        cleaned["value"] = value
        return cleaned


def _fault(scope: str | None, value: str) -> str:
    """Return what is wrong with the value, or "". A hold must not be without effect."""
    if scope == Scope.EVERYTHING:
        return "A hold of everything has no value. Leave it empty." if value else ""
    if scope == Scope.DOMAIN and not _is_domain(value):
        return "Enter just the domain, like example.org."
    if scope == Scope.BACKEND and value not in BACKENDS:
        return f"Enter {' or '.join(BACKENDS)}."
    if scope == Scope.DATE and not _is_date(value):
        return "Enter the date like 2026-11-20."
    return ""


def _is_domain(value: str) -> bool:
    try:
        return "." in ascii_domain(value) and "@" not in value
    except UnsupportedAddress:
        return False


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


@admin.register(Hold)
class HoldAdmin(PermittedAdmin[Any]):  # it logs resuming, which is about the epoch
    form = HoldForm
    change_list_template = "admin/digest/hold/change_list.html"
    list_display = ("__str__", "reason", "automatic", "set_by", "created_at")
    list_filter = ("scope", "automatic")
    actions = ("undo",)
    permitted = {"resume_sending": "digest.resume_sending"}
    delete_effect = "E-mails that they held back are sent shortly, unless it is too late for them."

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("resume/", view(require_GET(self.resume_view)), name="resume"),
            path("resume/choose/", view(require_POST(self.choose_view)), name="resume-choose"),
            path("resume/papers/", view(require_GET(self.papers_view)), name="resume-papers"),
            *super().get_urls(),
        ]

    def resume_view(self, request: HttpRequest) -> HttpResponse:
        """Show what each way to resume after a restore would do, with a button for each."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row, at = current().row, timezone.now()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Resume after a restore",
            "row": row,
            "figures": gap_figures(row, at),
            "may_resume": self.may(request, "resume_sending"),
        }
        return TemplateResponse(request, "admin/digest/hold/resume.html", context)

    def choose_view(self, request: HttpRequest) -> HttpResponse:
        """Resume in the chosen way, after a page that says what it does."""
        self.require(request, "resume_sending")
        row, at = current().row, timezone.now()
        if not row.is_waiting or request.POST.get("how") not in Resumed.values:
            self.message_user(request, "Nothing waits to be resumed.", messages.WARNING)
            return redirect("admin:resume")
        how = Resumed(request.POST["how"])
        question = _resume_question(how, gap_figures(row, at), row.number)
        if not is_confirmed(request, question.fingerprint):
            return confirmation_page(request, self, question, back=reverse("admin:resume"))
        try:
            resume(how, at)
        except NothingToResume:
            self.message_user(request, "Somebody else has just resumed.", messages.WARNING)
            return redirect("admin:resume")
        self.log_change(request, row, f"Resumed {how.label}.")
        tasks.wake(tasks.drain)
        self.message_user(request, f"Resumed {how.label}.", messages.SUCCESS)
        return redirect("admin:resume")

    def papers_view(self, request: HttpRequest) -> HttpResponseBase:
        """Download the papers of the gap."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        lines = paper_lines(gap_papers(current().row, timezone.now()))
        text = ("\t".join(line) + "\n" for line in lines)
        return StreamingHttpResponse(
            text,
            content_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="papers-of-the-gap.txt"'},
        )

    def save_model(self, request: HttpRequest, obj: Hold, form: HoldForm, change: bool) -> None:
        """Make the operator who saves a hold its owner; it is not automatic any more."""
        obj.automatic, obj.set_by = False, request.user.get_username()
        super().save_model(request, obj, form, change)
        if change:
            release_held_mail()

    def delete_model(self, request: HttpRequest, obj: Hold) -> None:
        lift(obj)
        release_held_mail()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Hold]) -> None:
        for hold in queryset:
            lift(hold)
        release_held_mail()

    @confirmed_action(
        "Undo: the refusals were wrong, send again",
        permission="delete",
        effect=UNDO_EFFECT,
        affects=Q(automatic=True),
        logs_rows=True,
    )
    def undo(self, request: HttpRequest, queryset: QuerySet[Hold]) -> None:
        for hold in queryset.filter(automatic=True):
            self.log_deletions(request, Hold.objects.filter(pk=hold.pk))
            self.message_user(request, undo_hold(hold), messages.SUCCESS)
        if others := queryset.filter(automatic=False).count():
            sentence = f"{others} skipped, because they were not set automatically."
            self.message_user(request, sentence, messages.WARNING)


def _resume_question(how: Resumed, figures: GapFigures, epoch: int) -> Question:
    """Return the question before resuming; it is asked again if the figure has changed since."""
    if how == Resumed.FROM_NOW:
        effect = (
            "They are not sent to people who were not sent them before: each digest begins with "
            "papers listed from now on. You can download the list."
        )
        count, names = figures.papers, ("paper", "papers")
    else:
        effect = "They may see papers again: each digest begins where the backup stood."
        count, names = figures.people, ("person", "people")
    return Question(f"Resume {how.label}", effect, count, f"{epoch}-{how}-{count}", names)


def undo_hold(hold: Hold) -> str:
    """Undo an automatic hold and send what it stopped; return a sentence about it."""
    what = refusals.undo(hold, timezone.now())
    release_held_mail()
    return (
        f"Undone: {hold}. {what.digests} digests will be sent again; {what.addresses} addresses "
        "can get e-mails again."
    )


def release_held_mail() -> None:
    """Release mail that was held back; what another hold covers is held back again."""
    at = timezone.now()
    Letter.objects.release_held_back(at)
    Digest.objects.release_held_back(at)
    tasks.wake(tasks.drain)
