"""A step of a source that is a folder: what settled in it is taken, as from the inbox."""

from datetime import UTC, datetime
from pathlib import Path

from digest.ingest.inbox import take_folder
from digest.models import Source

from .days import intent_of
from .failure import CannotFetch
from .taking import Step, refusal


def fetch_folder(source: Source, at: datetime, until: float) -> Step:
    """Take its files, oldest first. Raises CannotFetch where there is no such folder."""
    folder = Path(source.folder)
    if not folder.is_dir():
        raise CannotFetch(f"There is no folder {folder} on this machine: make it, or correct it.")
    asked = {
        "format": source.format,
        "intent": intent_of(source, None, at.astimezone(UTC).date()),
        "source": source,
    }
    dumps = take_folder(folder, at, until=until, **asked)
    told = [sentence for dump in dumps if (sentence := refusal(dump))]
    return Step(tuple(dumps), told=" ".join(told))
