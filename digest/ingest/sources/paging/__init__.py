"""Answers in several pages: the address of the next one, joining them into one dump, and keeping
the pages of an unfinished day on disk, so that the next tick goes on from them.

    address_templates    the placeholders of an address
    page_walk            what every way of paging has in common, and its limits
    paged_walk           page numbers, offsets, cursors and resumption tokens
    eutils_pages         NCBI's two steps: a search, then what it found
    json_pages           lists of papers in JSON
    oai_pages            parts of an answer of OAI-PMH
    partial_pages        pages on disk
"""

from datetime import date

from digest.models import Source

from .address_templates import Template
from .eutils_pages import EutilsWalk
from .page_walk import MAX_PAGES, FetchedPage, PageWalk
from .paged_walk import PagedWalk
from .partial_pages import PartialPages

__all__ = ["MAX_PAGES", "FetchedPage", "PageWalk", "PartialPages", "walk_of"]


def walk_of(source: Source, day: date | None, contact: str = "") -> PageWalk:
    """Return the walk through the pages of a source, of a day or of what it has now."""
    template = Template(source.url, day, contact)
    if EutilsWalk.is_for(source.url):
        return EutilsWalk(template)
    return PagedWalk(template, source.list_path, source.cursor_path)
