"""manage.py withdraw: withdraw a dump, or undo that."""

import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from digest.ingest.pipeline import CannotKeep, read
from digest.ingest.withdrawal import effects
from digest.ingest.withdrawal.withdraw import CannotWithdraw, total_counts, undo, withdraw
from digest.management.base_command import DatabaseCommand
from digest.models import Dump

_HELP = """\
Withdraw a dump: papers that only it lists go from the search, the pages and digests not sent yet;
those that were sent stay and say so. The same bytes are refused from then on.
"""
_NUMBER = re.compile(r"[0-9]{1,18}")  # fits the column on every database
_SHA256 = re.compile(r"[0-9a-f]{8,64}")


class Command(DatabaseCommand):
    help = _HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "dump", help="the number of the dump, or its SHA-256 or the first 8 digits or more"
        )
        parser.add_argument("--undo", action="store_true", help="read a withdrawn dump again")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")

    def handle(self, *args: object, **options: Any) -> None:
        dump = _find(options["dump"])
        try:
            if options["undo"]:
                self._undo(dump)
            elif dump.is_withdrawn:
                raise CommandError(f"{dump}: {dump.error}")
            else:
                self._withdraw(dump, is_dry=options["dry_run"], is_asked=not options["yes"])
        except (CannotWithdraw, CannotKeep, OSError) as wrong:
            raise CommandError(f"{dump}: {wrong}") from wrong

    def _withdraw(self, dump: Dump, *, is_dry: bool, is_asked: bool) -> None:
        if is_dry or is_asked:
            self.stdout.write("\n".join([f"{dump}:", *effects.sentences(effects.effects(dump))]))
        if is_dry:
            return
        if is_asked:
            self._ask()
        done = withdraw(dump, timezone.now())
        self.log_act("Withdrew it.", dump)
        self.stdout.write(f"{dump}: withdrawn. {total_counts(done).sentence()}")

    def _undo(self, dump: Dump) -> None:
        undone = undo(dump)
        self.log_act("Undid its withdrawal.", dump)
        if undone.state == Dump.State.RECEIVED:
            undone = read(undone, at=timezone.now())
        if undone.error:
            raise CommandError(f"{dump}: {undone.error}")
        self.stdout.write(f"{dump}: read again, {undone.papers:,} papers, {undone.new:,} new.")

    def _ask(self) -> None:
        try:
            answer = input("Type “withdraw” to continue: ")
        except EOFError:
            answer = ""
        if answer.strip().lower() != "withdraw":
            raise CommandError("Nothing was changed. Use --yes to skip the question.")


def _find(name: str) -> Dump:
    """Return the dump of this number or SHA-256, of a file in parts the first.

    After a restore numbers have eight digits or more, which a SHA-256 may begin with: a number that
    a dump has goes first.
    """
    lower = name.strip().lower()
    is_number, is_sha256 = bool(_NUMBER.fullmatch(lower)), bool(_SHA256.fullmatch(lower))
    if not is_number and not is_sha256:
        raise CommandError(f"“{name}” is neither the number nor the SHA-256 of a dump.")
    dumps = list(Dump.objects.filter(pk=int(lower))) if is_number else []
    if not dumps and is_sha256:
        dumps = list(Dump.objects.filter(sha256__startswith=lower, part=0)[:2])
    if len(dumps) == 2:
        raise CommandError(f"Several dumps begin with {name}. Give more digits.")
    if not dumps:
        raise CommandError(f"There is no dump {name}. The admin lists them, under Dumps.")
    return dumps[0]
