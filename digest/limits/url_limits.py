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
class Door:
    """What one URL allows. `rate`: the limit of the setting LIMITS under which each of a client's
    requests counts; "" where the view counts. `more`: what the view counts besides."""

    body: Body = Body.FORM
    rate: str = "pages"
    more: tuple[str, ...] = ()
    format: Format = Format.PAGE


_PAGE = Door()
# By the name of the URL, or by the namespace of all of an application's.
DOORS = {
    "home": _PAGE,
    "day": _PAGE,
    "paper": _PAGE,
    "digest": _PAGE,
    "why-read": _PAGE,
    "why": _PAGE,
    "echo": Door(more=("keywords",)),
    "api-dumps": Door(Body.DUMP, more=("pushes", "failures"), format=Format.JSON),
    "api-dump": Door(more=("pushes", "failures"), format=Format.JSON),
    # Providers report from few addresses, in bursts: only what is not signed counts.
    "mail-events": Door(Body.EVENTS, rate="", more=("failures",), format=Format.TEXT),
    "outbox": _PAGE,
    "outbox-mail": _PAGE,
    "outbox-html": _PAGE,
    "outbox-text": _PAGE,
    "outbox-raw": _PAGE,
    "subscribe": Door(more=("letters", "mailbox", "domain", "site")),
    "fresh-link": Door(more=("letters", "mailbox", "domain", "site")),
    "confirm": _PAGE,
    "preferences": _PAGE,
    "sample": _PAGE,
    "preferences-pause": _PAGE,
    "preferences-keyword": _PAGE,
    # Mailbox providers press it for thousands of people, from few addresses (RFC 8058): it counts
    # by link, and by client only where the link is none.
    "unsubscribe": Door(Body.IGNORED, rate="", more=("unsubscribe",)),
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
    "admin:login": Door(more=("failures",)),
    "admin:digest_dump_add": Door(Body.UPLOAD),
}


def door(name: str) -> Door:
    """The entry of a URL by its name with its namespace, like `admin:index`; what is not listed
    gets what a page gets."""
    return DOORS.get(name) or DOORS.get(name.partition(":")[0]) or _PAGE
