"""Dumps: what was received and what became of it, and the page to upload one."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Field, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from digest.ingest import pipeline as ingest
from digest.ingest import raw_storage
from digest.ingest.dump_rows import became_backfill
from digest.ingest.formats import AUTO, FORMATS
from digest.ingest.formats.fields import plausible_dates
from digest.models import Dump
from digest.operators.generic_classes import ModelForm
from digest.operators.mass_actions import confirmed_action, in_batches
from digest.operators.read_log import log_reading

from .dump_withdrawal import WithdrawalAdmin

State = Dump.State
_BACKFILL = (
    "Like every export of a library or search, it is backfill: its papers can be searched but "
    "are never mailed. To number and mail them, use the action “Take as new”."
)
UPLOAD_SECONDS = 10.0
FORMAT_CHOICES = [(AUTO, "auto: detected from the content"), *((name, name) for name in FORMATS)]
LEVELS = {State.PARSED: messages.SUCCESS, State.WAITING: messages.WARNING}


def clean_listed_on(form: forms.BaseForm, received_at: datetime) -> date | None:
    """Return the form's listing date. Raises ValidationError if it is implausible."""
    day: date | None = form.cleaned_data["listed_on"]
    if day and (doubt := plausible_dates.implausibility(day, received_at.astimezone(UTC).date())):
        raise forms.ValidationError(f"{day} {doubt}. Enter the right date, or none.")
    return day


class UploadForm(forms.Form):
    """A file, with what its bytes may not say."""

    file = forms.FileField(label="Dump", allow_empty_file=True)
    listed_on = forms.DateField(
        required=False,
        help_text="The date of the listing, if the file does not state it or gets it wrong.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    intent = forms.ChoiceField(
        label="Its papers are",
        choices=Dump.Intent.choices,
        help_text="Exports of reference managers and of searches (RIS, BibTeX, …) are backfill "
        "unless you choose “new”.",
    )

    def clean_listed_on(self) -> date | None:
        return clean_listed_on(self, timezone.now())

    def clean_file(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > settings.MAX_DUMP_BYTES:
            raise forms.ValidationError(
                f"The file has {file.size:,} bytes; the limit is {settings.MAX_DUMP_BYTES:,} "
                "(setting MAX_DUMP_BYTES). Split it into several."
            )
        return file


class DumpForm(ModelForm[Dump]):
    """The fields that can be set by hand until a dump is parsed."""

    def clean_listed_on(self) -> date | None:
        return clean_listed_on(self, self.instance.received_at)


def receive_and_read(form: UploadForm) -> Dump:
    """Receive and read the file of a valid form; of a bulk file as much as UPLOAD_SECONDS allow.

    Raises CannotKeep and Unreadable with a sentence.
    """
    cleaned = form.cleaned_data
    received = ingest.receive(
        cleaned["file"],
        cleaned["file"].name,
        listed_on=cleaned["listed_on"],
        intent=cleaned["intent"],
        at=timezone.now(),
    )
    return ingest.read(received, at=timezone.now(), seconds=UPLOAD_SECONDS)


def read_again(dump: Dump, intent: str, *, accept_short: bool = False) -> Dump:
    """Read a dump once more from its stored bytes."""
    options = ingest.ReadOptions(dump.format, dump.listed_on, intent)
    at = timezone.now()
    return ingest.read_again(
        dump, options, at=at, accept_short=accept_short, seconds=UPLOAD_SECONDS
    )


def outcome(dump: Dump, asked: str = "") -> str:
    """Return what became of a dump, in sentences; `asked` is the intent that an upload named."""
    if dump.error:
        return f"“{dump.name}”: {dump.error}"
    counts = (
        f"“{dump.name}”: {dump.new} new, {dump.updated} updated, {dump.unchanged} unchanged"
        f"{f', {len(dump.skipped)} skipped' if dump.skipped else ''}."
    )
    return f"{counts} {_BACKFILL}" if became_backfill(dump, asked) else counts


@admin.register(Dump)
class DumpAdmin(WithdrawalAdmin):
    fields_with = {"raw": "download", "withdrawn": "withdraw"}
    form = DumpForm
    list_display = (
        "__str__", "state", "why", "listed_on", "papers", "new", "updated", "left_out",
        "received_at",
    )  # fmt: skip
    list_filter = ("state", "format", "source", "listed_on")
    list_select_related = ("source",)
    search_fields = ("name", "sha256", "error")
    fields = (
        "name", "state", "error", "listed_on", "intent", "format", "papers", "new", "updated",
        "unchanged", "entries_left_out", "not_believed", "source", "archive", "part_of",
        "received_at", "size", "sha256", "raw", "withdrawn",
    )  # fmt: skip
    actions = ("try_again", "accept_anyway", "take_as_new", "take_as_backfill")
    list_per_page = 50
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Dump | None = None) -> list[str]:
        """The date, the intent and the format can be set by hand until the dump is parsed."""
        is_read = obj and (obj.state == State.PARSED or obj.is_withdrawn)
        by_hand = () if is_read else ("listed_on", "intent", "format")
        return [field for field in self.fields if field not in by_hand]

    def formfield_for_dbfield(
        self, db_field: "Field[object, object]", request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Offer the known formats as choices."""
        if db_field.name == "format":
            return forms.ChoiceField(choices=FORMAT_CHOICES, help_text=db_field.help_text)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Dump | None = None) -> bool:
        return False  # papers are derived from dumps

    def get_urls(self) -> list[URLPattern]:
        raw = path("<int:pk>/raw/", self.admin_site.admin_view(self.raw_view), name="dump-raw")
        return [raw, *super().get_urls()]

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Upload a dump. Not in a transaction: the bytes are kept even if reading them fails."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if form.is_valid() and (dump := self._taken(request, form)):
            self.log_addition(request, dump, "Uploaded.")
            return redirect(reverse("admin:digest_dump_change", args=[dump.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Upload a dump",
            "form": form,
        }
        return TemplateResponse(request, "admin/digest/dump/upload.html", context)

    def save_model(self, request: HttpRequest, obj: Dump, form: DumpForm, change: bool) -> None:
        """Read the dump again with what was set by hand."""
        if form.changed_data:
            self._again(request, [obj])

    def _taken(self, request: HttpRequest, form: UploadForm) -> Dump | None:
        try:
            dump = receive_and_read(form)
        except (ingest.CannotKeep, ingest.Unreadable, OSError) as wrong:
            form.add_error("file", str(wrong))
            return None
        self._say(request, dump, asked=form.cleaned_data["intent"])
        return dump

    def _say(self, request: HttpRequest, dump: Dump, *, asked: str = "") -> None:
        level = LEVELS.get(State(dump.state), messages.ERROR)
        level = messages.WARNING if dump.error and level == messages.SUCCESS else level
        self.message_user(request, outcome(dump, asked), level)

    def _again(
        self,
        request: HttpRequest,
        dumps: Iterable[Dump],
        intent: str = "",
        *,
        accept_short: bool = False,
    ) -> None:
        for dump in dumps:
            try:
                self._say(
                    request, read_again(dump, intent or dump.intent, accept_short=accept_short)
                )
            except (ingest.CannotKeep, ingest.Unreadable, OSError) as wrong:
                self.message_user(request, f"“{dump.name}”: {wrong}", messages.ERROR)

    @confirmed_action(
        "Try again",
        permission="change",
        effect="Each is read again from its stored bytes.",
    )
    def try_again(self, request: HttpRequest, queryset: QuerySet[Dump]) -> None:
        self._again(request, in_batches(queryset))

    @confirmed_action(
        "Accept anyway, however few papers it has",
        permission="change",
        effect="Each is read again and accepted; readers get its new papers.",
    )
    def accept_anyway(self, request: HttpRequest, queryset: QuerySet[Dump]) -> None:
        self._again(request, in_batches(queryset), accept_short=True)

    @confirmed_action(
        "Take as new: number and mail",
        permission="change",
        effect="Each is read again, and readers get its papers as new ones.",
    )
    def take_as_new(self, request: HttpRequest, queryset: QuerySet[Dump]) -> None:
        self._again(request, in_batches(queryset), Dump.Intent.NEW)

    @confirmed_action(
        "Take as backfill: search only, never mail",
        permission="change",
        effect="Each is read again; its papers can be searched but are never mailed.",
    )
    def take_as_backfill(self, request: HttpRequest, queryset: QuerySet[Dump]) -> None:
        self._again(request, in_batches(queryset), Dump.Intent.BACKFILL)

    def raw_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Return the bytes as received. A dump may be a personal mail, so the reading is logged."""
        self.require(request, "download")
        dump = get_object_or_404(Dump, pk=pk)
        try:
            file = raw_storage.open(dump.sha256)
        except (raw_storage.MissingBytes, ingest.CannotKeep, OSError) as wrong:
            raise Http404("The stored bytes of this dump cannot be read.") from wrong
        log_reading(request, dump, "Downloaded the raw bytes.")
        # As a download: foreign HTML must not run as a page of this site.
        return FileResponse(
            file, as_attachment=True, filename=dump.name, content_type="application/octet-stream"
        )

    @admin.display(description="part")
    def part_of(self, dump: Dump) -> str:
        return (
            f"{dump.part + 1:,} of {dump.total_parts:,}"
            if dump.total_parts > 1
            else "the whole file"
        )

    @admin.display(description="raw bytes")
    def raw(self, dump: Dump) -> str:
        address = reverse("admin:dump-raw", args=[dump.pk])
        return format_html('<a href="{}">Download</a>', address)

    @admin.display(description="why")
    def why(self, dump: Dump) -> str:
        return dump.error if len(dump.error) <= 120 else f"{dump.error[:120]}…"

    @admin.display(description="skipped")
    def left_out(self, dump: Dump) -> int:
        return len(dump.skipped)

    @admin.display(description="Entries skipped")
    def entries_left_out(self, dump: Dump) -> str:
        lines = ((str(each["entry"]), str(each["reason"])) for each in dump.skipped)
        return format_html_join("", "<p>{}: {}</p>", lines) or "none"

    @admin.display(description="Values ignored")
    def not_believed(self, dump: Dump) -> str:
        return format_html_join("", "<p>{}</p>", ((str(note),) for note in dump.notes)) or "nothing"
