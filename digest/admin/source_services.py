"""Services to choose a source from, a form for each, and the trial of a source."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from digest import tasks
from digest.ingest.sources.keys import hosts_of
from digest.ingest.sources.ready_made.service_definition import BadField, Service
from digest.ingest.sources.ready_made.services import SERVICES
from digest.ingest.sources.ready_made.trial import Trial, try_source
from digest.limits.counting import LimitReached, count
from digest.models import Source
from digest.operators.generic_classes import ModelAdmin

_LONGEST_FIELD = 1500


class ServiceForm(forms.Form):
    """The fields of a service, and those that every source of a service has.

    A valid form has a `source`, which is not saved.
    """

    source: Source

    def __init__(self, service: Service, data: Any = None) -> None:
        super().__init__(data)
        self.service = service
        self.fields["name"] = _text(
            "Name", "Its name in the list of sources and in digests.", max_length=80
        )
        for each in service.fields:
            if each.choices:
                self.fields[each.name] = forms.ChoiceField(
                    label=each.label, help_text=each.help, choices=each.choices, required=False
                )
            else:
                self.fields[each.name] = _text(each.label, each.help, required=False)
        if service.key:
            need = "Required. " if service.key.required else "Optional. "
            hosts = " ".join(sorted(hosts_of(service.key.variable)))
            self.fields["key_variable"] = _text(
                "Key variable",
                f"{need}The key itself is in the server’s environment, in the variable "
                f"{service.key.variable}. {service.key.help} It is only sent to {hosts}.",
                required=service.key.required,
                initial=service.key.variable if service.key.required else "",
                max_length=80,
            )
        self.fields["contact"] = _text(
            "Contact",
            "An address the service can write to if something goes wrong. Default: "
            f"{settings.CONTACT}.",
            required=False,
            max_length=255,
        )
        self.fields["enabled"] = forms.BooleanField(
            label="Switched on",
            required=False,
            help_text="Papers of its first fetch can be searched but are not mailed; later ones "
            "are.",
        )

    def clean(self) -> dict[str, Any]:
        """Make `source`, not saved; what it cannot be made of is said at the fields."""
        cleaned = self.cleaned_data
        try:
            values = self.service.source_values(cleaned)
        except BadField as wrong:
            if wrong.name not in self.errors:
                self.add_error(wrong.name, str(wrong))
            return cleaned
        values |= {name: cleaned.get(name, "") for name in ("name", "contact")}
        if self.service.key and (variable := cleaned.get("key_variable")):
            values |= {"key_variable": variable, "key_place": self.service.key.place}
        self.source = Source(**values)
        try:
            self.source.full_clean(exclude=set(self.errors))
        except ValidationError as wrong:
            for name, sentences in wrong.message_dict.items():
                self.add_error(name if name in self.fields else None, sentences)
        return cleaned


def _text(label: str, help_text: str, **options: Any) -> forms.CharField:
    values = {"max_length": _LONGEST_FIELD} | options
    widget = forms.TextInput(attrs={"class": "vLargeTextField"})
    return forms.CharField(label=label, help_text=help_text, widget=widget, **values)


class ServicePages(ModelAdmin[Source]):
    """The pages of services and trials, for the admin of sources."""

    def service_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("services/", view(self.services_view), name="source-services"),
            path("services/<slug:name>/", view(self.service_view), name="source-service"),
            path("<int:pk>/try/", view(require_POST(self.try_view)), name="source-try"),
        ]

    def services_view(self, request: HttpRequest) -> HttpResponse:
        """List the services."""
        self._require(self.has_add_permission(request))
        shown = {"services": SERVICES.values()}
        return self._page(request, "services", "Choose a service", shown)

    def service_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Show a service's form, try what is filled in, or save it as a source."""
        self._require(self.has_add_permission(request))
        service = SERVICES.get(name)
        if service is None:
            raise Http404
        form = ServiceForm(service, request.POST or None)
        trial = None
        if form.is_valid():
            if "_try" not in request.POST:
                return self._saved(request, form.source, enabled=form.cleaned_data["enabled"])
            trial = self._tried(request, form.source)
        shown = {"service": service, "form": form, "trial": trial}
        return self._page(request, "service", service.title, shown)

    def try_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Try a saved source."""
        self._require(self.has_change_permission(request))
        source = get_object_or_404(Source, pk=pk)
        if source.kind != Source.Kind.URL:
            self.message_user(request, "Only web addresses can be tried.", messages.WARNING)
            return redirect(reverse("admin:digest_source_change", args=[pk]))
        shown = {"original": source, "trial": self._tried(request, source)}
        return self._page(request, "trial", f"Trial of {source}", shown)

    def _tried(self, request: HttpRequest, source: Source) -> Trial:
        try:
            count("trials", f"user {request.user.pk}")
        except LimitReached as reached:
            return Trial(error=f"Too many trials. Try again in {reached.seconds} seconds.")
        return try_source(source, timezone.now())

    def _saved(self, request: HttpRequest, source: Source, *, enabled: bool) -> HttpResponse:
        source.save()
        self.log_addition(request, source, [{"added": {}}])
        if enabled:
            source.switch(True, timezone.now())
            tasks.wake(tasks.fetch)
        state = "switched on" if enabled else "switched off"
        self.message_user(request, f"{source} has been saved, {state}.", messages.SUCCESS)
        return redirect(reverse("admin:digest_source_change", args=[source.pk]))

    def _page(
        self, request: HttpRequest, template: str, title: str, shown: Mapping[str, object]
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return TemplateResponse(
            request, f"admin/digest/source/{template}.html", {**context, **shown}
        )

    def _require(self, allowed: bool) -> None:
        if not allowed:
            raise PermissionDenied
