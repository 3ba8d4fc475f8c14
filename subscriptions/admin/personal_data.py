"""Admin views that erase subscribers and export their data."""

from collections.abc import Mapping, Sequence

from django.contrib import admin, messages
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from digest.operators.base_admin import PermittedAdmin
from digest.operators.mass_actions import Question, confirmation_page, fingerprint_of, is_confirmed
from digest.operators.read_log import log_reading, operator_of
from digest.personal_data.erase import ErasureReport, NotErased, erase, preview_erasure
from digest.personal_data.export import OWN, as_json, export
from digest.personal_data.inventory import ERASED
from subscriptions.models import Subscriber

LIST = "admin:subscriptions_subscriber_changelist"
MOST = 100  # people erased at once


class PersonalDataAdmin(PermittedAdmin[Subscriber]):
    """Deleting a subscriber erases all that is kept about them, after a confirmation.

    An export needs the permission to read mails, because it contains them.
    """

    permitted: Mapping[str, str] = {"export": "digest.read_digest"}
    delete_effect = (
        "Everything that is kept about them is permanently deleted, including mentions of their "
        "address in other rows, logs and files. E-mails not yet on their way are not sent."
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.export_view))
        return [path("<int:pk>/export/", view, name="subscriber-export"), *super().get_urls()]

    def export_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return what is kept about a subscriber as a JSON file; what was learnt from their ratings
        is not for operators."""
        self.require(request, "export")
        if not self.has_view_permission(request):
            raise PermissionDenied
        person = get_object_or_404(Subscriber, pk=pk)
        log_reading(request, person, "Exported all data.")
        answer = HttpResponse(as_json(export(person, without=OWN)), content_type="application/json")
        answer["Content-Disposition"] = f'attachment; filename="subscriber-{pk}.json"'
        answer["Cache-Control"] = "no-store, private"
        return answer

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Ask with a list of what is erased and what stays, then erase.

        Not in a transaction: unsubscribing must be visible to send permits at once.
        """
        person: Subscriber | None = self.get_object(request, object_id)
        if person is None:
            raise Http404("This subscriber no longer exists.")
        if not self.has_delete_permission(request, person):
            raise PermissionDenied
        if is_confirmed(request, _fingerprint([person])):
            self._erase(request, [person])
            return redirect(LIST)
        back = reverse("admin:subscriptions_subscriber_change", args=[person.pk])
        return confirmation_page(request, self, _question([person]), back)

    @admin.action(description="Erase", permissions=["delete"])
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[Subscriber]
    ) -> HttpResponse | None:
        """Erase several subscribers."""
        people = list(queryset.order_by("pk")[: MOST + 1])
        if len(people) > MOST:
            sentence = f"Erase at most {MOST} at once, because each is searched for in every table."
            self.message_user(request, sentence, messages.ERROR)
            return None
        if is_confirmed(request, _fingerprint(people)):
            self._erase(request, people)
            return None
        return confirmation_page(request, self, _question(people))

    def _erase(self, request: HttpRequest, people: list[Subscriber]) -> None:
        erased = 0
        for person in people:
            pk = person.pk
            try:
                report = erase(person, timezone.now())
            except NotErased as wrong:
                self.message_user(request, f"Subscriber {pk}: {wrong}", messages.ERROR)
                continue
            erased += 1
            self._log(request, pk)
            if len(people) == 1:
                self._say(request, report)
        if len(people) > 1:
            self.message_user(request, f"{erased} erased.", messages.SUCCESS)

    def _say(self, request: HttpRequest, report: ErasureReport) -> None:
        self.message_user(request, f"Erased: {', '.join(report.goes)}.", messages.SUCCESS)
        for sentence in report.stays:
            self.message_user(request, sentence)

    def _log(self, request: HttpRequest, pk: int) -> None:
        """Log who erased a subscriber and when, but not whom."""
        LogEntry.objects.create(
            user=operator_of(request),
            content_type=ContentType.objects.get_for_model(Subscriber),
            object_id=str(pk),
            object_repr=ERASED,
            action_flag=DELETION,
        )


def _fingerprint(people: Sequence[Subscriber]) -> str:
    return fingerprint_of(person.pk for person in people)


def _question(people: Sequence[Subscriber]) -> Question:
    """Return the question with what stays and, for one person, what is erased."""
    reports = [preview_erasure(person, timezone.now()) for person in people]
    goes = reports[0].goes if len(people) == 1 else []
    return Question(
        title="Erase people",
        effect=PersonalDataAdmin.delete_effect,
        count=len(people),
        fingerprint=_fingerprint(people),
        names=("person", "people"),
        rows=list(map(str, people)),
        notes=[
            *([f"To be deleted: {', '.join(goes)}."] if goes else []),
            *dict.fromkeys(sentence for report in reports for sentence in report.stays),
        ],
    )
