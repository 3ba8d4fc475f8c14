"""Holds: what an operator stops, for as long as the row is there."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError

from digest.mail.addresses import Unwritable, ascii_domain
from digest.models import Hold

Scope = Hold.Scope
BACKENDS = ("outbox", *(relay.name for relay in settings.MAIL_RELAYS or ()))


class HoldForm(forms.ModelForm):
    class Meta:
        model = Hold
        fields = ("scope", "value", "reason")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        scope, value = cleaned.get("scope"), cleaned.get("value", "").strip().lower()
        if message := _fault(scope, value):
            self.add_error("value", ValidationError(message))
        elif scope == Scope.DOMAIN:
            value = ascii_domain(value)
        cleaned["value"] = value
        return cleaned


def _fault(scope: str | None, value: str) -> str:
    """What is wrong with this value for this scope; a hold that stops nothing is a trap."""
    if scope == Scope.EVERYTHING:
        return "A hold of everything needs no value: leave it empty." if value else ""
    if scope == Scope.DOMAIN and not _is_domain(value):
        return "Write the domain alone, like example.org."
    if scope == Scope.BACKEND and value not in BACKENDS:
        return f"Write {' or '.join(BACKENDS)}."
    if scope == Scope.DATE and not _is_date(value):
        return "Write the date like 2026-11-20."
    return ""


def _is_domain(value: str) -> bool:
    try:
        return "." in ascii_domain(value) and "@" not in value
    except Unwritable:
        return False


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


@admin.register(Hold)
class HoldAdmin(admin.ModelAdmin):
    form = HoldForm
    list_display = ("__str__", "reason", "created_at")
    list_filter = ("scope",)
