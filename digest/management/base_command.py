"""Base class of the program's commands, which turns database errors into a sentence."""

from collections.abc import Sequence
from typing import Literal

from django.contrib.admin.models import CHANGE
from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError
from django.db.models import Model

from digest.database_errors import UNAVAILABLE, database_problems, unavailable_sentence
from digest.operators.audit_log import command_line_user, log_act, log_act_on_many


class DatabaseCommand(BaseCommand):
    """A command that ends with a sentence if the database cannot be used; `unreachable` is its exit
    code then.

    One that changes something, or shows personal data, leaves one entry in the audit log.
    """

    unreachable = 1
    # They load every page; `check`, `migrate` and the web server run them.
    requires_system_checks: list[str] | tuple[str, ...] | Literal["__all__"] = []

    def execute(self, *args: object, **options: object) -> str | None:
        try:
            return super().execute(*args, **options)
        except (*UNAVAILABLE, ProgrammingError) as wrong:
            sentence = next(database_problems(), "")
            if not sentence and isinstance(wrong, ProgrammingError):
                raise  # the database is as it should be, so the program is not
            raise CommandError(
                sentence or unavailable_sentence(wrong), returncode=self.unreachable
            ) from wrong

    def log_act(
        self, what: str, row: Model | None = None, *, flag: int = CHANGE, shown: str = ""
    ) -> None:
        """Log what the command did (see `audit_log.log_act`), in the name of who runs it."""
        log_act(command_line_user(), f"manage.py {self._name}: {what}", row, flag=flag, shown=shown)

    def log_act_on_many(self, what: str, rows: Sequence[Model]) -> None:
        """Log one act on these rows of one model, unless there are none."""
        if rows:
            ids = [row.pk for row in rows]
            sentence = f"manage.py {self._name}: {what}"
            log_act_on_many(command_line_user(), sentence, type(rows[0]), ids, len(ids))

    @property
    def _name(self) -> str:
        return type(self).__module__.rpartition(".")[2]
