"""Holds: what they cover is not sent while the row exists."""

from datetime import date

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from digest import tasks
from digest.mail.smtp.paths import UnsupportedAddress, ascii_domain
from digest.models import Digest, Hold, Letter
from digest.operators.base_admin import WITH_DIAGNOSIS
from digest.operators.generic_classes import ModelAdmin, ModelForm
from digest.operators.mass_actions import confirmed_action
from digest.sending import refusals
from digest.sending.automatic_holds import lift

Scope = Hold.Scope
UNDO_EFFECT = (
    "The refusals behind it are treated as wrong: the same addresses are mailed again and get what "
    "they missed."
)
BACKENDS = ("outbox", *(relay.name for relay in settings.MAIL_RELAYS or ()))


class HoldForm(ModelForm[Hold]):
    class Meta:
        model = Hold
        fields = ("scope", "value", "reason")
        help_texts = {
            "value": f"The domain; the way of sending ({', '.join(BACKENDS)}); or the date "
            "(2026-11-20). Nothing for everything."
        }
        error_messages = {NON_FIELD_ERRORS: {"unique_together": "That is held already."}}

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
    except UnsupportedAddress:
        return False


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


@admin.register(Hold)
class HoldAdmin(ModelAdmin[Hold]):
    form = HoldForm
    change_list_template = WITH_DIAGNOSIS
    list_display = ("__str__", "reason", "automatic", "set_by", "created_at")
    list_filter = ("scope", "automatic")
    actions = ("undo",)
    delete_effect = "Mail that they hold back is sent shortly, unless it is too late for it."

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
    )
    def undo(self, request: HttpRequest, queryset: QuerySet[Hold]) -> None:
        for hold in queryset.filter(automatic=True):
            self.log_deletions(request, Hold.objects.filter(pk=hold.pk))
            self.message_user(request, undo_hold(hold), messages.SUCCESS)
        if others := queryset.filter(automatic=False).count():
            sentence = f"{others} left out: they were not set automatically."
            self.message_user(request, sentence, messages.WARNING)


def undo_hold(hold: Hold) -> str:
    """Undo an automatic hold and send what it stopped; return a sentence about it."""
    what = refusals.undo(hold, timezone.now())
    release_held_mail()
    return (
        f"Undone: {hold}. {what.digests} digests are on the way again; "
        f"{what.addresses} addresses are mailed again."
    )


def release_held_mail() -> None:
    """Release mail that was held back; what another hold covers is held back again."""
    at = timezone.now()
    Letter.objects.release_held_back(at)
    Digest.objects.release_held_back(at)
    tasks.wake(tasks.drain)
