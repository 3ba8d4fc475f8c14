"""One address for all pages: by page number or offset, a cursor, or OAI's resumption token."""

import hashlib
import re

from digest.ingest.sources.errors import CannotFetch

from . import json_pages, oai_pages
from .address_templates import Template, number_in
from .page_walk import FetchedPage, PageWalk, checked_cursor, same_origin

_HEADER = "header:"
_MOST_IN_LINK = 10_000
# RFC 8288: <address>; rel="next". Bounded, and no part of it can match what follows.
_LINK = re.compile(r"<([^<>]{1,4000})>([^<>]{0,1000})")
_REL_NEXT = re.compile(r';\s{0,9}rel\s{0,9}=\s{0,9}"?(?:[\w-]{1,50} ){0,9}next\b', re.IGNORECASE)


class PagedWalk(PageWalk):
    """The pages of an address.

    `list_path` is where JSON answers hold their papers, "" for the longest list. `cursor_path` says
    where an answer says how to go on: a path in its JSON or `header:NAME`. What is there replaces
    {cursor} in the address, or is the next address itself, as in a Link header.
    """

    def __init__(self, template: Template, list_path: str = "", cursor_path: str = "") -> None:
        super().__init__()
        self._template, self._list_path = template, list_path
        if cursor_path.lower().startswith(_HEADER):
            self.header, cursor_path = cursor_path[len(_HEADER) :].lower(), ""
        self._cursor_path = cursor_path
        self._offset = self._count = 0
        self._next: str | None = template.filled()
        self._seen: set[bytes] = set()
        self._is_empty = True

    def _next_address(self) -> str | None:
        return self._next

    def _read(self, page: FetchedPage) -> None:
        digest = hashlib.sha256(page.body).digest()
        is_repeated = digest in self._seen
        self._seen.add(digest)
        answer = json_pages.parsed(page.body)
        papers = json_pages.papers_in(answer, self._list_path)
        # Without a path an object with empty lists may be an error that a format explains.
        is_list = bool(self._list_path) or isinstance(answer, list)
        self._is_empty &= is_list and papers is not None and not papers
        self._count = len(papers or ())
        self._offset += self._count
        self._next = self._after(page, answer, is_repeated)

    def _after(self, page: FetchedPage, answer: object, is_repeated: bool) -> str | None:
        if token := oai_pages.resumption(page.body):
            return oai_pages.resumed(self._template.filled(), checked_cursor(token))
        if self.header or self._cursor_path:
            return self._by_cursor(page, answer, is_repeated)
        if "{page}" not in self._template.text and "{offset}" not in self._template.text:
            return None
        address = self._template.filled(len(self.pages), self._offset)
        enough = max(number_in(address, "limit", 1), 1)
        # A server that does not know the parameter gives the same page for ever.
        return address if self._count >= enough and not is_repeated else None

    def _by_cursor(self, page: FetchedPage, answer: object, is_repeated: bool) -> str | None:
        """Return the address that the cursor leads to; None after the last page.

        A page without papers is the last: Crossref goes on giving cursors, and Europe PMC repeats
        its last one.
        """
        cursor = page.next_header if self.header else self._cursor_in(answer)
        if not cursor or not self._count:
            return None
        if is_repeated:
            raise CannotFetch(
                f"Its page {len(self.pages)} repeats an earlier one: its cursor leads nowhere.",
                refused=True,
            )
        first = self._template.filled()
        if self.header == "link":
            address = _next_link(cursor)
            return same_origin(address, first) if address else None
        if cursor.startswith(("https://", "http://")):
            return same_origin(checked_cursor(cursor), first)
        address = self._template.filled(len(self.pages), self._offset, checked_cursor(cursor))
        if address == first:
            raise CannotFetch(
                "Its address has no {cursor} for the next page. Add one, like cursor={cursor:*}.",
                refused=True,
            )
        return address

    def _cursor_in(self, answer: object) -> str:
        found = json_pages.at_path(answer, self._cursor_path)
        is_number = isinstance(found, int) and not isinstance(found, bool)
        return found if isinstance(found, str) else str(found) if is_number else ""

    def is_empty(self) -> bool:
        return bool(self.pages) and self._is_empty

    def joined(self) -> bytes:
        bodies = list(dict.fromkeys(page.body for page in self.pages))  # again: nothing more
        if len(bodies) == 1:
            return bodies[0]
        if oai_pages.is_oai(bodies[0]):
            return oai_pages.joined_records(bodies)
        return json_pages.joined_lists(bodies, self._list_path)


def _next_link(header: str) -> str:
    """Return the address with rel="next" in a Link header (RFC 8288); "" if there is none."""
    for found in _LINK.finditer(header[:_MOST_IN_LINK]):
        if _REL_NEXT.search(found[2]):
            return found[1].strip()
    return ""
