"""What the program's own commands share: without a database they end in a sentence."""

from collections.abc import Iterator
from typing import Any, Literal

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, ProgrammingError, connection

from digest.database_errors import UNAVAILABLE, unavailable_sentence


class DatabaseCommand(BaseCommand):
    """A command that says what is wrong with the database; `unreachable`: its exit code then."""

    unreachable = 1
    # They load every page. `check` and `migrate` run them, and what serves the site.
    requires_system_checks: list[str] | tuple[str, ...] | Literal["__all__"] = []

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except (*UNAVAILABLE, ProgrammingError) as wrong:
            sentence = next(trouble(), "")
            if not sentence and isinstance(wrong, ProgrammingError):
                raise  # the database is as it should be, so the program is not
            raise CommandError(
                sentence or unavailable_sentence(wrong), returncode=self.unreachable
            ) from wrong


def trouble() -> Iterator[str]:
    """What stands between the program and its database, in a sentence; none where all is well."""
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            yield "The database is not migrated to this program: run manage.py migrate."
    except DatabaseError as wrong:
        yield unavailable_sentence(wrong)
