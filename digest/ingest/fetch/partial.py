"""Pages of a day that is not fetched to its end yet, on disk: the next tick goes on from them."""

import hashlib
import shutil
import time
from datetime import date
from pathlib import Path

from django.conf import settings

from digest.models import Source

from .failure import CannotFetch

# A listing changes while its day lasts, and resumption tokens lapse.
_FRESH_SECONDS = 3600


class Partial:
    """The pages of one day of one source that came so far."""

    def __init__(self, source: Source, day: date | None) -> None:
        kind = hashlib.sha256(source.url.encode()).hexdigest()[:8]
        self._folder = Path(settings.DATA_DIR) / "fetching" / f"{source.pk}-{day or 'now'}-{kind}"

    def pages(self) -> list[bytes]:
        """What is there, in order; pages too old to go on from are thrown away."""
        found = sorted(self._folder.glob("*.page"))
        try:
            if found and time.time() - found[0].stat().st_mtime > _FRESH_SECONDS:
                self.drop()
                return []
            return [path.read_bytes() for path in found]
        except FileNotFoundError:  # somebody cleared the folder: the day is begun anew
            self.drop()
            return []

    def add(self, number: int, page: bytes) -> None:
        """Put a page there, complete or not at all. Raises CannotFetch where the disk is full."""
        draft = self._folder / f"{number:04}.tmp"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(page)
            draft.replace(draft.with_suffix(".page"))
        except OSError as wrong:
            raise CannotFetch(
                f"A page cannot be kept in {self._folder} ({wrong.strerror}): free some space, or "
                "make that folder writable."
            ) from wrong

    def drop(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
