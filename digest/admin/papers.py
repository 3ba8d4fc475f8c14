"""Papers: derived from their listings, so there is nothing to edit here."""

from django.contrib import admin

from digest.models import Listing, Paper

from .base import ReadOnly, ReadOnlyInline


class ListingInline(ReadOnlyInline):
    model = Listing
    fields = ("dump", "position", "record")
    verbose_name_plural = "listed in"


@admin.register(Paper)
class PaperAdmin(ReadOnly):
    list_display = ("title", "byline", "listed_on", "seq", "comment_count", "upvotes")
    list_filter = (
        "listed_on",
        ("seq", admin.EmptyFieldListFilter),
        ("withdrawn_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("title", "abstract", "arxiv_id")
    search_help_text = "Title, abstract or arXiv id."
    ordering = ("-listed_on", "-pk")
    fields = (
        "title", "abstract", "authors", "author_count", "organization", "published_on",
        "listed_on", "url", "arxiv_id", "doi", "upvotes", "comment_count", "keywords",
        "categories", "code_url", "project_url", "withdrawn_at", "seq", "renumbered",
    )  # fmt: skip
    inlines = (ListingInline,)
    list_per_page = 50
    show_full_result_count = False
