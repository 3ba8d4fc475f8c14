"""Base class of the program's commands, which turns database errors into a sentence."""

from typing import Literal

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError

from digest.database_errors import UNAVAILABLE, database_problems, unavailable_sentence


class DatabaseCommand(BaseCommand):
    """A command that ends with a sentence if the database cannot be used; `unreachable` is its exit
    code then."""

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
