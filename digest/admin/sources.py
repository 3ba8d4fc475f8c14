"""Sources: where papers are fetched from, how often, and with what success."""

from collections.abc import Collection
from datetime import timedelta
from typing import Protocol

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.views.decorators.http import require_POST

from digest import tasks
from digest.ingest.formats import AUTO, FORMATS
from digest.ingest.sources import quiet_reason
from digest.ingest.sources.presets import create_presets
from digest.models import Source
from digest.operators.generic_classes import ModelAdmin, ModelForm
from digest.operators.mass_actions import confirmed_action, in_batches

Kind = Source.Kind
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WHERE: dict[str, dict[str, str]] = {
    Kind.URL: {"url": "Write the address, with https:// in front."},
    Kind.FOLDER: {"folder": "Write the folder’s whole path, like /srv/papers."},
    Kind.MAILBOX: {
        "mail_host": "Write the server’s name, like imap.example.org.",
        "mail_user": "Write the user.",
        "password_variable": "Write the name of the variable that holds the password.",
    },
    Kind.PUSH: {},
}
DUMPS_SHOWN = 10
FETCHED = Q(enabled=True) & ~Q(kind=Kind.PUSH)


class WeekdaysField(forms.TypedMultipleChoiceField):
    """Days of the week as one number: bit 0 is Monday."""

    def __init__(
        self, *, required: bool = True, label: str | None = None, help_text: str = ""
    ) -> None:
        choices = [(1 << number, name) for number, name in enumerate(DAYS)]
        super().__init__(
            choices=choices,
            coerce=int,
            widget=forms.CheckboxSelectMultiple,
            required=required,
            label=label,
            help_text=help_text,
        )

    def prepare_value(self, value: object) -> object:
        return _bits(value) if isinstance(value, int) else value

    def clean(self, value: object) -> int:
        return sum(super().clean(value))

    def has_changed(
        self, initial: int | Collection[object] | None, data: Collection[object] | None
    ) -> bool:
        return super().has_changed(_bits(initial) if isinstance(initial, int) else initial, data)


def _bits(value: int) -> list[int]:
    """The choices that a stored number is the sum of."""
    return [1 << number for number in range(7) if value >> number & 1]


class SourceForm(ModelForm[Source]):
    format = forms.ChoiceField(choices=[(name, name) for name in (AUTO, *FORMATS)])
    weekdays = WeekdaysField(help_text="For a source that is fetched once a day.")
    expected_on = WeekdaysField(
        required=False,
        label="Papers are expected on",
        help_text="After two such days without papers it is called quiet.",
    )

    class Meta:
        model = Source
        fields = (
            "name", "kind", "enabled", "url", "folder", "mail_host", "mail_port", "mail_user",
            "mail_folder", "password_variable", "allow_private", "contact", "format", "intent",
            "every_minutes", "daily_at", "weekdays", "expected_on", "covered_through",
        )  # fmt: skip
        widgets = {
            name: forms.TextInput(attrs={"class": "vLargeTextField"})
            for name in ("name", "url", "folder")
        }

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        kind = cleaned.get("kind")
        for name, cure in WHERE.get(str(kind), {}).items():
            if not (cleaned.get(name) or name in self.errors):
                self.add_error(name, cure)
        if kind != Kind.PUSH:
            self._check_schedule(cleaned.get("every_minutes"), cleaned.get("daily_at"))
        if kind == Kind.FOLDER and (fault := folder_fault(cleaned.get("folder") or "/")):
            self.add_error("folder", fault)
        return cleaned

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        if url and not url.startswith(("https://", "http://")):
            raise forms.ValidationError("Write the address with https:// (or http://) in front.")
        return url

    def clean_daily_at(self) -> int | None:
        hour: int | None = self.cleaned_data["daily_at"]
        if hour is not None and hour > 23:
            raise forms.ValidationError("Write an hour from 0 to 23.")
        return hour

    def _check_schedule(self, minutes: int | None, hour: int | None) -> None:
        if (minutes is None) == (hour is None):
            self.add_error("every_minutes", "Say how often: so many minutes, or an hour of day.")
        elif minutes is not None and minutes < 5:
            self.add_error("every_minutes", "Write 5 or more.")


def folder_fault(folder: str) -> str:
    """Return why the folder cannot be watched, or "" if it can: files in it are moved."""
    if not folder.startswith("/") or ".." in folder.split("/") or folder.strip("/") == "":
        return "Write the folder’s whole path, like /srv/papers."
    data = str(settings.DATA_DIR)
    inside = f"{folder.rstrip('/')}/".startswith(f"{data}/")
    if inside or f"{data}/".startswith(f"{folder.rstrip('/')}/"):
        return f"The program keeps its own files in {data}: choose another folder."
    return ""


class _WithWeek(Protocol):
    """A source as the list reads it."""

    week: int | None  # papers that were new in the last 7 days


@admin.register(Source)
class SourceAdmin(ModelAdmin[Source]):
    form = SourceForm
    # "How it is" includes whether it is enabled; narrow windows cut off the last columns.
    list_display = (
        "name", "how_it_is", "papers_of_the_week", "last_success_at", "next_run_at",
    )  # fmt: skip
    list_filter = ("enabled", "kind")
    search_fields = ("name", "url", "folder", "mail_host")
    readonly_fields = (
        "how_it_is", "last_dumps", "last_success_at", "last_error", "last_error_at", "next_run_at",
        "first_fetched_at", "failures",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": ("name", "kind", "enabled", "how_it_is", "last_dumps")}),
        ("A web address", {"fields": ("url", "allow_private", "contact")}),
        ("Or a folder", {"fields": ("folder",)}),
        (
            "Or a mailbox",
            {"fields": ("mail_host", "mail_port", "mail_user", "mail_folder", "password_variable")},
        ),
        ("What comes", {"fields": ("format", "intent")}),
        ("When", {"fields": ("every_minutes", "daily_at", "weekdays", "expected_on")}),
        (
            "How it went",
            {
                "fields": (
                    "last_success_at", "last_error", "last_error_at", "next_run_at",
                    "covered_through", "first_fetched_at", "failures",
                )
            },
        ),
    )  # fmt: skip
    actions = ("fetch_now", "switch_on", "switch_off")
    change_list_template = "admin/digest/source/change_list.html"
    change_form_template = "admin/digest/source/change_form.html"
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        recent = Q(dumps__received_at__gt=timezone.now() - timedelta(days=7))
        return super().get_queryset(request).annotate(week=Sum("dumps__new", filter=recent))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        made, fetch = require_POST(self.ready_made_view), require_POST(self.fetch_view)
        return [
            path("ready-made/", view(made), name="source-ready-made"),
            path("<int:pk>/fetch/", view(fetch), name="source-fetch"),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: Source, form: SourceForm, change: bool) -> None:
        """Write only changed columns: a worker may be writing others. An enabled source is fetched
        soon, to show whether the change is right."""
        changed = set(form.changed_data)
        if obj.enabled and changed:
            changed |= _set(obj, next_run_at=timezone.now(), failures=0, refusals=0)
        if obj.enabled and ("enabled" in changed or not change):
            changed |= _set(obj, enabled_at=timezone.now())
        if changed & {"format", "intent", "url"}:
            changed |= _set(obj, validated_url="", etag="", last_modified="")
        obj.save(update_fields=changed if change else None)
        if obj.enabled:
            tasks.wake(tasks.fetch)

    def ready_made_view(self, request: HttpRequest) -> HttpResponse:
        """Add the preset sources, disabled."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        made = create_presets()
        self.message_user(request, f"{len(made)} made, switched off.", messages.SUCCESS)
        return redirect(reverse("admin:digest_source_changelist"))

    def fetch_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Fetch one source now."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        self._fetch(request, Source.objects.filter(pk=pk))
        return redirect(reverse("admin:digest_source_change", args=[pk]))

    @confirmed_action(
        "Fetch now",
        permission="change",
        effect="Those that are switched on are asked for new papers at once.",
        affects=FETCHED,
    )
    def fetch_now(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        self._fetch(request, queryset)

    def _fetch(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        chosen = Source.objects.filter(pk__in=queryset.values_list("pk", flat=True))
        fetched = chosen.filter(enabled=True).exclude(kind=Kind.PUSH)
        others = list(chosen.exclude(enabled=True) | chosen.filter(kind=Kind.PUSH))
        count = fetched.update(next_run_at=timezone.now())
        tasks.wake(tasks.fetch)
        if count:
            self.message_user(request, f"{count} will be fetched in a moment.", messages.SUCCESS)
        for source in others:
            cause = "others hand its dumps in" if source.kind == Kind.PUSH else "switch it on first"
            self.message_user(request, f"{source}: {cause}.", messages.WARNING)

    @confirmed_action("Switch on", permission="change", effect="They are asked for new papers.")
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        self._switch(request, queryset, on=True)
        tasks.wake(tasks.fetch)

    @confirmed_action(
        "Switch off", permission="change", effect="They are not asked for papers any more."
    )
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        self._switch(request, queryset, on=False)

    def _switch(self, request: HttpRequest, chosen: QuerySet[Source], *, on: bool) -> None:
        for source in in_batches(chosen):
            source.switch(on, timezone.now())
            sentence = f"{source} is switched {'on' if on else 'off'}."
            self.message_user(request, sentence, messages.SUCCESS)

    @admin.display(description="how it is")
    def how_it_is(self, source: Source) -> str:
        if not source.enabled:
            return "switched off"
        if sentence := source.trouble or quiet_reason(source, timezone.now().date()):
            return sentence
        return "well" if source.last_success_at or source.kind == Kind.PUSH else "not fetched yet"

    @admin.display(description="new in 7 days")
    def papers_of_the_week(self, source: _WithWeek) -> int:
        return source.week or 0

    @admin.display(description="last dumps")
    def last_dumps(self, source: Source) -> str:
        lines = (
            (
                reverse("admin:digest_dump_change", args=[dump.pk]),
                dump.name,
                dump.get_state_display(),
                f"papers: {dump.papers}, new: {dump.new}",
            )
            for dump in source.dumps.order_by("-received_at", "-pk")[:DUMPS_SHOWN]
        )
        return format_html_join("", '<p><a href="{}">{}</a>: {}, {}</p>', lines) or "none yet"


def _set(source: Source, **values: object) -> set[str]:
    """Set fields; return their names."""
    for name, value in values.items():
        setattr(source, name, value)
    return set(values)
