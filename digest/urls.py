"""Every address of the site."""

from datetime import date

from django.contrib import admin
from django.urls import include, path, register_converter

from digest.views import (
    api,
    archive,
    digests,
    feeds,
    keyword_preview,
    outbox,
    papers,
    search,
    site_files,
    webhooks,
    why,
)
from digest.views.reader import digest_feed, feed_link, history, imports, missed, profile, saved
from digest.views.reader import papers as reader_papers


class DayConverter:
    """A date in a path, like 2026-11-20; anything else is no page."""

    regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        return str(value)


class MonthConverter:
    """A month in a path, like 2026-11, as its first day; anything else is no page."""

    regex = r"[0-9]{4}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(f"{value}-01")

    def to_url(self, value: date) -> str:
        return value.isoformat()[: len("2026-11")]


register_converter(DayConverter, "day")
register_converter(MonthConverter, "month")
admin.autodiscover()

handler500 = "digest.views.unavailable.server_error"
urlpatterns = [
    path("", papers.home, name="home"),
    path("favicon.ico", site_files.favicon, name="favicon"),
    path("opensearch.xml", site_files.opensearch, name="opensearch"),
    path("robots.txt", site_files.robots, name="robots"),
    path(".well-known/security.txt", site_files.security, name="security"),
    path("day/<day:day>/", papers.day, name="day"),
    path("archive/", archive.archive, name="archive"),
    path("archive/<month:month>/", archive.month, name="archive-month"),
    path("search/", search.search, name="search"),
    path("papers/<int:pk>/", papers.paper, name="paper"),
    path("papers/<int:pk>/paper.bib", papers.reference, {"kind": "bib"}, name="paper-bib"),
    path("papers/<int:pk>/paper.ris", papers.reference, {"kind": "ris"}, name="paper-ris"),
    path("digest/<token>/", digests.digest, name="digest"),
    path("digest/<token>/why/<int:paper>/", why.why_read, name="why-read"),
    path("why/<token>/<int:paper>/", why.why, name="why"),
    path("rate/<token>/<int:paper>/", reader_papers.rate, name="rate"),
    path("preferences/<token>/papers/<int:paper>/", reader_papers.paper, name="reader-paper"),
    path("preferences/<token>/history/", history.history, name="reader-history"),
    path("preferences/<token>/history/<int:digest>/", history.past_digest, name="reader-digest"),
    path("preferences/<token>/missed/", missed.missed, name="reader-missed"),
    path("preferences/<token>/import/", imports.import_keywords, name="reader-import"),
    path("preferences/<token>/import/add/", imports.add, name="reader-import-add"),
    path("preferences/<token>/saved/", saved.saved, name="reader-saved"),
    path("preferences/<token>/saved/<name>", saved.export, name="reader-export"),
    path("preferences/<token>/profile/", profile.profile, name="reader-profile"),
    path("preferences/<token>/feed/", feed_link.feed_link, name="reader-feed-link"),
    path("feed/<token>/", digest_feed.digest_feed, name="reader-feed"),
    path("feeds/search.atom", feeds.search_feed, name="feed-search"),
    path("keywords/preview/", keyword_preview.keyword_preview, name="keyword_preview"),
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
