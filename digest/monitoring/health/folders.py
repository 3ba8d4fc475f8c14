"""Whether the folders of the service can be written, and how much space is left."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

LEAST_FREE = 500_000_000  # bytes
_TRIAL = b"\0" * 65_536


def written_folders() -> list[Path]:
    """Return the folders that the service writes; the outbox only if mail goes there."""
    found = [settings.DATA_DIR, settings.DUMPS_DIR, settings.INBOX_DIR, settings.JOURNAL_DIR]
    return found if settings.MAIL_RELAYS else [*found, settings.OUTBOX_DIR]


def unwritable_folders() -> Iterator[str]:
    """Yield a sentence for each folder that cannot be written. A folder that does not exist yet is
    created by its first use, so it is skipped."""
    for folder in map(Path, written_folders()):
        try:
            if folder.exists():
                _write_trial(folder)
        except OSError as wrong:
            yield (
                f"{folder} cannot be written ({wrong.strerror}): free some space, or fix its "
                "permissions."
            )


def _write_trial(folder: Path) -> None:
    """Write and sync a file without a name, which leaves nothing behind. Raises OSError."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(_TRIAL)
        file.flush()
        os.fsync(file.fileno())


def low_space() -> Iterator[str]:
    """Yield a sentence if less than LEAST_FREE bytes are left."""
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < LEAST_FREE:
        yield f"Only {free / 1e6:,.0f} MB are free in {settings.DATA_DIR}: free some space."
