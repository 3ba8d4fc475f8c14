"""Bounces in free text, as qmail and servers older than RFC 3464 write them.

flufl.bounce recognises their forms and finds the failed address, and whether the failure is
permanent. What it means for the address is read from the words behind it.
"""

import email
import logging
import re
from email.message import Message
from typing import NamedTuple

from flufl.bounce import all_failures

# Some of its patterns take quadratic time in the length of a line, and all are tried on each.
MOST_BYTES = 32_768
MOST_LINES = 600
LONGEST_LINE = 200  # characters
_WORDS = 600  # characters behind the address
_STANDARD = re.compile("(delivery-status|disposition-notification|feedback-report)$")
_REPLY = re.compile(r"\b[45]\d\d[ -]")
_RETURNED = re.compile(r"^[ \t>]*(?:-{3,}|Received:|Return-Path:|Original message)", re.I | re.M)

# Its tracebacks may hold somebody's address.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)


class Failure(NamedTuple):
    """A mail to `address` failed, or is delayed (`is_delay`).

    `words` is the text behind the address, starting with the server's reply if one is quoted.
    """

    address: str
    is_delay: bool
    words: str


def parse_bounce(raw: bytes) -> Failure | None:
    """Return the failure that a message reports.

    Returns None if it reports none or more than one address (each mail has a single recipient), or
    if it is a standard report. Attached messages are not read: they may be forwarded bounces.
    Work is bounded by MOST_BYTES, MOST_LINES and LONGEST_LINE.
    """
    lines = [line[:LONGEST_LINE] for line in raw[:MOST_BYTES].splitlines()[:MOST_LINES]]
    message = email.message_from_bytes(b"\n".join(lines))
    inner = [part for part in message.walk() if part.get_content_maintype() == "message"]
    if any(_STANDARD.search(part.get_content_subtype()) for part in inner):
        return None
    if not message.get("From"):  # flufl.bounce expects one
        return None
    for part in inner:
        part.set_payload("")
    delayed, failed = all_failures(message)
    if len(delayed | failed) != 1:
        return None
    address = next(iter(delayed | failed)).decode("ascii")
    if "@" not in address:
        return None
    return Failure(address, not failed, _words(_text(message), address))


def _text(message: Message) -> str:
    texts = []
    for part in message.walk():
        content = part.get_payload(decode=True)
        if part.get_content_maintype() == "text" and isinstance(content, bytes):
            texts.append(content.decode("utf-8", "replace"))
    return "\n".join(texts)


def _words(text: str, address: str) -> str:
    """The text between the address and the returned mail, at most _WORDS characters."""
    start = text.lower().find(address.lower())
    if start < 0:
        return ""
    start += len(address)
    returned = _RETURNED.search(text, start)
    words = text[start : returned.start() if returned else None][:_WORDS]
    reply = _REPLY.search(words)
    return " ".join((words[reply.start() :] if reply else words).split())
