"""The rows of dumps: made when bytes come in, found again, and reopened where their reading is
to be repeated."""

import os
from datetime import UTC, date, datetime
from pathlib import PurePath
from typing import IO, Any

from django.conf import settings
from django.db import transaction

from digest.models import Dump, Source

from . import raw_storage
from .formats import AUTO, FORMATS, BadDump, plausible_dates
from .spool import spooled

_AT_ONCE: dict[str, Any] = {"missing_since": None, "not_before": None}


def file_name(name: str) -> str:
    """The last part of a path as a name that can be shown and stored, whatever bytes it holds."""
    text = os.fsencode(PurePath(name).name).decode(errors="replace")
    return "".join(sign if sign.isprintable() else "�" for sign in text)[:255] or "unnamed"


def display_name(name: str, archive: Dump | None) -> str:
    """A file's name, after that of the archive it was packed in."""
    if archive is None:
        return file_name(name)
    return f"{archive.name[:127]}/{file_name(name)[:127]}"


def asked_for(
    format_name: str, listed_on: date | None, intent: str, at: datetime
) -> dict[str, Any]:
    """What is asked of a dump received at that moment. Raises ValueError, with a sentence, for a
    format that is none, and BadDump, which is one, for a day that cannot be a listing's."""
    if listed_on and (
        doubt := plausible_dates.implausibility(listed_on, at.astimezone(UTC).date())
    ):
        raise BadDump(f"The day of the listing, {listed_on}, {doubt}: give the right one.")
    if format_name != AUTO and format_name not in FORMATS:
        known = ", ".join((AUTO, *FORMATS))
        raise ValueError(f"There is no format “{format_name}”: choose one of {known}.")
    return {"format": format_name, "listed_on": listed_on, "intent": Dump.Intent(intent).value}


def find_or_create(sha256: str, asked: dict[str, Any], values: dict[str, Any]) -> Dump:
    """The row of these bytes, made or found; found, it is reopened where more is asked of it."""
    dump, is_new = Dump.objects.get_or_create(sha256=sha256, part=0, defaults=asked | values)
    if not is_new:
        _note_source(dump, values.get("source"))
        _note_unlimited(dump, unlimited=bool(values.get("unlimited")))
        _note_bytes(dump)
        reopen(dump, asked)
    return dump


def _note_source(dump: Dump, source: Source | None) -> None:
    """Of several sources that bring the same bytes the first is noted."""
    if source and dump.source_id is None:
        Dump.objects.filter(sha256=dump.sha256, source=None).update(source=source)
        dump.source = source


def _note_unlimited(dump: Dump, *, unlimited: bool) -> None:
    """What an operator once handed in stays without a cap, whoever brings the same bytes again."""
    if unlimited and not dump.unlimited:
        Dump.objects.filter(sha256=dump.sha256).update(unlimited=True)
        dump.unlimited = True


def _note_bytes(dump: Dump) -> None:
    """Bytes that were deleted or missing have come again: what waits for them is read at once."""
    if dump.raw_deleted_at:
        Dump.objects.filter(sha256=dump.sha256).update(raw_deleted_at=None)
        dump.raw_deleted_at = None
    if dump.missing_since:
        Dump.objects.unfinished().filter(sha256=dump.sha256).update(**_AT_ONCE, error="")
        dump.missing_since = dump.not_before = None


def reopen(dump: Dump, asked: dict[str, Any]) -> None:
    """Make the row to be read anew where its reading failed or something else is asked of it.

    What was parsed stays parsed until its new reading is stored: the wish is in memory only.
    """
    if dump.total_parts > 1:
        failed = Dump.objects.filter(sha256=dump.sha256, state=Dump.State.QUARANTINED)
        failed.update(state=Dump.State.RECEIVED, error="", **_AT_ONCE)
        return
    changes = _changes(dump, asked)
    if dump.state != Dump.State.PARSED and (changes or dump.state == Dump.State.QUARANTINED):
        fresh = changes | {"state": Dump.State.RECEIVED, "error": ""} | _AT_ONCE
        if Dump.objects.filter(pk=dump.pk).exclude(state=Dump.State.PARSED).update(**fresh):
            changes = fresh
        else:  # it was read meanwhile
            dump.refresh_from_db()
            changes = _changes(dump, asked)
    for name, value in changes.items():
        setattr(dump, name, value)
    dump.needs_rereading = dump.state == Dump.State.PARSED and bool(changes)


def _changes(dump: Dump, asked: dict[str, Any]) -> dict[str, Any]:
    """What is asked for that the row does not say yet; a failed reading is asked for anew."""
    if dump.state == Dump.State.QUARANTINED:
        return asked
    said = {"format": asked["format"] != AUTO, "listed_on": asked["listed_on"] is not None}
    # Numbers once given stay given: only "new" can still change a dump that was read.
    said["intent"] = asked["intent"] == Dump.Intent.NEW or (
        asked["intent"] != Dump.Intent.AUTO and dump.state != Dump.State.PARSED
    )
    return {name: asked[name] for name in said if said[name] and asked[name] != getattr(dump, name)}


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
        "name": display_name(name, archive),
        "received_at": at,
        "source": source,
        "archive": archive,
    }
    most = None if unlimited else settings.MAX_UNPACKED_BYTES
    with spooled(data, raw_storage.is_stored, most) as raw, transaction.atomic():
        raw_storage.store(raw)
        return find_or_create(raw.sha256, asked, values | {"size": raw.size})
