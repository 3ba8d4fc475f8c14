"""Mail events, and the page that diagnoses why no mail goes out, with the holds."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_POST

from digest import tasks
from digest.models import Digest, Hold, MailEvent, State
from digest.monitoring.diagnosis import diagnose
from digest.monitoring.health import clocks
from digest.monitoring.health.wrong_dates import correct_dates, find_wrong_dates
from digest.operators.audit_log import log_act
from digest.operators.base_admin import WITH_DIAGNOSIS, ReadOnlyAdmin
from digest.operators.mass_actions import (
    Question,
    confirmation_page,
    count_and_fingerprint,
    is_confirmed,
)
from digest.operators.person_links import AboutPeopleAdmin
from digest.operators.read_log import operator_of
from digest.sending.automatic_holds import lift
from digest.sending.refusals import pending_in_scope

from .holds import BACKENDS, UNDO_EFFECT, HoldForm, release_held_mail, undo_hold

WHY = "admin:why-nothing"
REPAIR_DATES = "digest.repair_dates"


@admin.register(MailEvent)
class MailEventAdmin(AboutPeopleAdmin[Any], ReadOnlyAdmin[Any]):  # what it logs are holds
    people = ("digest__subscriber", "letter__subscriber")
    person_column = "whom"
    change_list_template = WITH_DIAGNOSIS
    list_display = ("at", "kind", "provider", "status", "whom", "mail")
    list_filter = ("kind", "provider", "at")
    list_select_related = ("digest__subscriber", "letter__subscriber")
    search_fields = ("digest__subscriber__email", "letter__email_key")
    search_help_text = "The e-mail address it was sent to."
    fields = ("at", "kind", "provider", "event_id", "status", "whom", "mail", "sha256")
    readonly_fields = ("whom", "mail")
    list_per_page = 50
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("why/", view(require_GET(self.why_view)), name="why-nothing"),
            path("why/hold/", view(require_POST(self.hold_view)), name="why-hold"),
            path("why/lift/<int:pk>/", view(require_POST(self.lift_view)), name="why-lift"),
            path("why/put-right/", view(require_POST(self.put_right_view)), name="why-put-right"),
            path("why/undo/<int:pk>/", view(require_POST(self.undo_view)), name="why-undo"),
            *super().get_urls(),
        ]

    @admin.display(description="about")
    def mail(self, event: MailEvent) -> str:
        row = event.digest or event.letter
        if row is None:
            return "not one of our e-mails"
        return _link(row, str(row))

    @admin.display(description="to")
    def whom(self, event: MailEvent) -> str:
        row = event.digest or event.letter
        if row is None:
            return "-"
        return _link(row.subscriber, row.address) if row.subscriber else row.address

    def person_id(self, row: MailEvent) -> int | None:
        mail = row.digest or row.letter
        return mail.subscriber_id if mail else None

    def why_view(self, request: HttpRequest) -> HttpResponse:
        """Show the diagnosis, with buttons to hold and to resume."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        holds = Hold.objects.order_by("created_at")
        held_backends = {hold.value for hold in holds if hold.scope == Hold.Scope.BACKEND}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Why is nothing going out?",
            "diagnosis": diagnose(timezone.now()),
            "holds": holds,
            "everything_is_held": any(hold.scope == Hold.Scope.EVERYTHING for hold in holds),
            "backends": [name for name in BACKENDS if name not in held_backends],
            "may_hold": request.user.has_perm("digest.add_hold"),
            "may_lift": request.user.has_perm("digest.delete_hold"),
            "may_put_right": request.user.has_perm(REPAIR_DATES)
            and find_wrong_dates(timezone.now()).total,
        }
        return TemplateResponse(request, "admin/digest/why_nothing.html", context)

    def hold_view(self, request: HttpRequest) -> HttpResponse:
        """Add a hold; that of a date also cancels the planned digests of the date."""
        self._require(request, "digest.add_hold")
        form = HoldForm(request.POST)
        if not form.is_valid():
            first = next(iter(form.errors.values()))
            self.message_user(request, str(first[0]), messages.ERROR)
            return redirect(WHY)
        if question := _cancellation_question(form.instance, request):
            return confirmation_page(request, self, question, back=reverse(WHY))
        form.instance.set_by = request.user.get_username()
        hold = form.save()
        self.log_addition(request, hold, "Held.")
        self.message_user(request, _apply_hold(hold), messages.SUCCESS)
        return redirect(WHY)

    def lift_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lift a hold; mail that it kept back is sent if it is not too late."""
        self._require(request, "digest.delete_hold")
        for hold in Hold.objects.filter(pk=pk):
            self.log_deletions(request, Hold.objects.filter(pk=pk))
            lift(hold)
            release_held_mail()
            self.message_user(request, f"Resumed: {hold}.", messages.SUCCESS)
        return redirect(WHY)

    def put_right_view(self, request: HttpRequest) -> HttpResponse:
        """Correct the dates that were planned while the clock was ahead."""
        self._require(request, REPAIR_DATES)
        verdict = clocks.current_verdict()
        if verdict.is_ahead:
            self.message_user(request, verdict.sentence, messages.ERROR)
            return redirect(WHY)
        wrong = find_wrong_dates(verdict.at)
        if not is_confirmed(request, str(wrong.total)):  # the count: all are corrected
            effect = "These dates are set to what a correct clock would have planned."
            total, names = wrong.total, ("date", "dates")
            question = Question("Correct the dates", effect, total, str(total), names)
            return confirmation_page(request, self, question, back=reverse(WHY))
        clocks.trust()
        found = correct_dates(verdict.at)
        sentence = (
            f"Corrected: {found.people} people, {found.mails} e-mails, {found.sources} sources."
        )
        log_act(operator_of(request), sentence, shown="dates that were too far ahead")
        self.message_user(request, sentence, messages.SUCCESS)
        tasks.wake(tasks.plan)
        return redirect(WHY)

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Undo an automatic hold: what was refused is sent again to the same addresses."""
        self._require(request, "digest.delete_hold")
        for hold in Hold.objects.filter(pk=pk, automatic=True):
            count, fingerprint = count_and_fingerprint(pending_in_scope(hold))
            if not is_confirmed(request, fingerprint):
                names = ("address", "addresses")
                question = Question(f"Undo: {hold}", UNDO_EFFECT, count, fingerprint, names)
                return confirmation_page(request, self, question, back=reverse(WHY))
            self.log_deletions(request, Hold.objects.filter(pk=pk))
            self.message_user(request, undo_hold(hold), messages.SUCCESS)
        return redirect(WHY)

    @staticmethod
    def _require(request: HttpRequest, permission: str) -> None:
        if not request.user.has_perm(permission):
            raise PermissionDenied


def _link(row: Model, text: str) -> str:
    address = reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, text)


def _cancellation_question(hold: Hold, request: HttpRequest) -> Question | None:
    """Return the question before a date is held, None if it is confirmed or for other holds."""
    if hold.scope != Hold.Scope.DATE:
        return None
    waiting = Digest.objects.filter(local_date=hold.value, state=State.PLANNED)
    count, fingerprint = count_and_fingerprint(waiting)
    if is_confirmed(request, fingerprint):
        return None
    effect = "They are cancelled; their papers go into each person’s next digest."
    title = f"Cancel the digests of {hold.value}"
    return Question(title, effect, count, fingerprint, ("digest", "digests"))


def _apply_hold(hold: Hold) -> str:
    """Cancel the planned digests of a held date; return a sentence that says what the hold did."""
    if hold.scope != Hold.Scope.DATE:
        return f"Held: {hold}."
    waiting = Digest.objects.filter(local_date=hold.value, state=State.PLANNED)
    cancelled = waiting.update(state=State.CANCELLED)
    return f"Held: {hold}. {cancelled} digests cancelled; their papers go into the next ones."
