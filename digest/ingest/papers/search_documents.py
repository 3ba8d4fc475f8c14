"""The documents in which the search finds papers, written with the papers themselves."""

from collections.abc import Sequence

from django.db import transaction

from digest.matching.full_text import TEXT_RULES, document_id, document_parts
from digest.models import Catalogue, Paper, SearchDocument
from digest.models.database import among
from digest.paper_texts import paper_text

from .bulk_insert import bulk_insert

# The fields of a paper that its document is made of.
SEARCHED_FIELDS = (
    "title", "abstract", "authors", "organization", "categories", "listed_on", "published_on",
)  # fmt: skip
_BATCH = 500


def write_documents(papers: Sequence[Paper]) -> None:
    """Write the documents of these stored papers in place of those that they have.

    Runs inside the caller's transaction, under the catalogue's lock to its end.
    """
    texts = map(paper_text, papers)
    documents = [
        SearchDocument(id=document_id(text), paper_id=text.id, **document_parts(text)._asdict())
        for text in texts
    ]
    SearchDocument.objects.filter(among("paper_id", [paper.pk for paper in papers])).delete()
    bulk_insert(documents)


def add_missing_documents() -> bool:
    """Write the documents of a batch of papers from before there was a search, or before the
    TEXT_RULES of today, newest first.

    Returns whether there may be more of them.
    """
    with transaction.atomic():
        catalogue = Catalogue.lock()
        if catalogue.text_rules != TEXT_RULES:
            _mark_all_papers(catalogue)
        if not catalogue.unsearchable_through:
            return False
        stored = Paper.objects.listed().filter(pk__lte=catalogue.unsearchable_through)
        papers = list(stored.order_by("-pk")[:_BATCH])
        write_documents(papers)
        left = papers[-1].pk - 1 if len(papers) == _BATCH else 0
        Catalogue.objects.update(unsearchable_through=left)
        return left > 0


def _mark_all_papers(catalogue: Catalogue) -> None:
    """Have the documents of all papers made anew, which are of other text rules."""
    newest = Paper.objects.order_by("-pk").values_list("pk", flat=True).first()
    catalogue.text_rules, catalogue.unsearchable_through = TEXT_RULES, newest or 0
    catalogue.save(update_fields=["text_rules", "unsearchable_through"])
