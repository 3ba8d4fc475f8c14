"""The pages of an unfinished day on disk, so that the next tick goes on from them."""

import hashlib
import shutil
import time
from datetime import date
from pathlib import Path

from django.conf import settings

from digest.ingest.sources.errors import CannotFetch
from digest.models import Source

from .page_walk import FetchedPage

# A listing changes while its day lasts, and resumption tokens lapse.
_FRESH_SECONDS = 3600


class PartialPages:
    """The pages of one day of one source that have come so far."""

    def __init__(self, source: Source, day: date | None) -> None:
        # What decides which page follows which: pages of another address are no use.
        asked = "\n".join((source.url, source.list_path, source.cursor_path))
        kind = hashlib.sha256(asked.encode()).hexdigest()[:8]
        self._folder = Path(settings.DATA_DIR) / "fetching" / f"{source.pk}-{day or 'now'}-{kind}"

    def pages(self) -> list[FetchedPage]:
        """Return the pages in order; those too old to go on from are deleted."""
        found = sorted(self._folder.glob("*.page"))
        try:
            if found and time.time() - found[0].stat().st_mtime > _FRESH_SECONDS:
                self.drop()
                return []
            return [FetchedPage(path.read_bytes(), _header_beside(path)) for path in found]
        except FileNotFoundError:  # the folder was cleared: the day starts anew
            self.drop()
            return []

    def add(self, number: int, page: FetchedPage) -> None:
        """Write a page, complete or not at all. Raises CannotFetch if the disk is full."""
        draft = self._folder / f"{number:04}.tmp"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # First, so that no page is there without what leads on from it.
            if page.next_header:
                draft.with_suffix(".next").write_text(page.next_header, encoding="utf-8")
            draft.write_bytes(page.body)
            draft.replace(draft.with_suffix(".page"))
        except OSError as wrong:
            raise CannotFetch(
                f"A page cannot be kept in {self._folder} ({wrong.strerror}): free some space, or "
                "make that folder writable."
            ) from wrong

    def drop(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _header_beside(page: Path) -> str:
    beside = page.with_suffix(".next")
    return beside.read_text(encoding="utf-8") if beside.exists() else ""
