"""The limits of every URL that anonymous clients can reach.

A test fails for a URL without an entry. Two more limits apply to all: the web server
(`digest.web_server`) spends no thread on a slow client, and Django's form parser limits the number
of fields (DATA_UPLOAD_MAX_NUMBER_FIELDS).
"""

from dataclasses import dataclass
from enum import Enum, auto

from digest.libraries.library import MAX_BYTES

FORM_BYTES = 65_536
EVENTS_BYTES = 1_000_000
PEOPLE_BYTES = FORM_BYTES + 10_000_000  # the form around a file of subscribers
LIBRARY_BYTES = FORM_BYTES + MAX_BYTES  # the form around the file


class Body(Enum):
    """Which request bodies are read."""

    FORM = auto()  # up to FORM_BYTES
    IGNORED = auto()  # of any size: it is never read
    EVENTS = auto()  # up to EVENTS_BYTES: providers report in batches, and sign the whole
    DUMP = auto()  # up to MAX_DUMP_BYTES, read by the view once the token is checked
    LIBRARY = (
        auto()
    )  # up to LIBRARY_BYTES and a form from a reader whose link is valid, else a form
    PEOPLE = auto()  # up to PEOPLE_BYTES from an operator who may import subscribers, else a form
    UPLOAD = auto()  # up to MAX_DUMP_BYTES from an operator who may add dumps, else FORM_BYTES


class Format(Enum):
    """The format of a refusal's response."""

    PAGE = auto()
    JSON = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class UrlLimit:
    """The limits of one URL.

    `rate`: the name in the setting LIMITS under which each request of a client counts, "" if the
    view counts. `also_counted`: names under which the view counts besides.
    """

    body: Body = Body.FORM
    rate: str = "pages"
    also_counted: tuple[str, ...] = ()
    format: Format = Format.PAGE


_PAGE = UrlLimit()
# By URL name, or by namespace for all URLs of an application.
URL_LIMITS = {
    "home": _PAGE,
    "favicon": _PAGE,
    "opensearch": _PAGE,
    "robots": _PAGE,
    "security": _PAGE,
    "day": _PAGE,
    "archive": _PAGE,
    "archive-month": _PAGE,
    "paper": _PAGE,
    "search": UrlLimit(also_counted=("search",)),
    "paper-bib": _PAGE,
    "paper-ris": _PAGE,
    "digest": _PAGE,
    "why-read": _PAGE,
    "why": _PAGE,
    "keyword_preview": UrlLimit(also_counted=("keywords",)),
    "api-dumps": UrlLimit(Body.DUMP, also_counted=("pushes", "failures"), format=Format.JSON),
    "api-dump": UrlLimit(also_counted=("pushes", "failures"), format=Format.JSON),
    # Providers report from few addresses, in bursts: only unsigned requests count.
    "mail-events": UrlLimit(Body.EVENTS, rate="", also_counted=("failures",), format=Format.TEXT),
    "outbox": _PAGE,
    "outbox-mail": _PAGE,
    "outbox-html": _PAGE,
    "outbox-text": _PAGE,
    "outbox-raw": _PAGE,
    "subscribe": UrlLimit(also_counted=("letters", "mailbox", "domain", "site")),
    "fresh-link": UrlLimit(also_counted=("letters", "mailbox", "domain", "site")),
    "subscribe-sent": _PAGE,
    "fresh-link-sent": _PAGE,
    "confirm": _PAGE,
    "preferences": _PAGE,
    "sample": _PAGE,
    "preferences-pause": _PAGE,
    "preferences-keywords": _PAGE,
    "preferences-keyword": _PAGE,
    "preferences-account": UrlLimit(also_counted=("letters", "domain", "site")),
    "account": UrlLimit(also_counted=("letters", "mailbox", "domain", "site")),
    "account-deleted": _PAGE,
    "new-address": _PAGE,
    "undo-address": _PAGE,
    "preferences-check": UrlLimit(also_counted=("keywords",)),
    "preferences-undo": _PAGE,
    # Mailbox providers request it for thousands of people from few addresses (RFC 8058): it
    # counts by link, and by client only for an invalid link.
    "unsubscribe": UrlLimit(Body.IGNORED, rate="", also_counted=("unsubscribe",)),
    "undo": _PAGE,
    "less": _PAGE,
    "rate": _PAGE,
    "reader-paper": _PAGE,
    "reader-history": _PAGE,
    "reader-digest": _PAGE,
    "reader-missed": UrlLimit(also_counted=("search",)),
    "reader-import": UrlLimit(Body.LIBRARY, also_counted=("imports", "keywords")),
    # A full list of keywords in a script of three bytes a letter is longer than other forms.
    "reader-import-add": UrlLimit(Body.LIBRARY, also_counted=("keywords",)),
    "reader-saved": _PAGE,
    "reader-profile": _PAGE,
    "reader-export": UrlLimit(also_counted=("keywords",)),
    "feed-search": UrlLimit(also_counted=("feeds",), format=Format.TEXT),
    "reader-feed": _PAGE,
    "reader-feed-link": _PAGE,
    "preferences-trending": _PAGE,
    "drop": _PAGE,
    "drop-trending": _PAGE,
    "widen": _PAGE,
    "pause": _PAGE,
    "undo-change": _PAGE,
    # Log-in is its only page that does something for anonymous clients.
    "admin": _PAGE,
    "admin:login": UrlLimit(also_counted=("failures",)),
    "admin:digest_dump_add": UrlLimit(Body.UPLOAD),
    "admin:subscriber-import": UrlLimit(Body.PEOPLE),
    "admin:source-service": UrlLimit(also_counted=("trials",)),
    "admin:source-try": UrlLimit(also_counted=("trials",)),
}


def url_limit(name: str) -> UrlLimit:
    """Return the limits of a URL by its name with namespace, like `admin:index`, then by namespace;
    those of a page if neither is listed."""
    return URL_LIMITS.get(name) or URL_LIMITS.get(name.partition(":")[0]) or _PAGE
