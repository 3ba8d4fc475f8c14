"""The admin site, for operators who are logged in with all that they have set up."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, path

from . import mass_actions, two_factor


class OperatorsSite(admin.AdminSite):
    site_header = site_title = "Paper Digest"
    index_title = "Operators’ desk"
    login_form = two_factor.LogInForm

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.disable_action("delete_selected")
        self.add_action(mass_actions.delete_selected)

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may enter: staff, and with a code where they set one up, also in a
        session that is older than that."""
        return super().has_permission(request) and not two_factor.lacks_code(request.user)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own: list[Any] = [
            path("two-factor/", self.admin_view(self.two_factor), name="two-factor"),
        ]
        return [*own, *super().get_urls()]

    def two_factor(self, request: HttpRequest) -> Any:
        return two_factor.page(request, self.each_context(request))
