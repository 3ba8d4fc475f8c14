"""Pages of the outbox, while mail goes there instead of to a mail server."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cached_property, wraps
from pathlib import Path

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from digest.mail.mime.composer import ComposedMail
from digest.mail.outbox import mails
from digest.monitoring.health.outbox_exposure import outbox_is_used
from digest.monitoring.machines import host_name
from digest.operators import outbox_access
from digest.operators.disabled_links import remove_tokens, with_disabled_links
from digest.operators.read_log import log_file_reading
from digest.operators.two_factor import lacks_code
from digest.web.mail_html import framed_mail_response
from digest.web.signed_pages import View

MAILS_A_PAGE = 50
VIEWS = {"html": "As sent", "text": "Text", "headers": "Headers", "raw": "Raw"}
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,199}\.eml")


def while_open(view: View) -> View:
    """Decorate a view of the outbox: 404 if it is not used, a log-in if it is not open."""

    @require_safe
    @wraps(view)
    def shown(request: HttpRequest, **named: object) -> HttpResponse:
        if not outbox_is_used():
            raise Http404("E-mails go out through a mail server, so there is no outbox.")
        if not outbox_access.is_open(request):
            if request.user.is_authenticated and not lacks_code(request.user):
                raise PermissionDenied
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        return view(request, **named)

    return shown


@dataclass(frozen=True)
class Mail:
    """A mail in the outbox, parsed as far as possible."""

    name: str
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        """The parsed mail, empty if the parser fails."""
        try:
            return message_from_bytes(self.raw, policy=default)
        except Exception:  # such as parts nested too deep
            return EmailMessage()

    @cached_property
    def headers(self) -> list[tuple[str, str]]:
        """The headers in order; none if the parser fails."""
        try:
            return [(name, str(value)) for name, value in self.message.items()]
        except Exception:  # the parser has many ways to fail on damaged headers
            return []

    def part(self, kind: str) -> str:
        """The "plain" or "html" part as text, "" if there is none or it is damaged."""
        try:
            found = self.message.get_body((kind,))
            return str(found.get_content()).replace("\r\n", "\n") if found else ""
        except Exception:  # a damaged part, charset or transfer encoding
            return ""

    @property
    def source(self) -> str:
        return self.raw.decode(errors="replace")

    @property
    def summary(self) -> dict[str, str]:
        headers = {name.title(): value for name, value in reversed(self.headers)}
        return {
            "name": self.name,
            "to": headers.get("To", "?"),
            "subject": headers.get("Subject", "(a damaged e-mail)"),
            "date": headers.get("Date", ""),
            "bounces_to": headers.get("Return-Path", "").strip("<>"),
        }


def _read(path: Path) -> Mail | None:
    """Return the mail in a file, None if it cannot be read."""
    try:
        return Mail(path.name, path.read_bytes())
    except OSError:
        return None


def _mail(request: HttpRequest, name: str) -> Mail:
    """Return the mail of that name. Raises Http404 for anything but a plain file of the outbox.

    Operators of a public site get it with disabled links, and the reading is logged.
    """
    path = Path(settings.OUTBOX_DIR) / name
    is_mail = _NAME.fullmatch(name) and not path.is_symlink() and path.is_file()
    mail = _read(path) if is_mail else None
    if mail is None:
        raise Http404("There is no such e-mail in the outbox.")
    if outbox_access.is_local_request(request):
        return mail
    log_file_reading(request, name, "Read the e-mail in the outbox.")
    return Mail(name, _with_disabled_links(mail.raw))


def _with_disabled_links(raw: bytes) -> bytes:
    """Return the mail with disabled links, nothing if its links cannot be found."""
    try:
        return with_disabled_links(ComposedMail(raw)).message
    except Exception:  # the parser has many ways to fail on damaged mails
        return b""


@while_open
def outbox(request: HttpRequest) -> HttpResponse:
    """List the mails, newest first."""
    found = mails(Path(settings.OUTBOX_DIR))
    page = Paginator(found, MAILS_A_PAGE).get_page(request.GET.get("page"))
    shown = [mail.summary for path in page if (mail := _read(path)) is not None]
    if not outbox_access.is_local_request(request):
        shown = [{name: remove_tokens(each[name]) for name in each} for each in shown]
    context = {"page": page, "mails": shown, "host": host_name()}
    return render(request, "digest/outbox.html", context)


@while_open
def outbox_mail(request: HttpRequest, name: str) -> HttpResponse:
    """Show a mail: as sent, as text, its headers, or its source."""
    mail = _mail(request, name)
    has = {"html": bool(mail.part("html")), "text": bool(mail.part("plain"))}
    first = next((view for view, there in has.items() if there), "raw")
    view = request.GET.get("as", first)
    context = {
        "mail": mail,
        "summary": mail.summary,
        "views": VIEWS,
        "view": view if view in VIEWS else first,
        "text": mail.part("plain"),
        "has_html": has["html"],
    }
    return render(request, "digest/outbox_mail.html", context)


@while_open
def outbox_html(request: HttpRequest, name: str) -> HttpResponse:
    """Return the HTML part, for the frame."""
    return framed_mail_response(_mail(request, name).part("html"))


@while_open
def outbox_text(request: HttpRequest, name: str) -> HttpResponse:
    """Return the text part."""
    return HttpResponse(
        _mail(request, name).part("plain"), content_type="text/plain; charset=utf-8"
    )


@while_open
def outbox_raw(request: HttpRequest, name: str) -> HttpResponse:
    """Return the file's bytes: the line that the outbox adds, then the mail as sent."""
    return HttpResponse(_mail(request, name).raw, content_type="text/plain; charset=utf-8")
