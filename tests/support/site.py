"""A site in a folder of its own: the real commands, in processes that can be killed."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent.parent


UNSET = (
    "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SITE_URL", "BIND", "ALLOWED_HOSTS", "WORKERS",
    "VERP_SENDER", "DKIM_KEY", "DKIM_KEY_FILE", "DOMAIN_RATE", "DOMAIN_CONCURRENCY",
    "TRUSTED_PROXIES", "LIMITS", "AUTOMATIC_HOLD", "SECRET_KEY_FALLBACKS",
    "SUPPRESSION_KEY", "RETENTION_DAYS", "BACKUP_DAYS", "LOG_FORMAT", "METRICS_TOKEN",
)  # fmt: skip


class Site:
    """`manage.py` with a data folder of its own; `settings` are environment variables."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        kept = ("PATH", "HOME", "LANG")
        # Empty, not missing: a developer's own .env must not fill them in.
        unset = dict.fromkeys(UNSET, "")
        self.environment = {name: os.environ[name] for name in kept if name in os.environ}
        self.environment |= (
            unset
            | {"DATA_DIR": str(folder), "SECRET_KEY": "for-tests-only-0123456789abcdefgh"}
            | {"DAILY_REPORT": "none"}  # whether one is due depends on the time of day
            | settings
        )

    def start(self, *arguments: str, **settings: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment | settings,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: str, **settings: str) -> str:
        """What the command printed; AssertionError with its stderr when it failed."""
        process = self.start(*arguments, **settings)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, f"{arguments} ended with {process.returncode}: {err}"
        return out

    def kill(self, process: subprocess.Popen[str]) -> None:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Rows of one statement on the site's database, committed."""
        if url := self.environment["DATABASE_URL"]:
            with psycopg.connect(url, autocommit=True) as postgres:
                cursor = postgres.execute(statement.encode())
                return cursor.fetchall() if cursor.description else []
        connection = sqlite3.connect(self.folder / "db.sqlite3", timeout=20)
        try:
            with connection:
                return connection.execute(statement).fetchall()
        finally:
            connection.close()

    def lapse_leases(self) -> None:
        """As if the leases' time were over."""
        for table in ("digest_digest", "digest_dump"):
            self.sql(
                f"UPDATE {table} SET lease_until = '2000-01-01 00:00:00' "
                "WHERE lease_until IS NOT NULL"
            )
