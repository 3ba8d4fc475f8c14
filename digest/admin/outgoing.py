"""Digests and letters: their states, and the actions on digests."""

from collections import Counter

from django.contrib import admin, messages
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from digest import tasks
from digest.models import Digest, DigestEntry, Letter, MailEvent, Paper, State
from digest.operators.base_admin import (
    WITH_DIAGNOSIS,
    PermittedAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    mail_frame,
    mail_page,
)
from digest.operators.mass_actions import batches, confirmed_action
from digest.operators.person_links import AboutPeopleAdmin
from digest.rendering.digest_message import compose_digest
from digest.sending.resend import COPIED, NotCopied, plan_copy

TIMES = ("not_before", "expires_at", "lease_until", "created_at", "sent_at")
READ = "Read the e-mail."
REPLY = ("attempts", "compose_errors", "reply_code", "reply_text")


class EventInline(ReadOnlyInline[MailEvent, Model]):
    """The events of a mail."""

    model = MailEvent
    verbose_name_plural = "Replies and reports"
    fields = ("at", "kind", "provider", "status")
    show_change_link = True


@admin.register(Digest)
class DigestAdmin(AboutPeopleAdmin[Digest], PermittedAdmin[Digest], ReadOnlyAdmin[Digest]):
    permitted = {"read": "digest.read_digest", "send": "digest.send_digest"}
    fields_with = {"mail": "read"}
    change_list_template = WITH_DIAGNOSIS
    inlines = (EventInline,)
    list_display = ("local_date", "subscriber", "kind", "state", "count", "not_before", "sent_at")
    list_filter = ("state", "kind", "local_date")
    search_fields = ("subscriber__email",)
    search_help_text = "The subscriber’s e-mail address."
    list_select_related = ("subscriber",)
    fields = (
        "subscriber", "kind", "local_date", "state", "papers", "mail", "from_seq", "to_seq",
        "composed_at", *TIMES, *REPLY,
    )  # fmt: skip
    readonly_fields = ("papers", "mail")
    actions = ("send_now", "cancel", "send_again")
    list_per_page = 50
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/mail/", view(self.mail_view), name="digest-mail"),
            path("<int:pk>/mail/html/", view(self.frame_view), name="digest-mail-html"),
            *super().get_urls(),
        ]

    @confirmed_action(
        "Send now",
        permission="send",
        effect="Planned digests are sent right away. The others stay as they are.",
        affects=Q(state=State.PLANNED),
    )
    def send_now(self, request: HttpRequest, queryset: QuerySet[Digest]) -> None:
        at, selected = timezone.now(), queryset.count()
        changed = sum(
            batch.filter(state=State.PLANNED, expires_at__gt=at).update(not_before=at)
            for batch in batches(queryset)
        )
        tasks.wake(tasks.drain)
        self._say(request, changed, selected, "on the way")

    @confirmed_action(
        "Cancel (their papers go into the next digest)",
        permission="send",
        effect="Planned digests are not sent; their papers go into each person’s next one. The "
        "others stay as they are.",
        affects=Q(state=State.PLANNED),
    )
    def cancel(self, request: HttpRequest, queryset: QuerySet[Digest]) -> None:
        selected = queryset.count()
        changed = sum(
            batch.filter(state=State.PLANNED).update(state=State.CANCELLED)
            for batch in batches(queryset)
        )
        self._say(request, changed, selected, "cancelled")

    @confirmed_action(
        "Send again, marked as a copy",
        permission="send",
        effect="Each subscriber gets the same e-mail again, marked as a copy; at most one copy "
        "per person and day.",
        affects=Q(state__in=COPIED),
    )
    def send_again(self, request: HttpRequest, queryset: QuerySet[Digest]) -> None:
        copied, at = 0, timezone.now()
        left_out: Counter[str] = Counter()
        for batch in batches(queryset):
            for digest in batch.select_related("subscriber"):
                try:
                    plan_copy(digest, at)
                    copied += 1
                except NotCopied as why:
                    left_out[str(why)] += 1
        tasks.wake(tasks.drain)
        total = copied + left_out.total()
        self.message_user(request, f"{copied} of {total} on the way again.", messages.SUCCESS)
        for sentence, number in left_out.items():
            self.message_user(request, f"{number} skipped: {sentence}", messages.WARNING)

    def _say(self, request: HttpRequest, changed: int, selected: int, done: str) -> None:
        self.message_user(request, f"{changed} of {selected} {done}.", messages.SUCCESS)
        if changed < selected:
            self.message_user(request, "The others were no longer planned.", messages.WARNING)

    def mail_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the mail of a digest, composed from its frozen contents."""
        self.require(request, "read")
        digest = self._composed(pk)
        return mail_page(
            request,
            self,
            digest,
            title=f"The e-mail to {digest.subscriber}",
            mail=compose_digest(digest),
            frame=reverse("admin:digest-mail-html", args=[pk]),
            what=READ,
        )

    def frame_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the HTML part of the mail."""
        self.require(request, "read")
        digest = self._composed(pk)
        return mail_frame(request, digest, mail=compose_digest(digest), what=READ)

    def _composed(self, pk: int) -> Digest:
        digest: Digest = get_object_or_404(Digest.objects.select_related("subscriber"), pk=pk)
        if digest.composed_at is None:
            raise Http404("This digest has not been composed yet.")
        if digest.pruned:
            raise Http404("The contents of this digest are no longer kept (RETENTION_DAYS).")
        return digest

    @admin.display(description="papers")
    def count(self, digest: Digest) -> int:
        return len(digest.entries)

    @admin.display(description="mail")
    def mail(self, digest: Digest) -> str:
        if digest.composed_at is None:
            return "not composed yet"
        if digest.pruned:
            return "no longer kept"
        return format_html('<a href="{}">Show</a>', reverse("admin:digest-mail", args=[digest.pk]))

    @admin.display(description="papers")
    def papers(self, digest: Digest) -> str:
        if digest.pruned:
            return "no longer kept"
        known = Paper.objects.in_bulk([entry.paper for entry in digest.entries])
        lines = (_line(entry, known.get(entry.paper)) for entry in digest.entries)
        return format_html_join("", '<p><a href="{}">{}</a> — {}</p>', lines) or "none"


def _line(entry: DigestEntry, paper: Paper | None) -> tuple[str, str, str]:
    """Address, title and reason of one entry."""
    reason = ", ".join(entry.keywords) or entry.why
    title = paper.title if paper else f"paper {entry.paper}, deleted since"
    return reverse("paper", args=[entry.paper]), title, reason


@admin.register(Letter)
class LetterAdmin(AboutPeopleAdmin[Letter], ReadOnlyAdmin[Letter]):
    people = ("subscriber", "address_change__subscriber")
    person_column = "address"
    change_list_template = WITH_DIAGNOSIS
    inlines = (EventInline,)
    list_display = ("created_at", "address", "purpose", "state", "sent_at", "reply_text")
    list_filter = ("state", "purpose")
    search_fields = ("email_key",)
    list_select_related = ("subscriber", "address_change")
    fields = ("subscriber", "address", "purpose", "state", *TIMES, *REPLY)
    readonly_fields = ("address",)
    list_per_page = 50
    show_full_result_count = False

    def person_id(self, row: Letter) -> int | None:
        """The subscriber, also of a letter to an address that they want to change to."""
        if row.address_change:
            return row.address_change.subscriber_id
        return row.subscriber_id
