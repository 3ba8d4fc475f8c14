"""Rows of dumps: created when bytes arrive, found again, and reopened to be read anew."""

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import PurePath
from typing import IO

from django.conf import settings
from django.db import transaction

from digest.models import Dump, Source

from . import raw_storage
from .formats import AUTO, FORMATS, BadDump
from .formats.fields import plausible_dates
from .spool import spooled

_DUE_NOW: dict[str, None] = {"missing_since": None, "not_before": None}


def became_backfill(dump: Dump, asked: str) -> bool:
    """Return whether the dump is backfill by its kind, where its intent was left open (`asked`)."""
    return asked == Dump.Intent.AUTO and dump.intent == Dump.Intent.BACKFILL and not dump.error


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a dump is to be read: in which format, as of which day, as news or backfill.

    `listed_on` overrides the day on the page; `intent` is a value of Dump.Intent.
    """

    format: str = AUTO
    listed_on: date | None = None
    intent: str = Dump.Intent.AUTO.value

    def values(self) -> dict[str, object]:
        """Return the fields of a Dump that hold these options."""
        return {"format": self.format, "listed_on": self.listed_on, "intent": self.intent}


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a dump's bytes arrived.

    `archive` is the dump that they were packed in. `unlimited`: an operator handed them in, so
    neither MAX_DUMP_RECORDS nor MAX_UNPACKED_BYTES applies.
    """

    name: str
    received_at: datetime
    source: Source | None = None
    archive: Dump | None = None
    unlimited: bool = False

    def values(self) -> dict[str, object]:
        """Return the fields of a Dump that hold these facts."""
        return {
            "name": self.name,
            "received_at": self.received_at,
            "source": self.source,
            "archive": self.archive,
            "unlimited": self.unlimited,
        }


def file_name(name: str) -> str:
    """Return the last part of a path, printable and at most 255 characters long."""
    text = os.fsencode(PurePath(name).name).decode(errors="replace")
    return "".join(sign if sign.isprintable() else "�" for sign in text)[:255] or "unnamed"


def display_name(name: str, archive: Dump | None) -> str:
    """Return a file's name, after the name of the archive that it was packed in, if any."""
    if archive is None:
        return file_name(name)
    return f"{archive.name[:127]}/{file_name(name)[:127]}"


def checked_options(
    format_name: str, listed_on: date | None, intent: str, at: datetime
) -> ReadOptions:
    """Return the options for a dump received at that moment.

    Raises ValueError if there is no such format, and BadDump, a ValueError, if `listed_on` cannot
    be the day of a listing.
    """
    if listed_on and (
        reason := plausible_dates.implausibility(listed_on, at.astimezone(UTC).date())
    ):
        raise BadDump(f"The date of the listing, {listed_on}, {reason}. Give the right one.")
    if format_name != AUTO and format_name not in FORMATS:
        known = ", ".join((AUTO, *FORMATS))
        raise ValueError(f"There is no format “{format_name}”. Choose one of {known}.")
    return ReadOptions(format_name, listed_on, Dump.Intent(intent).value)


def find_or_create(sha256: str, size: int, options: ReadOptions, arrival: Arrival) -> Dump:
    """Return the row of these bytes, reopened if it exists and `options` ask for something new.

    That of a withdrawn dump is returned as it is.
    """
    values = options.values() | arrival.values() | {"size": size}
    dump, is_new = Dump.objects.get_or_create(sha256=sha256, part=0, defaults=values)
    if not is_new and not dump.is_withdrawn:
        _update_arrival(dump, arrival)
        _note_bytes_present(dump)
        reopen(dump, options)
    return dump


def _update_arrival(dump: Dump, arrival: Arrival) -> None:
    """Note on a known dump what a second arrival of the same bytes adds.

    The first source stays, and a dump that an operator handed in stays without limits.
    """
    rows = Dump.objects.filter(sha256=dump.sha256)
    if arrival.source and dump.source_id is None:
        rows.filter(source=None).update(source=arrival.source)
        dump.source = arrival.source
    if arrival.unlimited and not dump.unlimited:
        rows.update(unlimited=True)
        dump.unlimited = True


def _note_bytes_present(dump: Dump) -> None:
    """Make a dump due now if its bytes had been deleted or missing."""
    if dump.raw_deleted_at:
        Dump.objects.filter(sha256=dump.sha256).update(raw_deleted_at=None)
        dump.raw_deleted_at = None
    if dump.missing_since:
        Dump.objects.unfinished().filter(sha256=dump.sha256).update(**_DUE_NOW, error="")
        dump.missing_since = dump.not_before = None


def reopen(dump: Dump, options: ReadOptions) -> None:
    """Make the row due for reading if its reading failed or the options differ from the row's.

    A withdrawn dump stays so. A parsed dump stays parsed until its new reading is stored: until
    then the wish is only in memory, as `dump.needs_rereading`.
    """
    if dump.is_withdrawn:
        return
    if dump.total_parts > 1:
        failed = Dump.objects.filter(sha256=dump.sha256, state=Dump.State.QUARANTINED)
        failed.update(state=Dump.State.RECEIVED, error="", **_DUE_NOW)
        return
    changes = _changes(dump, options)
    if dump.state != Dump.State.PARSED and (changes or dump.state == Dump.State.QUARANTINED):
        fresh = changes | {"state": Dump.State.RECEIVED, "error": ""} | _DUE_NOW
        if Dump.objects.unread().filter(pk=dump.pk).update(**fresh):
            changes = fresh
        else:  # another process read it in the meantime
            dump.refresh_from_db()
            changes = _changes(dump, options)
    for name, value in changes.items():
        setattr(dump, name, value)
    dump.needs_rereading = dump.state == Dump.State.PARSED and bool(changes)


def _changes(dump: Dump, options: ReadOptions) -> dict[str, object]:
    """Return the fields in which the options differ from the row; all of them if it failed."""
    values = options.values()
    if dump.state == Dump.State.QUARANTINED:
        return values
    given = {"format": options.format != AUTO, "listed_on": options.listed_on is not None}
    # Numbers once given stay given: only "new" can still change a dump that was read.
    given["intent"] = options.intent == Dump.Intent.NEW or (
        options.intent != Dump.Intent.AUTO and dump.state != Dump.State.PARSED
    )
    return {
        name: values[name] for name in given if given[name] and values[name] != getattr(dump, name)
    }


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
    """Keep the bytes and return their Dump, new or known; it still has to be read.

    For `format`, `listed_on` and `intent` see ReadOptions, for the others Arrival; `at` is when
    the bytes were received. A dump that was parsed before needs reading only if the options ask
    for something else than it says.

    The bytes of a withdrawn dump are not kept: its row says why.

    Raises CannotKeep if the disk takes no more, TooLarge, a CannotKeep, if there are too many
    bytes, Unreadable if the stream fails, ValueError if there is no such format or day.
    """
    options = checked_options(format, listed_on, intent, at)
    arrival = Arrival(display_name(name, archive), at, source, archive, unlimited)
    most = None if unlimited else settings.MAX_UNPACKED_BYTES
    with spooled(data, raw_storage.is_stored, most) as raw, transaction.atomic():
        withdrawn = Dump.objects.withdrawn().filter(sha256=raw.sha256, part=0).first()
        if withdrawn:
            return withdrawn
        raw_storage.store(raw)
        return find_or_create(raw.sha256, raw.size, options, arrival)
