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
from digest.ingest.formats import AUTO, FORMATS, plausible_dates
from digest.ingest.pipeline import CannotKeep, Unreadable, file_name, read, receive
from digest.management.base_command import DatabaseCommand
from digest.models import Dump

_HELP = """\
Read listings of papers and put what is new before the readers.

Each file is a dump: one listing, kept byte for byte and taken whole or not at all. What cannot be
read is quarantined with a sentence that says why; the same file again changes nothing.
"""
_EPILOG = """\
examples:
  manage.py ingest page.txt                       one file
  manage.py ingest --dry-run --json *.txt         what would happen, one JSON object a dump
  pbpaste | manage.py ingest - --listed-on 2026-02-11
  manage.py ingest arxiv-metadata-oai-snapshot.json    gigabytes: in parts, a restart goes on

No number of records or unpacked bytes is too much here, as it is for what arrives by itself
(MAX_DUMP_RECORDS, MAX_UNPACKED_BYTES).
A file may be packed (.gz .bz2 .xz .zst); in a .zip or .tar each file is a dump of its own.

The exit code is 0 when every dump was parsed, and 1 when one was not.
A listing with more than NEW_PAPERS_LIMIT new papers waits until --new or --backfill says what
it is.
"""
_STDIN = "-"
# The state shown for a path that never became a dump; no row has it.
_UNREADABLE = "unreadable"
_KEYS = ("name", "sha256", "format", "state", "listed_on", "papers", "new", "updated", "unchanged",
         "skipped", "notes", "error")  # fmt: skip


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
            "--format", default=AUTO, choices=(AUTO, *FORMATS), help="auto: found by content"
        )
        parser.add_argument(
            "--listed-on",
            type=_day,
            metavar="YYYY-MM-DD",
            help="the day of the listing, over what stands on it",
        )
        intent = parser.add_mutually_exclusive_group()
        intent.add_argument(
            "--new",
            dest="intent",
            action="store_const",
            const=Dump.Intent.NEW.value,
            help="number and mail its papers, however many",
        )
        intent.add_argument(
            "--backfill",
            dest="intent",
            action="store_const",
            const=Dump.Intent.BACKFILL.value,
            help="for search only: never mail its papers",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would happen, keep nothing"
        )
        parser.add_argument("--json", action="store_true", help="one JSON object a dump")
        parser.set_defaults(intent=Dump.Intent.AUTO.value)

    def handle(self, *args: object, **options: Any) -> None:
        asked = {name: options[name] for name in ("format", "listed_on", "intent")}
        all_parsed = True
        # None: a bar on a terminal, none in a pipe.
        for path in tqdm(options["paths"], unit="dump", leave=False, disable=None):
            taken = _take(path, asked, is_dry_run=options["dry_run"])
            all_parsed &= taken.state == Dump.State.PARSED and not taken.error
            with tqdm.external_write_mode():
                self.stdout.write(_as_json(taken) if options["json"] else _as_text(taken))
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
            f"The database cannot take it ({wrong}): see that it runs, has room and has been "
            "migrated (manage.py migrate), then ingest the file again."
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
        raise Unreadable("This is a folder: name the files in it.") from wrong
    except FileNotFoundError as wrong:
        raise Unreadable("There is no such file: check the path.") from wrong
    except (OSError, ValueError) as wrong:
        reason = wrong.strerror if isinstance(wrong, OSError) else "no such name is possible"
        raise Unreadable(f"It cannot be read: {reason}.") from wrong


def _as_json(dump: Dump) -> str:
    values = {key: getattr(dump, key) for key in _KEYS}
    return json.dumps(values, default=str, ensure_ascii=False)


def _as_text(dump: Dump) -> str:
    if dump.error:
        state = "" if dump.state == Dump.State.PARSED else f"{dump.state}. "
        return f"{dump.name}: {state}{dump.error}"
    day = f" of {dump.listed_on.day} {dump.listed_on:%B %Y}" if dump.listed_on else ""
    counts = f"{dump.new} new, {dump.updated} updated, {dump.unchanged} unchanged"
    left_out = [f"\n  left out: {each['entry']} ({each['reason']})" for each in dump.skipped]
    notes = [f"\n  {note}" for note in dump.notes]
    return f"{dump.name}: {dump.papers} papers{day}: {counts}{''.join(left_out + notes)}"


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(f"“{text}” is no day like 2026-02-11") from wrong
    if doubt := plausible_dates.implausibility(day, timezone.now().date()):
        raise argparse.ArgumentTypeError(f"{day} {doubt}")
    return day
