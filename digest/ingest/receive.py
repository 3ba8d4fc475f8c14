"""Bytes that come in become a row: from here on nothing is lost."""

from datetime import date, datetime
from typing import IO

from django.conf import settings
from django.db import transaction

from digest.models import Dump, Source

from . import raw_storage
from .formats import AUTO
from .rows import asked_for, name_of, row_of
from .spool import spooled


def receive(
    data: bytes | IO[bytes],
    name: str,
    *,
    format: str = AUTO,
    listed_on: date | None = None,
    intent: str = Dump.Intent.AUTO,
    source: Source | None = None,
    archive: Dump | None = None,
    unlimited: bool = False,
    at: datetime,
) -> Dump:
    """Keep the bytes and return their Dump, known before or not; it still has to be read.

    `listed_on` overrides the day on the page, `intent` the guess whether its papers are news;
    `source` and `archive` say where they came from or were packed. `unlimited`: an operator handed
    them in, so that neither MAX_DUMP_RECORDS nor MAX_UNPACKED_BYTES holds.
    Bytes that were read before are to be read again only where something else is asked of them.
    Raises CannotKeep, with a sentence, where the disk takes no more, TooLarge among them;
    Unreadable where the stream fails; ValueError: no such format, or no such day.
    """
    asked = asked_for(format, listed_on, intent, at)
    values = {
        "unlimited": unlimited,
        "name": name_of(name, archive),
        "received_at": at,
        "source": source,
        "archive": archive,
    }
    most = None if unlimited else settings.MAX_UNPACKED_BYTES
    with spooled(data, raw_storage.is_stored, most) as raw, transaction.atomic():
        raw_storage.store(raw)
        return row_of(raw.sha256, asked, values | {"size": raw.size})
