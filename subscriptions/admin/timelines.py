"""Admin pages of a subscriber's timeline, and of the search for a mailbox."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from digest.mail.mailboxes import AddressError
from digest.models import Digest
from digest.operators.base_admin import PermittedAdmin
from digest.operators.mass_actions import ActionButton, action_button
from digest.operators.person_links import TIMELINE
from digest.operators.read_log import log_reading
from digest.operators.timeline.mail_entries import mail_kinds
from digest.operators.timeline.mail_of_today import mail_of_today
from digest.operators.timeline.mailbox_search import FoundMailbox, find_mailbox, suppressions_of
from digest.operators.timeline.next_mail import next_mail
from digest.operators.timeline.person_entries import person_kinds, suppression_kinds
from digest.operators.timeline.timeline_entries import Kind, Position, timeline_page
from digest.sending.resend import COPIED
from subscriptions.models import Subscriber, Suppression
from subscriptions.suppression_key import WrongSuppressionKey, check_key

Status = Subscriber.Status
READ_TIMELINE = "Read the timeline."
LOOKED_UP = "Looked up by its mailbox."


class TimelinePages(PermittedAdmin[Subscriber]):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        page = view(require_GET(self.timeline_view))
        return [
            path("<int:pk>/timeline/", page, name="subscriber-timeline"),
            path("find/", view(self.find_view), name="subscriber-find"),
            *super().get_urls(),
        ]

    def timeline_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what happened to a subscriber, what comes next, and what can be done.

        The next digest is worked out on the first page, for those who may see its preview.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        person, at = get_object_or_404(Subscriber, pk=pk), timezone.now()
        log_reading(request, person, READ_TIMELINE)
        after = self._position(request)
        wrong_key = check_key()
        suppressions = Suppression.objects.none() if wrong_key else suppressions_of(person)
        kinds: list[Kind] = [*mail_kinds(person), *person_kinds(person, suppressions)]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": person,
            "title": f"Timeline of {person}",
            "page": timeline_page(kinds, after, request.user.has_perm),
            "is_first": after is None,
            "wrong_key": wrong_key,
        }
        if after is None:
            may_see_today = request.user.has_perm("digest.view_digest")
            may_preview = self.may(request, "preview")
            context |= {
                "today": mail_of_today(person, at) if may_see_today else "",
                "next_mail": next_mail(person, at) if may_preview else None,
                "buttons": self._buttons(request, person, suppressions, wrong_key),
            }
        return TemplateResponse(request, "admin/subscriptions/subscriber/timeline.html", context)

    def _position(self, request: HttpRequest) -> Position | None:
        text = request.GET.get("after", "")
        try:
            return Position.parse(text) if text else None
        except (ValueError, OverflowError):
            sentence = "The link to earlier entries was incomplete. These are the newest ones."
            self.message_user(request, sentence, messages.WARNING)
            return None

    def _buttons(
        self,
        request: HttpRequest,
        person: Subscriber,
        suppressions: QuerySet[Suppression],
        wrong_key: str,
    ) -> list[ActionButton]:
        """Return the actions that have an effect on the person as they are, as far as the operator
        may run them. Former addresses may be suppressed too; suppressing is for the present one."""
        status, site = Status(person.status), self.admin_site
        may_suppress = not wrong_key and not person.suppressions.exists()
        in_force = suppressions.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
        ids = list(in_force.values_list("pk", flat=True))
        copied = person.digests.scheduled().filter(state__in=COPIED, pruned=False)
        newest = list(copied.values_list("pk", flat=True)[:1])
        active, stopped = status == Status.ACTIVE, status in (Status.PAUSED, Status.BOUNCING)
        wanted: list[tuple[type[Model], str, list[int], bool]] = [
            (Subscriber, "send_now", [person.pk], active),
            (Digest, "send_again", newest, active),
            (Subscriber, "pause", [person.pk], active),
            (Subscriber, "resume", [person.pk], stopped),
            (Subscriber, "unsubscribe", [person.pk], status != Status.UNSUBSCRIBED),
            (Subscriber, "suppress", [person.pk], may_suppress),
            (Suppression, "delete_selected", ids, True),
            (Subscriber, "delete_selected", [person.pk], True),
        ]
        buttons = (
            action_button(site.get_model_admin(model), request, action, rows)
            for model, action, rows, has_effect in wanted
            if has_effect
        )
        return [button for button in buttons if button]

    def find_view(self, request: HttpRequest) -> HttpResponse:
        """Find the people and suppressions of a mailbox. It is posted, so that no log of the web
        server has it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        typed, error = request.POST.get("mailbox", "").strip(), ""
        found: FoundMailbox | None = None
        if request.method == "POST":
            try:
                found = find_mailbox(typed)
            except (AddressError, WrongSuppressionKey) as wrong:
                error = str(wrong)
        if found and len(found.people) == 1 and not found.suppressions:
            return redirect(reverse(TIMELINE, args=[found.people[0].person.pk]))
        if found and request.user.has_perm("subscriptions.view_suppression"):
            for suppression in found.suppressions:
                log_reading(request, suppression, LOOKED_UP)
        kinds = list(suppression_kinds(found.suppressions)) if found else []
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Find a mailbox",
            "typed": typed,
            "error": error,
            "found": found,
            "page": timeline_page(kinds, None, request.user.has_perm),
        }
        return TemplateResponse(request, "admin/subscriptions/subscriber/find.html", context)
