"""Admin pages of suppressions: addresses that are not mailed."""

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from digest.mail.mailboxes import clean_address
from digest.operators.generic_classes import ModelForm
from digest.operators.mass_actions import batches, confirmed_action
from digest.operators.person_links import AboutPeopleAdmin
from subscriptions.forms.addresses import MailboxField
from subscriptions.models import Suppression, address_hash, address_hashes, email_key


class SuppressionForm(ModelForm[Suppression]):
    email = MailboxField(public=False, help_text="Only a fingerprint of it is stored.")

    class Meta:
        model = Suppression
        fields = ("reason", "detail")


@admin.register(Suppression)
class SuppressionAdmin(AboutPeopleAdmin[Suppression]):
    """Only pending suppressions know whose mailbox it is."""

    person_column = "__str__"
    change_list_template = "admin/subscriptions/subscriber/change_list.html"
    form = SuppressionForm
    fields = ("email", "reason", "detail")
    list_display = ("__str__", "detail", "created_at", "expires_at", "pending_since")
    list_filter = ("reason",)
    actions = ("confirm",)
    delete_effect = "These addresses can get e-mails again."
    search_fields = ("address_hash",)
    search_help_text = "The full e-mail address."

    def has_change_permission(self, request: HttpRequest, obj: Suppression | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Suppression | None = None) -> tuple[str, ...]:
        if obj is None:
            return self.fields
        return ("reason", "detail", "created_at", "expires_at", "pending_since")

    @confirmed_action(
        "Confirm the refusal: no automatic hold undoes it",
        permission="add",
        effect="These addresses stay suppressed even if an automatic hold is undone.",
        affects=Q(pending_since__isnull=False),
    )
    def confirm(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> None:
        confirmed = sum(
            Suppression.objects.filter(pk__in=batch.values("pk")).confirm()
            for batch in batches(queryset)
        )
        self.message_user(request, f"{confirmed} are final.", messages.SUCCESS)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[QuerySet[Suppression], bool]:
        if search_term:
            typed = clean_address(search_term)
            hashes = address_hashes(email_key(typed), typed)
            queryset = queryset.filter(address_hash__in=hashes)
        return queryset, False

    def save_model(
        self, request: HttpRequest, obj: Suppression, form: SuppressionForm, change: bool
    ) -> None:
        """Record the suppression under the hash of the address; it replaces a bounce."""
        cleaned = form.cleaned_data
        key = email_key(cleaned["email"])
        Suppression.objects.record(key, cleaned["reason"], detail=cleaned["detail"])
        obj.pk = Suppression.objects.get(address_hash=address_hash(key)).pk
