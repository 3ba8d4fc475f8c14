"""Base classes of admin pages, the pages that show a mail, and the messages of "Send now"."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from digest.mail.mime.composer import ComposedMail
from digest.models import Digest, State
from digest.operators.disabled_links import with_disabled_links
from digest.operators.generic_classes import ModelAdmin, TabularInline
from digest.operators.read_log import log_reading
from digest.web.mail_html import framed_mail_response

M = TypeVar("M", bound=Model)
Parent = TypeVar("Parent", bound=Model)
FieldNames = list[str | list[str] | tuple[str, ...]]

# A list with a link to the page that says why nothing goes out.
WITH_DIAGNOSIS = "admin/digest/list_with_diagnosis.html"


class ReadOnlyAdmin(ModelAdmin[M]):
    """Rows that the program writes: operators can view them, and change them only by actions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False


class ReadOnlyInline(TabularInline[M, Parent]):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:
        return False


class PermittedAdmin(ModelAdmin[M]):
    """Permissions besides Django's four.

    `permitted` maps names to permissions, for `may`, `require` and actions that declare the name.
    `fields_with` maps fields to the name of the permission that is needed to see them.
    """

    permitted: Mapping[str, str] = {}
    fields_with: Mapping[str, str] = {}

    def may(self, request: HttpRequest, name: str) -> bool:
        """Whether the operator has the permission of that name."""
        return request.user.has_perm(self.permitted[name])

    def require(self, request: HttpRequest, name: str) -> None:
        """Raise PermissionDenied unless the operator has the permission of that name."""
        if not self.may(request, name):
            raise PermissionDenied

    def __getattr__(self, attribute: str) -> Callable[[HttpRequest], bool]:
        """Provide `has_<name>_permission`, which Django calls for actions that declare the name."""
        name = attribute.removeprefix("has_").removesuffix("_permission")
        if attribute != f"has_{name}_permission" or name not in self.permitted:
            raise AttributeError(attribute)
        return lambda request: self.may(request, name)

    def get_fields(
        self, request: HttpRequest, obj: M | None = None
    ) -> list[str | list[str] | tuple[str, ...]]:
        hidden = {field for field, name in self.fields_with.items() if not self.may(request, name)}
        return [field for field in super().get_fields(request, obj) if field not in hidden]


def mail_page(
    request: HttpRequest,
    owner: ModelAdmin[M],
    row: Model,
    *,
    title: str,
    mail: ComposedMail | None,
    frame: str,
    what: str,
) -> HttpResponse:
    """Return the page that shows a mail with disabled links, and log the reading.

    `frame`: the URL of its HTML part. `what`: the message of the log entry.
    """
    log_reading(request, row, what)
    mail = mail and with_disabled_links(mail)
    context = {
        **owner.admin_site.each_context(request),
        "opts": owner.opts,
        "original": row,
        "title": title,
        "mail": mail,
        "source": mail.message.decode(errors="replace") if mail else "",
        "frame": frame,
    }
    return TemplateResponse(request, "admin/mail.html", context)


def mail_frame(
    request: HttpRequest, row: Model, *, mail: ComposedMail | None, what: str
) -> HttpResponse:
    """Return the HTML part of a mail, for the frame in the page. Its reading is logged too."""
    log_reading(request, row, what)
    return framed_mail_response(with_disabled_links(mail).html if mail else "")


NAMED = 10  # digests with a message each; more are summed up, because messages go into a cookie


def send_now_messages(digests: Sequence[Digest]) -> Iterator[tuple[str, int]]:
    """Yield sentences and levels that say what "Send now" did: one a digest, or sums."""
    if len(digests) <= NAMED:
        yield from map(_sending_one, digests)
        return
    states = Counter(State(digest.state) for digest in digests)
    if planned := states.pop(State.PLANNED, 0):
        are = "digest is on its way" if planned == 1 else "digests are on their way"
        yield f"{planned} {are}.", messages.SUCCESS
    if states:
        kept = ", ".join(f"{number} {state.label}" for state, number in states.most_common())
        stay = "stays as it is" if states.total() == 1 else "stay as they are"
        yield f"{states.total()} {stay}: {kept}.", messages.WARNING


def _sending_one(digest: Digest) -> tuple[str, int]:
    who = f"The digest of {digest.local_date} to {digest.subscriber}"
    if digest.state == State.PLANNED:
        return f"{who} is on the way.", messages.SUCCESS
    return f"{who} stays as it is: {digest.get_state_display()}.", messages.WARNING
