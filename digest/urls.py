"""Every address of the site."""

from datetime import date

from django.contrib import admin
from django.urls import include, path, register_converter

from digest.views import api, digests, keyword_preview, outbox, papers, webhooks, why


class DayConverter:
    """A date in a path, like 2026-11-20; anything else is no page."""

    regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        return str(value)


register_converter(DayConverter, "day")
admin.autodiscover()

handler500 = "digest.views.unavailable.server_error"
urlpatterns = [
    path("", papers.home, name="home"),
    path("day/<day:day>/", papers.day, name="day"),
    path("papers/<int:pk>/", papers.paper, name="paper"),
    path("digest/<token>/", digests.digest, name="digest"),
    path("digest/<token>/why/<int:paper>/", why.why_read, name="why-read"),
    path("why/<token>/<int:paper>/", why.why, name="why"),
    path("echo/", keyword_preview.keyword_preview, name="keyword_preview"),
    path("api/dumps/", api.receive_dump, name="api-dumps"),
    path("api/dumps/<int:pk>/", api.dump_state, name="api-dump"),
    path("api/mail-events/<slug:name>/", webhooks.mail_events, name="mail-events"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/<name>/", outbox.outbox_mail, name="outbox-mail"),
    path("outbox/<name>/html/", outbox.outbox_html, name="outbox-html"),
    path("outbox/<name>/text/", outbox.outbox_text, name="outbox-text"),
    path("outbox/<name>/raw/", outbox.outbox_raw, name="outbox-raw"),
    path("", include("subscriptions.urls")),
    path("admin/", admin.site.urls),
]
