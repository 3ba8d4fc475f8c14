"""Whether the folders that the service writes to take anything."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

LEAST_FREE = 500_000_000  # bytes
_TRIAL = b"\0" * 65_536


def written_folders() -> list[Path]:
    """The folders without which mail or papers stop, or answers are less safe; the outbox only
    where mails go there."""
    found = [settings.DATA_DIR, settings.DUMPS_DIR, settings.INBOX_DIR, settings.JOURNAL_DIR]
    return found if settings.MAIL_RELAYS else [*found, settings.OUTBOX_DIR]


def unwritable_folders() -> Iterator[str]:
    """Folders that cannot be written, a sentence each. One that does not exist yet is made by its
    first user."""
    for folder in map(Path, written_folders()):
        try:
            if folder.exists():
                _try(folder)
        except OSError as wrong:
            yield f"{folder} cannot be written ({wrong.strerror}): make room, or give leave."


def _try(folder: Path) -> None:
    """Write to a file without a name, so that nothing is left however this ends."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(_TRIAL)
        file.flush()
        os.fsync(file.fileno())


def low_space() -> Iterator[str]:
    """A sentence if little room is left."""
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < LEAST_FREE:
        yield f"Only {free / 1e6:,.0f} MB are free in {settings.DATA_DIR}: make room."
