"""PubMed through NCBI's E-utilities, in two steps: ESearch keeps what it found on NCBI's history
server, and EFetch gives it in batches (https://www.ncbi.nlm.nih.gov/books/NBK25499/).

    esearch.fcgi?db=pubmed&term=…&usehistory=y&retmax=200     Count, QueryKey, WebEnv
    efetch.fcgi?db=pubmed&query_key=1&WebEnv=…&retstart=0&retmax=200&retmode=xml
"""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from digest.ingest.sources.errors import CannotFetch

from .address_templates import Template, number_in
from .page_walk import FetchedPage, PageWalk, checked_cursor, not_joined

_SEARCH, _FETCH = "/esearch.fcgi", "/efetch.fcgi"
MOST_RECORDS = 10_000  # of one search, for PubMed
_DEFAULT_BATCH, _LARGEST_BATCH = 200, 500
_KEPT = ("db", "tool", "email")
_START = re.compile(rb"<PubmedArticleSet\b[^<>]{0,200}>")
_END = b"</PubmedArticleSet>"
_LONGEST_START = 4000
_LARGEST_ANSWER = 1_000_000


class EutilsWalk(PageWalk):
    """A search, and then the batches of what it found."""

    steps_before_papers = 1

    def __init__(self, template: Template) -> None:
        super().__init__()
        self._search = template.filled()
        wanted = number_in(self._search, "retmax", 0) or _DEFAULT_BATCH
        self._batch = min(wanted, _LARGEST_BATCH)
        self._found: _Found | None = None

    @staticmethod
    def is_for(address: str) -> bool:
        """Return whether an address is that of ESearch."""
        return urlsplit(address.partition("?")[0]).path.endswith(_SEARCH)

    def _next_address(self) -> str | None:
        if self._found is None:
            return self._search
        start = (len(self.pages) - 1) * self._batch
        return self._found.address(self._search, start, self._batch)

    def _read(self, page: FetchedPage) -> None:
        if self._found is None:
            self._found = _found_by(page.body)
        else:
            _span(page.body, len(self.pages))

    def is_empty(self) -> bool:
        return self._found is not None and self._found.count == 0

    def joined(self) -> bytes:
        """Return one PubmedArticleSet: the first, with the articles of the others in it."""
        bodies = [page.body for page in self.pages[1:]]
        spans = [_span(body, number) for number, body in enumerate(bodies, 2)]
        if not bodies:
            raise not_joined(1)
        inner = [body[start:end] for body, (start, end) in zip(bodies, spans, strict=True)]
        first, (start, end) = bodies[0], spans[0]
        return b"".join([first[:start], *inner, first[end:]])


class _Found:
    """What a search found, and where NCBI keeps it."""

    def __init__(self, count: int, query_key: str, web_env: str) -> None:
        self.count, self._query_key, self._web_env = count, query_key, web_env

    def address(self, search: str, start: int, batch: int) -> str | None:
        if start >= self.count:
            return None
        parts = urlsplit(search)
        kept = [each for each in parse_qsl(parts.query) if each[0] in _KEPT]
        values = [
            *kept,
            ("query_key", self._query_key),
            ("WebEnv", self._web_env),
            ("retstart", str(start)),
            ("retmax", str(batch)),
            ("retmode", "xml"),
        ]
        path = parts.path.removesuffix(_SEARCH) + _FETCH
        return urlunsplit(parts._replace(path=path, query=urlencode(values)))


def _found_by(body: bytes) -> _Found:
    """Return what the answer of ESearch says. Raises CannotFetch if it is an error."""
    try:
        answer = fromstring(body) if len(body) <= _LARGEST_ANSWER else None
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        answer = None
    if answer is None or answer.tag != "eSearchResult":
        raise CannotFetch("Its response is not from NCBI's ESearch.", refused=True)
    if error := (answer.findtext("ERROR") or "").strip():
        raise CannotFetch(f"NCBI's ESearch says: {error[:300]}", refused=True)
    count = (answer.findtext("Count") or "").strip()
    query_key, web_env = ((answer.findtext(name) or "").strip() for name in ("QueryKey", "WebEnv"))
    if not (count.isascii() and count.isdigit() and len(count) < 12):
        raise CannotFetch("The response of NCBI's ESearch has no Count.", refused=True)
    if int(count) > MOST_RECORDS:
        raise CannotFetch(
            f"PubMed found {int(count):,} articles, but delivers at most {MOST_RECORDS:,}. Use a "
            "narrower query.",
            refused=True,
        )
    if int(count) and not (query_key and web_env):
        raise CannotFetch(
            "The response of NCBI's ESearch names no history. Use usehistory=y in the address.",
            refused=True,
        )
    return _Found(int(count), checked_cursor(query_key), checked_cursor(web_env))


def _span(body: bytes, number: int) -> tuple[int, int]:
    """Return where the articles of a batch begin and end. Raises CannotFetch if it is none."""
    start, end = _START.search(body, 0, _LONGEST_START), body.rfind(_END)
    if start is None or end < start.end():
        raise not_joined(number)
    return start.end(), end
