"""Papers by what a reader knows of them: an arXiv id, a DOI, an address or the title.

Nothing is fetched. Every query goes by an index of the database, or by the matcher's.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Q

from digest.ingest.formats.identifiers.ids import arxiv_id, doi
from digest.matching.query import KeywordError, parse
from digest.models import Listing, Paper
from digest.paper_index import recent_papers

from .dedupe import title_key
from .paper_links import safe_link

LONGEST = 2_000  # characters that are read
MOST = 5
_LATELY = 92  # days; addresses and parts of titles are looked for among papers listed since
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_FEWEST_WORDS = 3  # of a part of a title
_WORDS_ASKED, _MOST_CANDIDATES = 5, 100
_HOST = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)


def clean_text(text: str) -> str:
    """Return the first LONGEST characters on one line, without signs that nobody can see."""
    shown = (sign for sign in text[:LONGEST] if sign.isprintable() or sign.isspace())
    return " ".join("".join(shown).split())


def find_papers(text: str, today: date) -> list[Paper]:
    """Return the papers that `clean_text` names, at most MOST.

    The first of its readings that finds any counts: a page of this site, an id, an address, a
    title, a part of a title.
    """
    finders = (_on_this_site, _by_ids, _by_address, _by_title, _by_part_of_title)
    return _first_found(finders, text, today)


def find_by_address(text: str, today: date) -> list[Paper]:
    """Return the papers that an id or an address in the text names, at most MOST."""
    return _first_found((_on_this_site, _by_ids, _by_address), text, today)


def _first_found(
    finders: Iterable[Callable[[str, date], Iterator[int]]], text: str, today: date
) -> list[Paper]:
    for find in finders:
        if found := list(Paper.objects.in_bulk(set(find(text, today))).values()):
            return sorted(found, key=lambda paper: (paper.seq is None, -(paper.seq or 0)))[:MOST]
    return []


def _on_this_site(text: str, _: date) -> Iterator[int]:
    page = re.search(rf"{re.escape(settings.SITE_URL)}/papers/(\d{{1,18}})\b", text, re.ASCII)
    if page:
        yield from (paper.pk for paper in Paper.objects.by_any_id([int(page[1])]).values())


def _by_ids(text: str, _: date) -> Iterator[int]:
    if arxiv := arxiv_id(text):
        yield from _ids(Q(arxiv_id=arxiv), Q(arxiv_id=arxiv))
    if its_doi := doi(text):
        yield from _ids(Q(doi=its_doi), Q(doi=its_doi))


def _by_address(text: str, today: date) -> Iterator[int]:
    address = _ADDRESS.search(text)
    link = safe_link(address[0]) if address else ""
    if not link:
        return
    rest = _HOST.sub("", link).partition("#")[0].rstrip("/")
    spellings = [
        f"{scheme}://{www}{rest}{slash}"
        for scheme in ("https", "http")
        for www in ("", "www.")
        for slash in ("", "/")
    ]
    lately = Paper.objects.listed_from(today - timedelta(days=_LATELY))
    yield from lately.filter(url__in=spellings).values_list("pk", flat=True)[: MOST + 1]


def _by_title(text: str, _: date) -> Iterator[int]:
    if key := title_key(text):
        yield from _ids(Q(title_key=key), Q(title_key=key))


def _by_part_of_title(text: str, today: date) -> Iterator[int]:
    """Yield the newest papers of the shared index whose titles have this text in them."""
    words = _WORD.findall(text)
    if len(words) < _FEWEST_WORDS or _ADDRESS.search(text):
        return
    longest = sorted(set(words), key=len, reverse=True)[:_WORDS_ASKED]
    try:
        keyword = parse(" AND ".join(f'title:"{word}"' for word in longest))
    except KeywordError:  # too long
        return
    index, within = recent_papers(_LATELY, today)
    candidates = index.newest(index.evaluate(keyword) & within, _MOST_CANDIDATES)
    has_text = Paper.objects.filter(pk__in=candidates, title_key__contains=title_key(text))
    yield from has_text.order_by("-seq").values_list("pk", flat=True)[:MOST]


def _ids(of_paper: Q, of_listing: Q) -> Iterator[int]:
    """Yield ids of papers that have this name now, or are listed under it."""
    yield from Paper.objects.filter(of_paper).order_by("pk").values_list("pk", flat=True)[:MOST]
    rows = Listing.objects.filter(of_listing).order_by("paper_id")
    yield from rows.values_list("paper_id", flat=True).distinct()[:MOST]
