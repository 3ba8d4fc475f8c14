"""Papers. They are derived from listings, so operators only correct which listings form a paper."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from digest.ingest.papers.split import CannotSplit, rejoin, split
from digest.models import Listing, Paper
from digest.operators.base_admin import ReadOnlyAdmin, ReadOnlyInline


class ListingInline(ReadOnlyInline[Listing, Paper]):
    model = Listing
    fields = ("dump", "position", "arxiv_id", "doi", "apart", "record")
    verbose_name_plural = "listed in"


@admin.register(Paper)
class PaperAdmin(ReadOnlyAdmin[Paper]):
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
        "title", "abstract", "ai_summary", "authors", "author_count", "organization", "journal",
        "published_on", "published_precision", "listed_on", "url", "arxiv_id", "doi", "upvotes",
        "comment_count", "keywords", "categories", "code_url", "project_url", "withdrawn_at",
        "seq", "renumbered", "former", "wrongly_joined",
    )  # fmt: skip
    readonly_fields = ("wrongly_joined",)
    inlines = (ListingInline,)
    list_per_page = 50
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.split_view)
        return [path("<int:pk>/split/", view, name="paper-split"), *super().get_urls()]

    @admin.display(description="wrongly joined?")
    def wrongly_joined(self, paper: Paper) -> str:
        address = reverse("admin:paper-split", args=[paper.pk])
        return format_html('<a href="{}">Some listings are a different paper</a>', address)

    def split_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Split listings off into a paper of their own, or undo that."""
        if not request.user.has_perm("digest.change_paper"):
            raise PermissionDenied
        paper = get_object_or_404(Paper, pk=pk)
        if request.method == "POST" and (found := self._split_or_rejoin(request, paper)):
            return redirect(reverse("admin:digest_paper_change", args=[found.pk]))
        listings = list(paper.listings.select_related("dump"))
        context: dict[str, object] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": paper,
            "title": "Some listings are a different paper",
            "listings": listings,
            "is_apart": any(listing.apart for listing in listings),
        }
        return TemplateResponse(request, "admin/digest/paper/split.html", context)

    def _split_or_rejoin(self, request: HttpRequest, paper: Paper) -> Paper | None:
        """Split or rejoin; return the paper to show, None with a message if it cannot be done."""
        chosen = [int(pk) for pk in request.POST.getlist("listing") if pk.isdecimal()]
        try:
            found = rejoin(paper) if "rejoin" in request.POST else split(paper, chosen)
        except CannotSplit as wrong:
            self.message_user(request, str(wrong), messages.ERROR)
            return None
        done = (
            "Listings are joined by their names again."
            if "rejoin" in request.POST
            else "This is now a separate paper."
        )
        self.log_change(request, found, done)
        self.message_user(request, done, messages.SUCCESS)
        return found
