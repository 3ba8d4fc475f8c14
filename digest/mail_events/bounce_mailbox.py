"""Read the bounce mailbox over IMAP4rev1 and TLS (RFC 3501).

A message is marked as seen after it was recorded. One whose reading was interrupted is read again,
which changes nothing.
"""

import imaplib
import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from digest.ingest import failures
from digest.ingest.sources.errors import CannotFetch
from digest.ingest.sources.mailbox import ImapConnection
from digest.mail.inbound.imap import LONGEST_LINE, ImapMailbox, log_out, quoted_string, run_command
from digest.mail_events.recording import record_message

log = logging.getLogger(__name__)

READ_SECONDS = 40.0
_ENOUGH_SECONDS = 5.0
MOST_BYTES = 1_000_000  # of a message: the report comes first, the returned mail after it


class CannotRead(Exception):
    """The reason why the mailbox could not be read, as a sentence."""


def read_mailbox(mailbox: ImapMailbox, clock: Callable[[], datetime]) -> Counter[str]:
    """Record the unseen messages, for READ_SECONDS at most; returns counts by kind of event.

    Raises CannotRead if the server cannot be reached, or refuses the login or a command.
    """
    until = time.monotonic() + READ_SECONDS
    try:
        # The address is the operator's own setting, so it may be in their own network.
        allowed = frozenset({mailbox.host.lower()})
        connection = ImapConnection(
            mailbox.host, mailbox.port, until, allowed, MOST_BYTES + LONGEST_LINE
        )
        try:
            connection.login(quoted_string(mailbox.user), mailbox.password)
            return _record_unseen(connection, mailbox.folder, clock, until)
        finally:
            log_out(connection)
    except (OSError, imaplib.IMAP4.error, CannotFetch) as wrong:
        raise CannotRead(
            f"The mailbox of BOUNCE_IMAP_URL at {mailbox.host} cannot be read "
            f"({type(wrong).__name__}): check its address, user name and password."
        ) from wrong


def _record_unseen(
    connection: ImapConnection, folder: str, clock: Callable[[], datetime], until: float
) -> Counter[str]:
    found: Counter[str] = Counter()
    run_command(connection.select, quoted_string(folder))
    for uid in run_command(connection.uid, "SEARCH", "UNSEEN")[0].split():
        if time.monotonic() > until - _ENOUGH_SECONDS:
            break
        number = uid.decode()
        try:
            message = _message(connection, number)
        except imaplib.IMAP4.abort:  # the connection is of no more use
            raise
        except imaplib.IMAP4.error:
            log.warning("Message %s of the bounce mailbox cannot be read.", number)
            continue
        if message is not None:
            try:
                found[record_message(message, clock()).event.kind] += 1
            except Exception as wrong:
                if failures.is_transient(wrong):
                    raise
                # It stays unseen and is tried again. The error's text may hold an address.
                log.error("Message %s could not be recorded (%s).", number, type(wrong).__name__)
                continue
        run_command(connection.uid, "STORE", number, "+FLAGS", r"(\Seen)")
    return found


def _message(connection: ImapConnection, uid: str) -> bytes | None:
    """The first MOST_BYTES of a message, without marking it as seen; None if it is gone."""
    for part in run_command(connection.uid, "FETCH", uid, f"(BODY.PEEK[]<0.{MOST_BYTES}>)"):
        if isinstance(part, tuple):
            return bytes(part[1])
    return None
