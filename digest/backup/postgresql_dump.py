"""PostgreSQL: pg_dump and pg_restore of the installed client."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient

from . import BackupError

_LONGEST_MESSAGE = 500  # characters of what a program says


def dump(path: Path) -> None:
    """Write the database to `path` as of one moment, in pg_dump's custom format."""
    path.touch(mode=0o600)
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={path}"]
    _run("pg_dump", options)


def damage(path: Path) -> str:
    """Return what pg_restore finds wrong with a dump, "" if it can be read to its end."""
    try:
        _run("pg_restore", ["--file=/dev/null", str(path)], connects=False)
    except BackupError as wrong:
        return str(wrong)
    return ""


def restore(path: Path) -> None:
    """Drop all tables, then restore those of a dump in one transaction.

    Raises BackupError if other processes use the database.
    """
    _refuse_if_used()
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"DROP TABLE IF EXISTS {quote(table)} CASCADE")
    connection.close()
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run("pg_restore", [*options, "--clean", "--if-exists"], str(path))


def check_programs() -> None:
    """Raise BackupError if a program is missing, or older than the server."""
    server = _server_version()
    for program in ("pg_dump", "pg_restore"):
        version = _version(program)
        if version < server:
            raise BackupError(
                f"{program} is of PostgreSQL {version}, but the server of {server}: install "
                f"postgresql-client-{server} or newer."
            )


def _server_version() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10_000


def _version(program: str) -> int:
    """Return the major version of an installed program."""
    if shutil.which(program) is None:
        raise BackupError(
            f"{program} is missing: install PostgreSQL’s client (Debian: postgresql-client)."
        )
    said = subprocess.run(  # noqa: S603 - a program of PostgreSQL
        [program, "--version"], capture_output=True, text=True, check=False
    )
    found = re.search(r"(\d+)", said.stdout)
    if not found:
        raise BackupError(f"{program} does not say its version: is it PostgreSQL’s?")
    return int(found[1])


def _refuse_if_used() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = CURRENT_DATABASE() "
            "AND pid <> PG_BACKEND_PID() AND backend_type = 'client backend'"
        )
        if others := cursor.fetchone()[0]:
            raise BackupError(
                f"{others} other connections use the database: stop the web server, the workers "
                "and the scheduler on all machines first."
            )


def _run(program: str, options: list[str], *files: str, connects: bool = True) -> None:
    """Run a program on the database; its password is never on the command line.

    Raises BackupError with the last line of what it says.
    """
    environment = dict(os.environ)
    if connects:
        asked, own = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
        *login, name = asked[1:]
        options = [*login, f"--dbname={name}", *options]
        environment |= own or {}
    done = subprocess.run(  # noqa: S603 - the same, its options from the settings
        [program, *options, *files], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = " ".join(done.stderr.split())[-_LONGEST_MESSAGE:]
        raise BackupError(f"{program} failed: {said or f'exit code {done.returncode}'}")
