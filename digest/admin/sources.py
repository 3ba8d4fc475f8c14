"""Sources: where papers are fetched from, how often, and with what success."""

from datetime import timedelta
from typing import Protocol

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
from digest.ingest.sources import quiet_reason
from digest.ingest.sources.ready_made.presets import create_presets
from digest.models import Source
from digest.operators.audit_log import log_act, log_act_on_many
from digest.operators.mass_actions import confirmed_action, in_batches
from digest.operators.read_log import operator_of

from .source_form import SourceForm
from .source_services import ServicePages

Kind = Source.Kind
DUMPS_SHOWN = 10
FETCHED = Q(enabled=True) & ~Q(kind=Kind.PUSH)


class _WithWeek(Protocol):
    """A source as the list reads it."""

    week: int | None  # papers that were new in the last 7 days


@admin.register(Source)
class SourceAdmin(ServicePages):
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
        (
            "A web address",
            {
                "fields": (
                    "url", "list_path", "cursor_path", "key_variable", "key_place",
                    "allow_private", "contact",
                )
            },
        ),
        ("Or a folder", {"fields": ("folder",)}),
        (
            "Or a mailbox",
            {"fields": ("mail_host", "mail_port", "mail_user", "mail_folder", "password_variable")},
        ),
        ("What it delivers", {"fields": ("format", "intent")}),
        ("When", {"fields": ("every_minutes", "daily_at", "weekdays", "expected_on")}),
        (
            "Fetch history",
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
            *self.service_urls(),
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
        if changed & {"format", "intent", "url", "list_path", "cursor_path", "key_variable"}:
            changed |= _set(obj, validated_url="", etag="", last_modified="")
        obj.save(update_fields=changed if change else None)
        if obj.enabled:
            tasks.wake(tasks.fetch)

    def ready_made_view(self, request: HttpRequest) -> HttpResponse:
        """Add the preset sources, disabled."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        made = create_presets()
        if made:
            what, ids = "Created, switched off.", [source.pk for source in made]
            log_act_on_many(operator_of(request), what, Source, ids, len(ids))
        self.message_user(request, f"{len(made)} created, switched off.", messages.SUCCESS)
        return redirect(reverse("admin:digest_source_changelist"))

    def fetch_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Fetch one source now."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        for source in Source.objects.filter(pk=pk):
            self._fetch(request, Source.objects.filter(pk=pk))
            log_act(operator_of(request), "Fetch now.", source)
        return redirect(reverse("admin:digest_source_change", args=[pk]))

    @confirmed_action(
        "Fetch now",
        permission="change",
        effect="Sources that are switched on are fetched right away.",
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
            cause = (
                "its dumps are pushed by others"
                if source.kind == Kind.PUSH
                else "switch it on first"
            )
            self.message_user(request, f"{source}: {cause}.", messages.WARNING)

    @confirmed_action(
        "Switch on", permission="change", effect="They will be fetched for new papers."
    )
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        self._switch(request, queryset, on=True)
        tasks.wake(tasks.fetch)

    @confirmed_action("Switch off", permission="change", effect="They will no longer be fetched.")
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        self._switch(request, queryset, on=False)

    def _switch(self, request: HttpRequest, chosen: QuerySet[Source], *, on: bool) -> None:
        for source in in_batches(chosen):
            source.switch(on, timezone.now())
            sentence = f"{source} is switched {'on' if on else 'off'}."
            self.message_user(request, sentence, messages.SUCCESS)

    @admin.display(description="status")
    def how_it_is(self, source: Source) -> str:
        if not source.enabled:
            return "switched off"
        if sentence := source.trouble or quiet_reason(source, timezone.now().date()):
            return sentence
        return "OK" if source.last_success_at or source.kind == Kind.PUSH else "not fetched yet"

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
