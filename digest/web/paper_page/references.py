"""Stored papers as references."""

from digest.models import Paper
from digest.references import Reference
from digest.rendering.paper_card import address_of


def reference_of(paper: Paper) -> Reference:
    """Return a paper as a reference manager reads it."""
    return Reference(
        title=paper.title,
        authors=tuple(paper.authors or filter(None, [paper.organization])),
        author_count=paper.author_count or 0,
        journal=paper.journal,
        published_on=paper.published_on,
        published_precision=paper.published_precision,
        doi=paper.doi,
        arxiv_id=paper.arxiv_id or "",
        categories=tuple(paper.categories),
        url=address_of(paper),
        keywords=tuple(paper.keywords),
        abstract=paper.abstract,
    )
