"""Tokens to upload dumps over HTTP: created, shown once and revoked here."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache

from digest.models import PushToken, Source
from digest.operators.generic_classes import ModelAdmin, ModelForm
from digest.operators.mass_actions import batches, confirmed_action
from subscriptions import links


class TokenForm(ModelForm[PushToken]):
    source = forms.ModelChoiceField(
        Source.objects.filter(kind=Source.Kind.PUSH),
        help_text="A push source that is switched on.",
    )

    class Meta:
        model = PushToken
        fields = ("name", "source")


@admin.register(PushToken)
class PushTokenAdmin(ModelAdmin[PushToken]):
    list_display = ("name", "source", "created_at", "last_used_at", "revoked")
    list_select_related = ("source",)
    readonly_fields = ("name", "source", "created_at", "last_used_at")
    fields = (*readonly_fields, "revoked")
    actions = ("revoke",)
    show_full_result_count = False

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """Create a token, shown in the response itself: a message would put it into a cookie."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = TokenForm(request.POST or None)
        token = ""
        if form.is_valid():
            row, token = PushToken.make(form.cleaned_data["name"], form.cleaned_data["source"])
            self.log_addition(request, row, "Created.")
        return never_cache(self._page)(request, form, token)

    def _page(self, request: HttpRequest, form: TokenForm, token: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "The new token" if token else "Create a token",
            "form": form,
            "token": token,
            "address": links.address("api-dumps"),
        }
        return TemplateResponse(request, "admin/digest/pushtoken/add.html", context)

    @confirmed_action(
        "Revoke",
        permission="change",
        effect="Nobody can push dumps with them any more. This cannot be undone.",
    )
    def revoke(self, request: HttpRequest, queryset: QuerySet[PushToken]) -> None:
        count = sum(batch.update(revoked=True) for batch in batches(queryset))
        self.message_user(request, f"{count} revoked.", messages.SUCCESS)
