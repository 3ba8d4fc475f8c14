"""What several admin pages share: looking without touching, and showing a mail."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from digest.mail.message import ComposedMail

# A list with a link to the page that says why nothing goes out.
WITH_WHY = "admin/digest/mails.html"


class ReadOnly(admin.ModelAdmin):
    """Rows the pipeline owns: an operator looks at them, and acts through the actions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


Inlines = Sequence[type[InlineModelAdmin]]


def mail_page(
    request: HttpRequest,
    owner: admin.ModelAdmin,
    row: Any,
    *,
    title: str,
    mail: ComposedMail | None,
    frame: str,
) -> HttpResponse:
    """The page that shows a mail: `frame` is the address of its HTML part."""
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
