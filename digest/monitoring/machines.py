"""This machine's row in the table of machines, which is written with the heartbeats."""

import hmac
import os
import shutil
import socket
import tempfile
from functools import cache
from itertools import islice
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import connection

from digest.machine_clock import MACHINE
from digest.models import Heartbeat, Machine
from digest.models.database import database_clock
from digest.process_facts.version import version
from digest.sending.reply_journal import SUFFIX
from subscriptions.suppression_key import CHECK_DIGITS, key_check

MOST_COUNTED = 10_000  # files of a folder
_ID_FILE = "machine_id"


def record_tick(kind: Heartbeat.Kind) -> None:
    """Store what this machine is, and that a process of this kind runs here. Raises
    DatabaseError."""
    Machine.objects.tick(
        machine_id(settings.DATA_DIR),
        kind,
        host=host_name(),
        version=version(),
        clock_offset=_clock_offset(),
        suppression_key_check=key_check(),
        secret_key_check=secret_key_check(),
        inbox_files=_count_files(settings.INBOX_DIR),
        outbox_files=0 if settings.MAIL_RELAYS else _count_files(settings.OUTBOX_DIR),
        journal_files=_count_files(settings.JOURNAL_DIR, SUFFIX),
        free_bytes=_free_bytes(),
    )


def host_name() -> str:
    return socket.gethostname()[:255]


@cache
def machine_id(folder: Path) -> str:
    """Return the id of the machine with this data folder, which the first call creates.

    Where it cannot be kept, it is made of the host's name and the folder.
    """
    path = folder / _ID_FILE
    try:
        return _stored_id(path) or _create_id(path)
    except OSError:
        return hmac.digest(os.fsencode(folder), host_name().encode(), "sha256").hex()[:32]


def _stored_id(path: Path) -> str:
    """Return the id in the file, "" if there is none that could be one."""
    try:
        found = path.read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeError):
        return ""
    return found if len(found) == 32 and found.isalnum() else ""


def _create_id(path: Path) -> str:
    """Create the file; of several processes that do so the first one decides."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(uuid4().hex)
        try:
            os.link(draft, path)
        except FileExistsError:
            if not _stored_id(path):  # damaged
                Path(draft).replace(path)
                return _stored_id(path)
    finally:
        Path(draft).unlink(missing_ok=True)
    return _stored_id(path)


def secret_key_check() -> str:
    """Return a value by which machines compare SECRET_KEY, which it does not reveal."""
    return hmac.digest(settings.SECRET_KEY.encode(), b"check", "sha256").hex()[:CHECK_DIGITS]


def _clock_offset() -> float | None:
    """Return how many seconds this machine's clock is ahead of the database's."""
    if connection.vendor != "postgresql":
        return None
    before = MACHINE.wall()
    there = database_clock()
    middle = before + (MACHINE.wall() - before) / 2
    return round((middle - there).total_seconds(), 3)


def _count_files(folder: Path, suffix: str = "") -> int:
    """Count the files of a folder, MOST_COUNTED at most, without hidden ones."""
    try:
        with os.scandir(folder) as entries:
            wanted = (
                entry
                for entry in entries
                if entry.name.endswith(suffix) and entry.name[0] != "." and entry.is_file()
            )
            return sum(1 for _ in islice(wanted, MOST_COUNTED))
    except OSError:
        return 0


def _free_bytes() -> int | None:
    try:
        return shutil.disk_usage(settings.DATA_DIR).free
    except OSError:
        return None
