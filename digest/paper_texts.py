"""Papers as the matcher needs them."""

from collections.abc import Iterable
from sys import intern

from digest.matching.index import PaperText
from digest.models import Paper, PaperQuerySet


def paper_text(paper: Paper) -> PaperText:
    """One paper."""
    return PaperText(
        id=paper.pk,
        seq=paper.seq,
        title=paper.title,
        abstract=paper.abstract,
        authors=tuple(paper.authors),
        organization=paper.organization,
        categories=tuple(paper.categories),
        published_on=paper.published_on,
        listed_on=paper.listed_on,
        upvotes=paper.upvotes or 0,
        comment_count=paper.comment_count or 0,
        source_count=paper.source_count,
        versions=intern(paper.versions),
    )


def paper_texts(papers: PaperQuerySet) -> Iterable[PaperText]:
    """These papers in the order of their numbers, read from the database as they are used."""
    return map(paper_text, papers.order_by("seq", "pk").iterator())
