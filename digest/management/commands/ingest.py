"""manage.py ingest: read listings of papers from files or from standard input."""

import argparse
import json
import sys
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandParser
from django.db import Error
from django.utils import timezone
from tqdm import tqdm

from digest.ingest.dry_run import dry_run
from digest.ingest.dump_rows import became_backfill
from digest.ingest.formats import AUTO, FORMATS
from digest.ingest.formats.fields import plausible_dates
from digest.ingest.pipeline import CannotKeep, Unreadable, file_name, read, receive
from digest.management.base_command import DatabaseCommand
from digest.models import Dump

_HELP = """\
Read listings of papers; new papers go into the next digests.

Each file is a dump: one listing, stored byte for byte and accepted as a whole or not at all. What
cannot be read is quarantined, with the reason; ingesting the same file again changes nothing.
"""
_EPILOG = """\
examples:
  manage.py ingest page.txt                       one file
  manage.py ingest --dry-run --json *.txt         what would happen, one JSON object per dump
  pbpaste | manage.py ingest - --listed-on 2026-02-11
  manage.py ingest arxiv-metadata-oai-snapshot.json    gigabytes: in parts, resumable

The limits on what arrives by itself (MAX_DUMP_RECORDS, MAX_UNPACKED_BYTES) do not apply here.
A file may be compressed (.gz .bz2 .xz .zst); each file in a .zip or .tar is a dump of its own.

The exit code is 0 when every dump was parsed, and 1 when one was not.
A listing with more than NEW_PAPERS_LIMIT new papers waits until you choose --new or
--backfill. Exports of reference managers and of searches (RIS, BibTeX, …) are backfill unless you
give --new, because they list older papers; --dry-run shows this first.
"""
_BACKFILL = (
    "\n  taken as backfill, like every export of a library or search: its papers can be searched "
    "and are never mailed; --new numbers and mails them"
)
_STDIN = "-"
# The state shown for a path that never became a dump; no row has it.
_UNREADABLE = "unreadable"
_KEYS = ("name", "sha256", "format", "state", "intent", "listed_on", "papers", "new", "updated",
         "unchanged", "skipped", "notes", "error")  # fmt: skip


class Command(DatabaseCommand):
    help = _HELP

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: object) -> CommandParser:
        kwargs |= {"epilog": _EPILOG, "formatter_class": argparse.RawDescriptionHelpFormatter}
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "paths", nargs="+", metavar="PATH", help="a file, or - for standard input"
        )
        parser.add_argument(
            "--format",
            default=AUTO,
            choices=(AUTO, *FORMATS),
            help="auto: detected from the content",
        )
        parser.add_argument(
            "--listed-on",
            type=_day,
            metavar="YYYY-MM-DD",
            help="the date of the listing, instead of the one it states",
        )
        intent = parser.add_mutually_exclusive_group()
        intent.add_argument(
            "--new",
            dest="intent",
            action="store_const",
            const=Dump.Intent.NEW.value,
            help="number and mail its papers, however many there are",
        )
        intent.add_argument(
            "--backfill",
            dest="intent",
            action="store_const",
            const=Dump.Intent.BACKFILL.value,
            help="searchable only: never mail its papers",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would happen; store nothing"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object a dump")
        parser.set_defaults(intent=Dump.Intent.AUTO.value)

    def handle(self, *args: object, **options: Any) -> None:
        asked = {name: options[name] for name in ("format", "listed_on", "intent")}
        all_parsed, stored = True, list[Dump]()
        try:
            # None: a bar on a terminal, none in a pipe.
            for path in tqdm(options["paths"], unit="dump", leave=False, disable=None):
                taken = _take(path, asked, is_dry_run=options["dry_run"])
                all_parsed &= taken.state == Dump.State.PARSED and not taken.error
                stored += [taken] if taken.pk and not options["dry_run"] else []
                with tqdm.external_write_mode():
                    said = _as_json(taken) if options["json"] else _as_text(taken, asked)
                    self.stdout.write(said)
        finally:  # also if it is stopped half way
            self.log_act_on_many(f"Ingested ({asked['intent']}).", stored)
        if not all_parsed:
            sys.exit(1)


def _take(path: str, asked: dict[str, Any], *, is_dry_run: bool) -> Dump:
    """Return the dump of a file.

    For one that cannot be read at all, an unsaved Dump that says why.
    """
    name = "standard input" if path == _STDIN else file_name(path)
    at = timezone.now()
    try:
        with _opened(path) as file:
            if is_dry_run:
                taken = dry_run(file, name, at=at, **asked)
            else:
                taken = _read(receive(file, name, unlimited=True, at=at, **asked))
    except (Unreadable, CannotKeep, OSError) as wrong:
        return Dump(name=name, state=_UNREADABLE, error=str(wrong))
    except Error as wrong:
        sentence = (
            f"The database cannot store it ({wrong}). Check that it is running, has free space "
            "and is migrated (manage.py migrate), then ingest the file again."
        )
        return Dump(name=name, state=Dump.State.RECEIVED, error=sentence)
    taken.name = name
    return taken


def _read(dump: Dump) -> Dump:
    """Read it to its end, with a progress bar for the parts of a bulk file."""
    with tqdm(unit="part", leave=False, disable=None, position=1) as bar:

        def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return read(dump, at=timezone.now(), progress=tell)


def _opened(path: str) -> AbstractContextManager[IO[bytes]]:
    """Open a file, a pipe or standard input.

    Raises Unreadable, with a sentence, for anything else.
    """
    if path == _STDIN:
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(path).open("rb")
    except IsADirectoryError as wrong:
        raise Unreadable("This is a folder. Name the files in it.") from wrong
    except FileNotFoundError as wrong:
        raise Unreadable("There is no such file. Check the path.") from wrong
    except (OSError, ValueError) as wrong:
        reason = wrong.strerror if isinstance(wrong, OSError) else "not a valid file name"
        raise Unreadable(f"It cannot be read: {reason}.") from wrong


def _as_json(dump: Dump) -> str:
    values = {key: getattr(dump, key) for key in _KEYS}
    return json.dumps(values, default=str, ensure_ascii=False)


def _as_text(dump: Dump, asked: dict[str, Any]) -> str:
    if dump.error:
        state = "" if dump.state == Dump.State.PARSED else f"{dump.state}. "
        return f"{dump.name}: {state}{dump.error}"
    day = f" of {dump.listed_on.day} {dump.listed_on:%B %Y}" if dump.listed_on else ""
    counts = f"{dump.new} new, {dump.updated} updated, {dump.unchanged} unchanged"
    left_out = [f"\n  left out: {each['entry']} ({each['reason']})" for each in dump.skipped]
    notes = [f"\n  {note}" for note in dump.notes]
    kind = [_BACKFILL] if became_backfill(dump, asked["intent"]) else []
    return f"{dump.name}: {dump.papers} papers{day}: {counts}{''.join(kind + left_out + notes)}"


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(f"“{text}” is not a date like 2026-02-11") from wrong
    if doubt := plausible_dates.implausibility(day, timezone.now().date()):
        raise argparse.ArgumentTypeError(f"{day} {doubt}")
    return day
