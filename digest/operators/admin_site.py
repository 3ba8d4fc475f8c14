"""The admin site, for operators who are logged in with all that they have set up."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path

from . import mass_actions, two_factor

# Sections of the desk that have a name of their own; all else is about operators.
_SECTIONS = ("digest", "subscriptions")
_NAMES = {
    "AccessAttempt": "Failed log-ins",
    "LogEntry": "Admin log",
    "StaticDevice": "One-time codes",
    "TOTPDevice": "Authenticator apps",
}


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

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The sections of the desk; what packages brought along is one of them."""
        found: list[Any] = super().get_app_list(request, app_label)
        for model in (model for section in found for model in section["models"]):
            model["name"] = _NAMES.get(model["object_name"], model["name"])
        own = [section for section in found if section["app_label"] in _SECTIONS]
        others = [section for section in found if section["app_label"] not in _SECTIONS]
        if app_label or not others:
            return found
        models = [model for section in others for model in section["models"]]
        operators = {
            "name": "Operators",
            "app_label": "operators",
            "app_url": others[0]["app_url"],
            "has_module_perms": True,
            "models": sorted(models, key=lambda model: str(model["name"])),
        }
        return [*own, operators]

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own: list[URLPattern | URLResolver] = [
            path("two-factor/", self.admin_view(self.two_factor), name="two-factor"),
        ]
        return [*own, *super().get_urls()]

    def two_factor(self, request: HttpRequest) -> HttpResponse:
        return two_factor.page(request, self.each_context(request))
