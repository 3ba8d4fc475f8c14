"""What the page of one paper shows: its facts, and its reference in several forms."""

from dataclasses import dataclass, replace

from digest.matching.text.readable import readable
from digest.models import Paper
from digest.references import bibtex_file
from digest.references.citation_tags import citation_tags
from digest.rendering.paper_card import clipped
from subscriptions.links import address

from .facts import AUTHORS_SHOWN, Named, PaperFacts, paper_facts
from .references import reference_of
from .similar import similar_to

LONGEST_DESCRIPTION = 200  # characters


@dataclass(frozen=True, slots=True)
class PaperPage:
    """`description`: one or two sentences for search engines and shared links; `bibtex`: a short
    entry to copy; `tags`: names and contents of <meta> elements."""

    address: str
    title: str
    description: str
    facts: PaperFacts
    bibtex: str
    tags: tuple[tuple[str, str], ...]
    similar: tuple[Named, ...]


def paper_page(paper: Paper) -> PaperPage:
    """Return what the page shows besides the stored fields. Takes two queries at most."""
    facts, reference, page = paper_facts(paper), reference_of(paper), address("paper", paper.pk)
    count = max(reference.author_count, len(reference.authors))
    shown = replace(
        reference,
        authors=reference.authors[:AUTHORS_SHOWN],
        author_count=count,
        keywords=(),
        abstract="",
    )
    tagged = replace(reference, authors=tuple(paper.authors))
    return PaperPage(
        address=page,
        title=readable(paper.title).text.strip(),
        description=_description(paper),
        facts=facts,
        bibtex=bibtex_file.write([shown]),
        tags=tuple(citation_tags(tagged, page=page, pdf=facts.pdf, online_on=facts.online_on)),
        similar=similar_to(paper),
    )


def _description(paper: Paper) -> str:
    said = readable(paper.abstract).text or paper.byline or "Paper"
    return clipped(" ".join(said.split()), LONGEST_DESCRIPTION)
