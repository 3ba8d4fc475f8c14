"""Every URL that a stranger can reach, and what it allows.

A URL without an entry is refused by a test. Two more things bound every one of them: the web server
(`digest.web_server`), which spends no thread on a client that is slow, and Django's parser of forms
(DATA_UPLOAD_MAX_NUMBER_FIELDS).
"""

from dataclasses import dataclass
from enum import Enum, auto

FORM_BYTES = 65_536
EVENTS_BYTES = 1_000_000


class Body(Enum):
    """Which request bodies are read."""

    FORM = auto()  # up to FORM_BYTES
    IGNORED = auto()  # any, for it is never read
    EVENTS = auto()  # up to EVENTS_BYTES: providers report in batches, and sign the whole
    DUMP = auto()  # up to MAX_DUMP_BYTES, by the view, once it has seen a valid token
    UPLOAD = auto()  # up to MAX_DUMP_BYTES from an operator who may add dumps, else FORM_BYTES


class Format(Enum):
    """In which form a refusal is answered."""

    PAGE = auto()
    JSON = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class UrlLimit:
    """What one URL allows. `rate`: the limit of the setting LIMITS under which each of a client's
    requests counts; "" where the view counts. `also_counted`: what the view counts besides."""

    body: Body = Body.FORM
    rate: str = "pages"
    also_counted: tuple[str, ...] = ()
    format: Format = Format.PAGE


_PAGE = UrlLimit()
# By the name of the URL, or by the namespace of all of an application's.
URL_LIMITS = {
    "home": _PAGE,
    "day": _PAGE,
    "paper": _PAGE,
    "digest": _PAGE,
    "why-read": _PAGE,
    "why": _PAGE,
    "keyword_preview": UrlLimit(also_counted=("keywords",)),
    "api-dumps": UrlLimit(Body.DUMP, also_counted=("pushes", "failures"), format=Format.JSON),
    "api-dump": UrlLimit(also_counted=("pushes", "failures"), format=Format.JSON),
    # Providers report from few addresses, in bursts: only what is not signed counts.
    "mail-events": UrlLimit(Body.EVENTS, rate="", also_counted=("failures",), format=Format.TEXT),
    "outbox": _PAGE,
    "outbox-mail": _PAGE,
    "outbox-html": _PAGE,
    "outbox-text": _PAGE,
    "outbox-raw": _PAGE,
    "subscribe": UrlLimit(also_counted=("letters", "mailbox", "domain", "site")),
    "fresh-link": UrlLimit(also_counted=("letters", "mailbox", "domain", "site")),
    "confirm": _PAGE,
    "preferences": _PAGE,
    "sample": _PAGE,
    "preferences-pause": _PAGE,
    "preferences-keyword": _PAGE,
    # Mailbox providers press it for thousands of people, from few addresses (RFC 8058): it counts
    # by link, and by client only where the link is none.
    "unsubscribe": UrlLimit(Body.IGNORED, rate="", also_counted=("unsubscribe",)),
    "undo": _PAGE,
    "less": _PAGE,
    "preferences-trending": _PAGE,
    "drop": _PAGE,
    "drop-trending": _PAGE,
    "widen": _PAGE,
    "pause": _PAGE,
    "undo-change": _PAGE,
    # Log-in is the only page of it that does something for strangers.
    "admin": _PAGE,
    "admin:login": UrlLimit(also_counted=("failures",)),
    "admin:digest_dump_add": UrlLimit(Body.UPLOAD),
}


def url_limit(name: str) -> UrlLimit:
    """The entry of a URL by its name with its namespace, like `admin:index`; what is not listed
    gets what a page gets."""
    return URL_LIMITS.get(name) or URL_LIMITS.get(name.partition(":")[0]) or _PAGE
