"""pg_dump and pg_restore that are missing or too old are named before anything is done."""

from pathlib import Path

import pytest

from digest.backup import BackupError, postgresql_dump


def program(folder: Path, name: str, says: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)


class TestPrograms:
    @pytest.fixture(autouse=True)
    def server(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(postgresql_dump, "_server_version", lambda: 15)
        monkeypatch.setenv("PATH", str(tmp_path))

    def test_missing_ones_are_named(self) -> None:
        with pytest.raises(BackupError, match="pg_dump is missing: install"):
            postgresql_dump.check_programs()

    def test_old_ones_are_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        program(tmp_path, "pg_dump", "pg_dump (PostgreSQL) 15.2")
        program(tmp_path, "pg_restore", "pg_restore (PostgreSQL) 14.9")
        with pytest.raises(BackupError, match="postgresql-client-15 or newer"):
            postgresql_dump.check_programs()
        program(tmp_path, "pg_restore", "pg_restore (PostgreSQL) 16.1")
        postgresql_dump.check_programs()
