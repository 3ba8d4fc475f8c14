"""How Google Scholar names a paper in an alert: its byline, and its link to the paper."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from ..fields.authors import split_authors
from ..fields.dates import PublishedOn, published
from ..fields.journals import is_preprint_server
from ..identifiers.ids import arxiv_id
from .json_answers import valid_name, valid_names, web_address

_DASH = re.compile(r"\s[-–—]\s")
_YEAR = re.compile(r"(?:(?P<place>.*?),\s*|)(?P<year>(?:19|20)\d\d)")
# Scholar's own redirect, Google's, and that of a mail service which checks links.
_REDIRECT = re.compile(
    r"(?:scholar\.google\.[a-z.]+/scholar_url|www\.google\.[a-z.]+/url"
    r"|[a-z0-9]+\.safelinks\.protection\.outlook\.com/?)"
)
_SITE = re.compile(r"(?:[\w-]{1,60}\.){1,4}[a-z]{2,10}")
_SCHOLAR = re.compile(r"scholar\.google\.[a-z.]+")
_LONGEST_BYLINE = 2_000
_MOST_REDIRECTS = 4
_MOST_PARAMETERS = 100


@dataclass(frozen=True, slots=True)
class Byline:
    """What `A One, B Two… - Journal of Rivers, 2026` says; what is cut off counts as not given."""

    authors: tuple[str, ...] = ()
    journal: str = ""
    published: PublishedOn | None = None
    arxiv_id: str = ""


def read_byline(byline: str) -> Byline:
    """Return what a byline says: authors, then perhaps a journal, a year and a publisher's site."""
    parts = _DASH.split(byline[:_LONGEST_BYLINE])
    names, where = parts[0], parts[1] if len(parts) > 1 else ""
    if len(parts) == 1 and _YEAR.fullmatch(names.strip()):
        names, where = "", names
    dated = _YEAR.fullmatch(where.strip())
    place = ((dated["place"] or "") if dated else where).strip()
    is_site = dated is None and _SITE.fullmatch(place) is not None
    is_journal = "…" not in place and not is_preprint_server(place) and not is_site
    authors = split_authors(names.replace("…", ""), spoken_order=True)
    return Byline(
        authors=valid_names(authors),
        journal=valid_name(place) if is_journal else "",
        published=published(dated["year"]) if dated else None,
        arxiv_id=arxiv_id(place),
    )


def target_of(link: str) -> str:
    """Return the address that a link of an alert leads to, without following it.

    Returns "" if it is none, or Scholar's own.
    """
    for _ in range(_MOST_REDIRECTS):
        try:
            parts = urlsplit(link.strip())
            if not _REDIRECT.fullmatch(f"{parts.hostname or ''}{parts.path}".lower()):
                break
            given = parse_qs(parts.query, max_num_fields=_MOST_PARAMETERS)
        except ValueError:
            return ""
        link = next(iter(given.get("url") or given.get("q") or [""]))
    else:
        return ""
    host = _host(link)
    return "" if _SCHOLAR.fullmatch(host) else web_address(link)


def _host(link: str) -> str:
    try:
        return urlsplit(link.strip()).hostname or ""
    except ValueError:
        return ""
