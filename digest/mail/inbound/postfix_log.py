"""The log of a mail server (Postfix) as proof of which mails it took.

Replies of other servers and addresses stand in it too: what is trusted of a line is where it
begins, with the time, the machine and the program, which are the server's own words.
"""

import re
from collections.abc import Collection, Iterable

# No colon before the time: what a line quotes further on is never taken for its beginning.
_LINE = re.compile(
    rb"[^:]*\d\d:\d\d:\d\d\S* (?:[A-Z]{3,5} )?"
    rb"(?P<machine>\S+) \S+/(?P<program>\w+)\[\d+\]: (?P<queue_id>[0-9A-Za-z]+): (?P<told>.*)"
)
_NAMED = re.compile(rb"message-id=<?([^<>\s]*)")
_TRIED = re.compile(rb"to=<.*, status=(?:sent|bounced|deferred) ")


def accepted_message_ids(lines: Iterable[bytes], wanted: Collection[str]) -> set[str]:
    """Which of the wanted Message-IDs (without angle brackets) the server took, by the lines of
    its log in their order.

    That it names a mail proves nothing, for it reads the headers before the final dot; but what
    it tried to deliver, with whatever success, it had taken.
    """
    found: set[str] = set()
    queued: dict[tuple[bytes, bytes], str] = {}
    for read in filter(None, map(_LINE.match, lines)):
        mail = read["machine"], read["queue_id"]
        if (message_id := _message_id(read)) is not None:
            queued.pop(mail, None)  # queue ids come round again
            if message_id in wanted:
                queued[mail] = message_id
        elif mail in queued and _TRIED.match(read["told"]):
            found.add(queued[mail])
    return found


def _message_id(read: re.Match[bytes]) -> str | None:
    """The Message-ID that the line gives a mail, "" for a mail without; None: it gives none."""
    names = _NAMED.match(read["told"]) if read["program"] == b"cleanup" else None
    return names[1].decode("latin-1") if names else None
