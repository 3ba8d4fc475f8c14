"""Files older than their retention period: mails in the outbox, and read files of the inbox."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings

from .retention_periods import RetentionPeriods


def find_expired_files(periods: RetentionPeriods, at: datetime) -> dict[str, list[Path]]:
    """The files to delete, by what they are."""
    before = (at - periods.of("files")).timestamp()
    inbox = Path(settings.INBOX_DIR)
    folders = {
        "outbox files": (Path(settings.OUTBOX_DIR),),
        "inbox files": (inbox / "done", inbox / "failed"),
    }
    return {
        label: [path for folder in some for path in _older(folder, before)]
        for label, some in folders.items()
    }


def delete_files(paths: list[Path], most: int) -> int:
    """Delete up to so many of them, which leave the list; how many were taken from it."""
    batch, paths[:] = paths[:most], paths[most:]
    for path in batch:
        with contextlib.suppress(OSError):  # another process was faster, or it stays
            path.unlink()
    return len(batch)


def _older(folder: Path, before: float) -> Iterator[Path]:
    """Plain files that came there before that time. Moving a file changes no more than its ctime:
    a page that was saved last year may have come today."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            with contextlib.suppress(OSError):
                status = path.lstat()
                if max(status.st_mtime, status.st_ctime) < before and not path.is_dir():
                    yield path
