"""Admin pages of subscribers: what they get and when, and a preview of the mail."""

from typing import Any, Protocol

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from digest import tasks
from digest.models import Catalogue
from digest.operators.base_admin import mail_frame, mail_page, send_now_messages
from digest.operators.mass_actions import batches, confirmed_action
from digest.operators.person_links import AboutPeopleAdmin
from digest.rendering import digest_message
from digest.sending import planning
from subscriptions import changes, unsubscribing
from subscriptions.forms.addresses import MailboxField
from subscriptions.forms.schedule_fields import ZoneField
from subscriptions.models import TRENDING_USUAL, Subscriber, Subscription, email_key
from subscriptions.sign_up_request import defaults

from .keywords import OperatorForm, SubscriptionAdmin, SubscriptionInline
from .stops import StopActions
from .subscriber_files import SubscriberFilesAdmin
from .suppressions import SuppressionAdmin
from .timelines import TimelinePages

__all__ = ["SubscriberAdmin", "SubscriptionAdmin", "SuppressionAdmin"]

Status = Subscriber.Status
KEYWORDS_SHOWN = 5
PREVIEWED = "Read a preview of the e-mail."


class SubscriberForm(OperatorForm[Subscriber]):
    email = MailboxField(label="E-mail", max_length=320)
    timezone = ZoneField(required=False, help_text="A city, like Berlin, or an offset, like UTC+2.")

    class Meta:
        model = Subscriber
        fields = (
            "email", "status", "timezone", "send_at", "frequency", "weekly_on", "paused_until",
            "max_papers", "trending_top", "abstracts", "body_format", "quiet_after", "follow_ups",
            "neighbours",
        )  # fmt: skip

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        email = self.fields["email"]
        assert isinstance(email, MailboxField)
        email.kept = self.instance.email
        zone = self.fields["timezone"]
        assert isinstance(zone, ZoneField)
        zone.kept = self.instance.timezone

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"])
        others = Subscriber.objects.by_email(email).exclude(pk=self.instance.pk)
        if "email" in self.changed_data and others.exists():
            raise ValidationError("There is already a subscriber with this address.")
        return email


class _WithKeywords(Protocol):
    """A subscriber as the list reads it."""

    in_force: list[Subscription]


@admin.register(Subscriber)
class SubscriberAdmin(
    AboutPeopleAdmin[Subscriber], TimelinePages, StopActions, SubscriberFilesAdmin
):
    people, person_column = ("pk",), "email"
    permitted = {
        **SubscriberFilesAdmin.permitted,
        **StopActions.permitted,
        "preview": "subscriptions.preview_subscriber",
        "send": "digest.send_digest",
    }
    form = SubscriberForm
    list_display = ("email", "status", "next_due_at", "keywords", "frequency", "zone")
    list_filter = ("status", "frequency", "created_at")
    search_fields = ("email", "subscriptions__text")
    search_help_text = "Address or keyword."
    readonly_fields = (
        "confirmed_at", "address_since", "next_due_at", "last_due_at", "last_local_date",
        "confirmed_through_seq", "consent", "consent_on", "requested", "created_at",
    )  # fmt: skip
    inlines = (SubscriptionInline,)
    actions = ("send_now", "pause", "resume", "unsubscribe", "suppress", "delete_selected")
    change_list_template = "admin/subscriptions/subscriber/change_list.html"
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscriber]:
        active = Subscription.objects.active().order_by("position", "pk")
        return (
            super()
            .get_queryset(request)
            .prefetch_related(Prefetch("subscriptions", active, to_attr="in_force"))
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/preview/", view(self.preview_view), name="subscriber-preview"),
            path("<int:pk>/preview/html/", view(self.frame_view), name="subscriber-preview-html"),
            *super().get_urls(),
        ]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        usual = defaults()
        return {"timezone": usual.timezone, "send_at": usual.send_at}

    def person_id(self, row: Subscriber) -> int:
        return row.pk

    @admin.display(description="time zone", ordering="timezone")
    def zone(self, subscriber: Subscriber) -> str:
        return subscriber.zone_label

    @admin.display(description="keywords")
    def keywords(self, subscriber: _WithKeywords) -> str:
        texts = [each.text for each in subscriber.in_force]
        more = f" and {len(texts) - KEYWORDS_SHOWN} more" if len(texts) > KEYWORDS_SHOWN else ""
        return ", ".join(texts[:KEYWORDS_SHOWN]) + more

    def save_model(
        self, request: HttpRequest, obj: Subscriber, form: SubscriberForm, change: bool
    ) -> None:
        """Update dependent columns, and write only what changed: a worker may be advancing the
        watermark."""
        changed = set(form.changed_data) & {field.name for field in self.opts.fields}
        if change:
            _refresh_unchanged(obj, but=changed)
        if "email" in changed or not change:
            changed |= _set_address(obj)
        was_active = Subscriber.objects.active().filter(pk=obj.pk).exists()
        if obj.status == Status.UNSUBSCRIBED and "status" in changed:
            obj.unsubscribed_at = timezone.now()
            changed.add("unsubscribed_at")
        if obj.status == Status.ACTIVE and not was_active:
            changed |= _activate(obj)
        obj.save(update_fields=changed if change else None)
        if changed & changes.SCHEDULE_FIELDS:
            changes.reschedule(obj, timezone.now())

    def save_related(
        self, request: HttpRequest, form: SubscriberForm, formsets: object, change: bool
    ) -> None:
        """Choose trending papers for a subscriber who is added without keywords."""
        super().save_related(request, form, formsets, change)
        person = form.instance
        if not change and not person.trending_top and not person.active_keywords():
            person.trending_top = TRENDING_USUAL
            person.save(update_fields=["trending_top"])
            said = f"No keywords: {person} gets {TRENDING_USUAL} trending papers per digest."
            self.message_user(request, said)

    @confirmed_action(
        "Send now",
        permission="send",
        effect="Each gets today’s digest right away, unless it has already been sent.",
        affects=Q(status=Status.ACTIVE),
    )
    def send_now(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        active = Subscriber.objects.active().with_ids(ids)
        digests = planning.send_now_all(active, timezone.now())
        for sentence, level in send_now_messages(digests):
            self.message_user(request, sentence, level)
        tasks.wake(tasks.drain)
        if others := len(ids) - len(digests):
            self.message_user(
                request, f"{others} skipped, because they are not active.", messages.WARNING
            )

    @confirmed_action(
        "Unsubscribe",
        permission="change",
        effect="They no longer get digests. They can sign up again on the site.",
        affects=~Q(status=Status.UNSUBSCRIBED),
    )
    def unsubscribe(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> None:
        left = sum(
            unsubscribing.unsubscribe(pk)
            for batch in batches(queryset)
            for pk in batch.values_list("pk", flat=True)
        )
        self.message_user(request, f"{left} unsubscribed.", messages.SUCCESS)

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the mail that the subscriber would get now, without creating a row."""
        self.require(request, "preview")
        subscriber = get_object_or_404(Subscriber, pk=pk)
        return mail_page(
            request,
            self,
            subscriber,
            title=f"Preview of the next digest to {subscriber}",
            mail=digest_message.preview(subscriber, timezone.now()),
            frame=reverse("admin:subscriber-preview-html", args=[pk]),
            what=PREVIEWED,
        )

    def frame_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the HTML part of the preview."""
        self.require(request, "preview")
        subscriber = get_object_or_404(Subscriber, pk=pk)
        mail = digest_message.preview(subscriber, timezone.now())
        return mail_frame(request, subscriber, mail=mail, what=PREVIEWED)


def _refresh_unchanged(subscriber: Subscriber, *, but: set[str]) -> None:
    """Lock the row and refresh the columns that the operator did not change, which a worker may
    have changed. (Django saves an admin page in one transaction.)"""
    others = [each.name for each in Subscriber._meta.concrete_fields if each.name not in but]
    subscriber.refresh_from_db(fields=others, from_queryset=Subscriber.objects.select_for_update())


def _set_address(subscriber: Subscriber) -> set[str]:
    """Set the key of the address, and since when it is theirs; return the changed columns."""
    before, subscriber.email_key = subscriber.email_key, email_key(subscriber.email)
    if before and before != subscriber.email_key:
        subscriber.address_since = timezone.now()
    return {"email_key", "address_since"}


def _activate(subscriber: Subscriber) -> set[str]:
    """Schedule the next digest of a subscriber who becomes active; return the changed columns.

    A subscriber who never confirmed starts at the newest paper.
    """
    at = timezone.now()
    changed = {"next_due_at"}
    if subscriber.confirmed_at is None:
        subscriber.confirmed_at = at
        subscriber.confirmed_through_seq = Catalogue.current().newest_seq
        changed |= {"confirmed_at", "confirmed_through_seq"}
    subscriber.next_due_at = subscriber.next_due_after(at)
    return changed
