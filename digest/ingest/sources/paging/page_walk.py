"""What every way of paging has in common: pages come one after the other, and their number ends."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from digest.ingest.sources.errors import CannotFetch

MAX_PAGES = 60
LONGEST_CURSOR = 4000


@dataclass(frozen=True)
class FetchedPage:
    """A page's body, and the value of the header that says how to go on, if that is how."""

    body: bytes
    next_header: str = ""


class PageWalk(ABC):
    """The pages of one answer so far.

    Each page is read once when it is added, whatever their number, and once when they are joined.
    """

    header = ""  # the header of an answer that `add` wants to see
    steps_before_papers = 0  # answers that hold no papers yet

    def __init__(self) -> None:
        self.pages: list[FetchedPage] = []

    @property
    def size(self) -> int:
        """Return the number of bytes of all pages."""
        return sum(len(page.body) for page in self.pages)

    def next_address(self) -> str | None:
        """Return the address of the page after these; None if there is none.

        Raises CannotFetch if they do not end.
        """
        address = self._next_address()
        if address is not None and len(self.pages) >= MAX_PAGES:
            raise CannotFetch(
                f"There are more than {MAX_PAGES} pages. Request fewer papers, with a narrower "
                "query or fewer days.",
                refused=True,
            )
        return address

    def add(self, page: FetchedPage) -> None:
        """Take in the next page. Raises CannotFetch if it does not go with those before."""
        self.pages.append(page)
        self._read(page)

    @abstractmethod
    def _next_address(self) -> str | None: ...

    @abstractmethod
    def _read(self, page: FetchedPage) -> None: ...

    @abstractmethod
    def is_empty(self) -> bool:
        """Return whether the answer says that there are no papers."""

    @abstractmethod
    def joined(self) -> bytes:
        """Return one dump of all pages. Raises CannotFetch if they do not fit together."""


def not_joined(number: int) -> CannotFetch:
    """Return the error for a page that is something else than those before it."""
    sentence = f"Its page {number} is not of the same kind as the ones before it."
    return CannotFetch(sentence, refused=True)


def checked_cursor(cursor: str) -> str:
    """Return the cursor. Raises CannotFetch if no service writes such a long one."""
    if len(cursor) > LONGEST_CURSOR:
        raise CannotFetch(
            f"The cursor in its response has {len(cursor):,} characters. Check whether the path of "
            "the next page is right.",
            refused=True,
        )
    return cursor


def same_origin(address: str, first: str) -> str:
    """Return the address that an answer gave, perhaps relative to the first, if it is on its host.

    Raises CannotFetch: what a server answers must not lead to another.
    """
    here = urlsplit(first)
    try:
        whole = urljoin(first, address)
        there = urlsplit(whole)
    except ValueError:
        raise CannotFetch(
            f"Its next page is said to be at “{address[:200]}”, which is not an address.",
            refused=True,
        ) from None
    if (there.scheme, there.netloc) != (here.scheme, here.netloc):
        raise CannotFetch(
            f"Its next page is said to be at {there.netloc or 'no host'}, not at {here.netloc}.",
            refused=True,
        )
    return whole
