"""A paper as <meta> elements, for reference managers and search engines that read its page.

https://scholar.google.com/intl/en/scholar/inclusion.html#indexing has the names. Zotero's “Embedded
Metadata” reads the same: it prefers `citation_public_url` as the paper's address.
"""

from collections.abc import Iterator
from datetime import date

from . import Reference, line

MOST_AUTHORS = 100
LONGEST_ABSTRACT = 6_000  # characters


def citation_tags(
    reference: Reference, *, page: str, pdf: str = "", online_on: tuple[date, str] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield names and contents.

    `page`: the address of the page that they are on; `online_on`: when the paper came online, with
    the precision of that date, if that is known.
    """
    yield "citation_title", line(reference.title)
    for name in filter(None, map(line, reference.authors[:MOST_AUTHORS])):
        yield "citation_author", name
    if reference.published_on:
        published = reference.published_on, reference.published_precision
        yield "citation_publication_date", _date(*published)
    if online_on:
        yield "citation_online_date", _date(*online_on)
    for name, content in (
        ("citation_journal_title", line(reference.journal)),
        ("citation_doi", line(reference.doi)),
        ("citation_arxiv_id", line(reference.arxiv_id)),
        ("citation_abstract", line(reference.abstract)[:LONGEST_ABSTRACT]),
        ("citation_pdf_url", pdf),
        ("citation_public_url", reference.url),
        ("citation_abstract_html_url", page),
    ):
        if content:
            yield name, content


def _date(day: date, precision: str) -> str:
    """Return a date as far as it is known: “2026/11/20”, “2026/11”, “2026”. Of a season only the
    year can be written."""
    written = f"{day.year:04}/{day.month:02}/{day.day:02}"
    match precision:
        case "day":
            return written
        case "month":
            return written[: len("2026/11")]
        case _:
            return written[: len("2026")]
