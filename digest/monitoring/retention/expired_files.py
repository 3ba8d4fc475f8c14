"""Files past their retention period: mails in the outbox, and read files of the inbox."""

import contextlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings

from .retention_periods import RetentionPeriods


def find_expired_files(periods: RetentionPeriods, at: datetime) -> dict[str, list[Path]]:
    """Return the files to delete, by label."""
    before = (at - periods.of("files")).timestamp()
    inbox = Path(settings.INBOX_DIR)
    folders = {
        "outbox files": (Path(settings.OUTBOX_DIR),),
        "inbox files": (inbox / "done", inbox / "failed"),
    }
    return {
        label: [path for folder in some for path in _files_before(folder, before)]
        for label, some in folders.items()
    }


def delete_files(paths: list[Path], most: int) -> int:
    """Remove up to `most` paths from the list and delete their files; return how many paths."""
    batch, paths[:] = paths[:most], paths[most:]
    for path in batch:
        with contextlib.suppress(OSError):  # already deleted, or not deletable
            path.unlink()
    return len(batch)


def _files_before(folder: Path, before: float) -> Iterator[Path]:
    """Yield files that were put into the folder before the timestamp `before`.

    Moving a file changes its ctime only: a page saved last year may have been moved in today.
    """
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            with contextlib.suppress(OSError):
                status = path.lstat()
                if max(status.st_mtime, status.st_ctime) < before and not path.is_dir():
                    yield path
