"""The log of Postfix as proof of which mails it accepted.

Its lines also quote addresses and replies of other servers, which anybody can forge. So only the
beginning of a line is trusted: time, host, program and queue id.
"""

import re
from collections.abc import Collection, Iterable

# No colon before the time, so that a quotation is never taken for the beginning of a line.
_LINE = re.compile(
    rb"[^:]*\d\d:\d\d:\d\d\S* (?:[A-Z]{3,5} )?"
    rb"(?P<machine>\S+) \S+/(?P<program>\w+)\[\d+\]: (?P<queue_id>[0-9A-Za-z]+): (?P<text>.*)"
)
_NAMED = re.compile(rb"message-id=<?([^<>\s]*)")
_TRIED = re.compile(rb"to=<.*, status=(?:sent|bounced|deferred) ")


def accepted_message_ids(lines: Iterable[bytes], wanted: Collection[str]) -> set[str]:
    """Return which of the wanted Message-IDs (without angle brackets) the server accepted.

    `lines` is its log in order. A line with the Message-ID proves nothing, for the headers are read
    before the final dot; a delivery attempt, successful or not, proves that the mail was accepted.
    """
    found: set[str] = set()
    queued: dict[tuple[bytes, bytes], str] = {}
    for read in filter(None, map(_LINE.match, lines)):
        mail = read["machine"], read["queue_id"]
        if (message_id := _message_id(read)) is not None:
            queued.pop(mail, None)  # queue ids are reused
            if message_id in wanted:
                queued[mail] = message_id
        elif mail in queued and _TRIED.match(read["text"]):
            found.add(queued[mail])
    return found


def _message_id(read: re.Match[bytes]) -> str | None:
    """The Message-ID of a mail, "" if it has none. Returns None if the line is about neither."""
    names = _NAMED.match(read["text"]) if read["program"] == b"cleanup" else None
    return names[1].decode("latin-1") if names else None
