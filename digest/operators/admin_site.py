"""The admin site: who may enter it, and how long a session lasts."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils import timezone

from . import mass_actions, two_factor
from .audit_log import log_act
from .read_log import operator_of

# App sections of the index; the models of all other apps are under "Operators".
_SECTIONS = ("digest", "subscriptions")
_NAMES = {
    "AccessAttempt": "Failed log-ins",
    "LogEntry": "Audit log",
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
        """Whether the user may enter: staff, verified by a code if they have set up an app, also in
        a session that is older than the app."""
        return super().has_permission(request) and not two_factor.lacks_code(request.user)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """Show the dashboard above the list of apps."""
        # Loads nearly everything, and each command loads this module.
        from .dashboard import dashboard_for

        found = dashboard_for(request.user.has_perm, timezone.now())
        return super().index(request, {"dashboard": found, **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the sections of the index, with the models of other packages in one of them."""
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

    def password_change(  # type: ignore[override]  # the stubs forget the redirect
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's page, with an entry in the audit log."""
        answer = super().password_change(request, extra_context)
        if request.method == "POST" and answer.status_code == HTTPStatus.FOUND:
            user = operator_of(request)
            log_act(user, "Changed their own password.", user)
        return answer

    def two_factor(self, request: HttpRequest) -> HttpResponse:
        return two_factor.page(request, self.each_context(request))


def end_session_later(sender: object, request: HttpRequest, **kwargs: object) -> None:
    """Let the session end SESSION_COOKIE_AGE after the log-in (a receiver of user_logged_in).

    Django itself starts counting again whenever something is written to the session.
    """
    age = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    request.session.set_expiry(timezone.now() + age)
