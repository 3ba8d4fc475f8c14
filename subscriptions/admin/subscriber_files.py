"""Admin pages to import subscribers from CSV, and to export them."""

import csv
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from django import forms
from django.contrib import messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from digest.operators.read_log import log_list_reading, operator_of
from subscriptions.models import Subscriber, SubscriberImport
from subscriptions.subscriber_files import importing
from subscriptions.subscriber_files.csv_file import NotReadable, escaped, open_csv
from subscriptions.subscriber_files.rows import InvalidRow, read_row

from .personal_data import PersonalDataAdmin

SECONDS = 5.0  # for a request; the rest follows in the background
_SHOWN = 50  # rows that the page names; the others are in the file to download
_SAMPLE = 5  # first rows of the file
_IMPORTS = 10
State, Consent = SubscriberImport.State, SubscriberImport.Consent


class FileForm(forms.Form):
    file = forms.FileField(
        label="CSV file", help_text="At most 10 MB and 100,000 rows.", allow_empty_file=True
    )


class ConsentForm(forms.Form):
    """How the people of a file have agreed, or will."""

    consent = forms.ChoiceField(
        label="Consent", choices=Consent.choices, widget=forms.RadioSelect, initial=Consent.ASK
    )
    source = forms.CharField(
        label="How they agreed",
        required=False,
        max_length=200,
        help_text="Kept with each of them, such as “paper form at the 2026 fair”.",
    )
    on = forms.DateField(
        label="When they agreed",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean(self) -> dict[str, object]:
        """Recorded consent needs its source and its day, which is not in the future."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("consent") != Consent.RECORDED:
            return cleaned | {"source": "", "on": None}
        for name, sentence in (("source", "Say how they agreed."), ("on", "Say when they agreed.")):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, sentence)
        on = cleaned.get("on")
        if on and on > timezone.now().date():
            self.add_error("on", "This day is in the future.")
        return cleaned


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A row as it would be imported, or why it would not."""

    line: int
    email: str
    keywords: str
    schedule: str
    fault: str = ""


class SubscriberFilesAdmin(PersonalDataAdmin):
    permitted: Mapping[str, str] = {
        **PersonalDataAdmin.permitted,
        "import": "subscriptions.import_subscriber",
        "export_all": "subscriptions.export_subscriber",
    }

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        rows = view(self.rows_view)
        return [
            path("import/", view(self.import_view), name="subscriber-import"),
            path("import/<int:pk>/", view(self.file_view), name="subscriber-import-file"),
            path("import/<int:pk>/rows.csv", rows, name="subscriber-import-rows"),
            path("export/", view(require_POST(self.export_all_view)), name="subscriber-export-all"),
            *super().get_urls(),
        ]

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Upload a file, which is then checked. Not in a transaction: it is long."""
        self.require(request, "import")
        form = FileForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            upload: UploadedFile[bytes] = form.cleaned_data["file"]
            try:
                file = _received(upload, request)
            except NotReadable as wrong:
                form.add_error("file", str(wrong))
            else:
                importing.advance(file.pk, time.monotonic() + SECONDS)
                return redirect("admin:subscriber-import-file", file.pk)
        page = {"title": "Import subscribers", "form": form}
        imports = SubscriberImport.objects.defer("data")[:_IMPORTS]
        return self._page(request, "import.html", page | {"imports": imports})

    def file_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what is in a file and what became of it; import or discard it on POST."""
        self.require(request, "import")
        file = get_object_or_404(SubscriberImport, pk=pk)
        form = ConsentForm(request.POST if "import" in request.POST else None)
        if "discard" in request.POST:
            SubscriberImport.objects.filter(pk=pk).exclude(state=State.IMPORTING).delete()
            self.message_user(request, "The file was discarded.", messages.SUCCESS)
            return redirect("admin:subscriber-import")
        if form.is_valid():
            self._start(request, file, form)
            return redirect("admin:subscriber-import-file", pk)
        page = {
            "title": "Import subscribers",
            "file": file,
            "form": form,
            "unimported": file.unimported.all()[:_SHOWN],
            "sample": list(_sample(file)),
            "contents": open_csv(bytes(file.data)) if file.data else None,
            "letters_wait": file.state == State.IMPORTING and importing.letters_wait(),
        }
        return self._page(request, "import_file.html", page)

    def rows_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the rows that were not imported as CSV: line, whether refused, reason."""
        self.require(request, "import")
        file = get_object_or_404(SubscriberImport.objects.defer("data"), pk=pk)
        answer = HttpResponse(content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="import-{pk}-rows.csv"'
        writer = csv.writer(answer)
        writer.writerow(["line", "result", "reason"])
        for row in file.unimported.iterator():
            result = "refused" if row.is_refused else "skipped"
            writer.writerow([row.line, result, escaped(row.reason)])
        return answer

    def export_all_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """Return all subscribers as CSV. That is logged as a reading of personal data."""
        # Loads tablib, which no other page needs.
        from subscriptions.subscriber_files.exporting import export_lines

        self.require(request, "export_all")
        log_list_reading(request, Subscriber, "Exported all subscribers.")
        answer = StreamingHttpResponse(export_lines(), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="subscribers.csv"'
        answer["Cache-Control"] = "no-store, private"
        return answer

    def _start(self, request: HttpRequest, file: SubscriberImport, form: ConsentForm) -> None:
        cleaned = form.cleaned_data
        if not importing.start(file, cleaned["consent"], cleaned["source"], cleaned["on"]):
            self.message_user(request, "It has been imported already.", messages.WARNING)
            return
        with_consent = " with recorded consent" if cleaned["consent"] == Consent.RECORDED else ""
        LogEntry.objects.create(
            user=operator_of(request),
            content_type=ContentType.objects.get_for_model(Subscriber),
            object_repr=f"import {file.pk}",
            action_flag=ADDITION,
            change_message=f"Subscribers imported{with_consent}: {file.added:,}.",
        )
        importing.advance(file.pk, time.monotonic() + SECONDS)

    def _page(self, request: HttpRequest, name: str, page: Mapping[str, object]) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **page}
        return TemplateResponse(request, f"admin/subscriptions/subscriber/{name}", context)


def _received(upload: "UploadedFile[bytes]", request: HttpRequest) -> SubscriberImport:
    """Keep the file. Raises NotReadable, before a file that is too large is read."""
    size = upload.size or 0
    data = b"" if size > importing.MAX_BYTES else upload.read()
    if size > importing.MAX_BYTES:
        raise NotReadable(importing.too_large(size))
    return importing.receive(data, operator_of(request))


def _sample(file: SubscriberImport) -> Iterator[SampleRow]:
    """Yield the first rows of a checked file."""
    if file.data is None or file.state not in (State.CHECKING, State.CHECKED):
        return
    for row in islice(open_csv(bytes(file.data)).rows(), _SAMPLE):
        email = row.cells.get("email", "")
        try:
            address, asked = read_row(row.cells)
        except InvalidRow as wrong:
            yield SampleRow(row.line, email[:80], "", "", str(wrong))
        else:
            keywords = ", ".join(asked.keywords)
            yield SampleRow(row.line, address, keywords, asked.schedule.in_words())
